import { createHash } from 'node:crypto';
import { framesPerSecond } from '../../runtime/detect/spindle-t1/features.js';
import { expert1Seconds, type DreamsExcerpt } from '../../runtime/evaluate/dreams.js';
import { unionOf, within, type TimedEvent } from '../../runtime/evaluate/events.js';
import { writeNetwork } from '../format/container.js';
import type { Graph, Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { exportSequence } from '../train/sequence/export.js';
import type { FrameSequence } from '../train/sequence/frames.js';
import { heldOutLogits, softenTargets } from '../train/sequence/soft-targets.js';
import { trainSequence, type SequenceProgress, type TrainedSequence } from '../train/sequence/train.js';
import { choosePoints } from './choose-points.js';
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
  readonly excerpts: ReadonlyMap<number, SpindleExcerpt>;
  readonly sleepers: readonly FrameSequence[];
}

export interface SpindleExcerpt {
  readonly sequence: FrameSequence;
  /** What either expert marked while both scored. */
  readonly marks: readonly TimedEvent[];
}

/** Trains on excerpts and sleepers and exports, with the operating points that the recipe gives or chooses. @throws ModelError */
export function trainSpindles(
  { name, network, training, networks, points, choosePoints: chooses }: SpindleRecipe,
  excerpts: readonly SpindleExcerpt[],
  sleepers: readonly FrameSequence[],
  seed: number,
  provenance: Graph['provenance'],
  onProgress?: (progress: SequenceProgress) => void,
): Network {
  const sequences = [...excerpts.map(({ sequence }) => sequence), ...sleepers];
  const share = training.softTargets;
  const heldOut = share > 0 || chooses ? heldOutLogits(network, training, sequences, seed) : [];
  const softened = sequences.map((sequence, place) => {
    const logits = heldOut[place];
    return logits ? softenTargets(sequence, logits, share) : sequence;
  });
  const train = (which: number): TrainedSequence =>
    trainSequence(network, training, softened, seed * networks + which, onProgress);
  const others = Array.from({ length: networks - 1 }, (_, which) => train(which + 1));
  const judged = excerpts.flatMap(({ marks }, place) => {
    const logits = heldOut[place];
    return logits ? [{ logits, marks, seconds: expert1Seconds }] : [];
  });
  const chosen = chooses && judged.length > 0 ? choosePoints(judged) : {};
  const all = { ...points, ...chosen };
  const exported = exportSequence([train(0), ...others], {
    name,
    tickSeconds: 1 / framesPerSecond,
    provenance: { ...provenance, seed },
  });
  return Object.keys(all).length > 0 ? { ...exported, graph: { ...exported.graph, points: all } } : exported;
}

/** @param excerpts to learn from, if the recipe takes any. @throws ModelError */
export function spindleSequences({ data }: SpindleRecipe, excerpts: readonly DreamsExcerpt[]): SpindleSequences {
  if (data.use === 'sleepers') return { excerpts: new Map(), sleepers: sleeperSequences(data.sleepers, data) };
  const read = excerpts.map((excerpt): [number, SpindleExcerpt] => {
    const scored = (events: readonly TimedEvent[] | null): TimedEvent[] => within(events ?? [], 0, expert1Seconds);
    const marks = unionOf(scored(excerpt.expert1), scored(excerpt.expert2));
    return [excerpt.number, { sequence: dreamsSequence(excerpt, data), marks }];
  });
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
    kept.map(([, excerpt]) => excerpt),
    sleepers,
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
