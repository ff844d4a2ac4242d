import { createHash } from 'node:crypto';
import { framesPerSecond } from '../../runtime/detect/spindle-t1/features.js';
import type { DreamsExcerpt } from '../../runtime/evaluate/dreams.js';
import { writeNetwork } from '../format/container.js';
import type { Graph, Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { exportSequence } from '../train/sequence/export.js';
import type { FrameSequence } from '../train/sequence/frames.js';
import { softenTargets } from '../train/sequence/soft-targets.js';
import { trainSequence, type SequenceProgress } from '../train/sequence/train.js';
import { dreamsSequence } from './dreams-sequence.js';
import type { SpindleRecipe } from './recipe.js';
import { sleeperSequences } from './sleeper-sequence.js';

export interface SpindleNetwork {
  readonly network: Network;
  /** Of the file that `writeNetwork` makes of it. */
  readonly sha256: string;
  /** Numbers of the excerpts. */
  readonly trainedOn: readonly number[];
}

/** What a recipe learns from, read or generated once for any number of trainings. */
export interface SpindleSequences {
  /** By the number of the excerpt. */
  readonly excerpts: ReadonlyMap<number, FrameSequence>;
  readonly sleepers: readonly FrameSequence[];
}

/** Trains on sequences of any origin and exports. @throws ModelError */
export function trainSpindles(
  { name, network, training, points }: SpindleRecipe,
  sequences: readonly FrameSequence[],
  seed: number,
  provenance: Graph['provenance'],
  onProgress?: (progress: SequenceProgress) => void,
): Network {
  const softened = softenTargets(network, training, sequences, training.softTargets, seed);
  const trained = trainSequence(network, training, softened, seed, onProgress);
  const exported = exportSequence(trained, {
    name,
    tickSeconds: 1 / framesPerSecond,
    provenance: { ...provenance, seed },
  });
  return points ? { ...exported, graph: { ...exported.graph, points } } : exported;
}

/** @param excerpts to learn from, if the recipe takes any. @throws ModelError */
export function spindleSequences({ data }: SpindleRecipe, excerpts: readonly DreamsExcerpt[]): SpindleSequences {
  if (data.use === 'sleepers') return { excerpts: new Map(), sleepers: sleeperSequences(data.sleepers, data) };
  const read = excerpts.map((excerpt) => [excerpt.number, dreamsSequence(excerpt, data)] as const);
  const { count, share } = data.sleepers ?? { count: 1, share: 0 };
  const beside = data.sleepers ? sleeperSequences(data.sleepers, data) : [];
  // Real sleep sets the thresholds of the encoder.
  const sleepers = beside.map((sequence) => ({ ...sequence, share: share / count, typical: false }));
  return { excerpts: new Map(read), sleepers };
}

/**
 * Trains on all sequences but those of one excerpt, so that it can be scored on that one. `leftOut` undefined trains on
 * all. @throws ModelError if there is no such excerpt or none is left
 */
export function trainLeaveOneOut(
  recipe: SpindleRecipe,
  { excerpts, sleepers }: SpindleSequences,
  leftOut: number | undefined,
  seed: number,
  onProgress?: (progress: SequenceProgress) => void,
): SpindleNetwork {
  if (leftOut !== undefined && !excerpts.has(leftOut))
    throw new ModelError(`excerpt ${leftOut} is not among those to train on. Leave out one that is there.`);
  const kept = [...excerpts].filter(([number]) => number !== leftOut);
  if (kept.length === 0 && recipe.data.use === 'dreams')
    throw new ModelError(
      leftOut === undefined
        ? 'there is no excerpt to train on. Give a folder with some.'
        : `without excerpt ${leftOut} there is none to train on. Give a folder with more.`,
    );
  const trainedOn = kept.map(([number]) => number);
  const network = trainSpindles(
    recipe,
    [...kept.map(([, sequence]) => sequence), ...sleepers],
    seed,
    provenanceOf(recipe, trainedOn),
    onProgress,
  );
  const sha256 = createHash('sha256').update(writeNetwork(network)).digest('hex');
  return { network, sha256, trainedOn };
}

function provenanceOf({ data: { sleepers } }: SpindleRecipe, trainedOn: readonly number[]): Graph['provenance'] {
  const sources: string[] = [];
  if (trainedOn.length > 0) sources.push(`DREAMS sleep spindles, excerpts ${trainedOn.join(', ')}`);
  if (sleepers) sources.push(`${sleepers.count} generated sleepers, seeds from ${sleepers.firstSeed}`);
  const data = sources.join('; ');
  return trainedOn.length > 0 ? { data, licence: dreamsLicence } : { data };
}

export const dreamsLicence =
  'trained on data under CC BY-NC-ND 3.0 (University of MONS - TCTS Laboratory, Universite Libre de Bruxelles - CHU de Charleroi Sleep Laboratory): not for commercial use';
