import { createHash } from 'node:crypto';
import { framesPerSecond } from '../../runtime/detect/spindle-t1/features.js';
import type { DreamsExcerpt } from '../../runtime/evaluate/dreams.js';
import { writeNetwork } from '../format/container.js';
import type { Graph, Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { exportSequence } from '../train/sequence/export.js';
import type { FrameSequence } from '../train/sequence/frames.js';
import { trainSequence, type SequenceProgress } from '../train/sequence/train.js';
import { dreamsSequence } from './dreams-sequence.js';
import type { SpindleRecipe } from './recipe.js';

export interface SpindleNetwork {
  readonly network: Network;
  /** Of the file that `writeNetwork` makes of it. */
  readonly sha256: string;
  /** Numbers of the excerpts. */
  readonly trainedOn: readonly number[];
}

/** Trains on sequences of any origin and exports. @throws ModelError */
export function trainSpindles(
  { name, network, training }: SpindleRecipe,
  sequences: readonly FrameSequence[],
  seed: number,
  provenance: Graph['provenance'],
  onProgress?: (progress: SequenceProgress) => void,
): Network {
  const trained = trainSequence(network, training, sequences, seed, onProgress);
  return exportSequence(trained, { name, tickSeconds: 1 / framesPerSecond, provenance: { ...provenance, seed } });
}

/** Frames and targets of excerpts, read once for any number of trainings. @throws ModelError */
export function spindleSequences(
  { data }: SpindleRecipe,
  excerpts: readonly DreamsExcerpt[],
): Map<number, FrameSequence> {
  return new Map(excerpts.map((excerpt) => [excerpt.number, dreamsSequence(excerpt, data)]));
}

/**
 * Trains on all sequences but one, so that it can be scored on that one. `leftOut` undefined trains on all.
 * @throws ModelError if there is no such excerpt or none is left
 */
export function trainLeaveOneOut(
  recipe: SpindleRecipe,
  sequences: ReadonlyMap<number, FrameSequence>,
  leftOut: number | undefined,
  seed: number,
  onProgress?: (progress: SequenceProgress) => void,
): SpindleNetwork {
  if (leftOut !== undefined && !sequences.has(leftOut))
    throw new ModelError(`excerpt ${leftOut} is not among those to train on. Leave out one that is there.`);
  const kept = [...sequences].filter(([number]) => number !== leftOut);
  if (kept.length === 0)
    throw new ModelError(`without excerpt ${leftOut} there is none to train on. Give a folder with more.`);
  const trainedOn = kept.map(([number]) => number);
  const network = trainSpindles(
    recipe,
    kept.map(([, sequence]) => sequence),
    seed,
    { data: `DREAMS sleep spindles, excerpts ${trainedOn.join(', ')}`, licence: dreamsLicence },
    onProgress,
  );
  const sha256 = createHash('sha256').update(writeNetwork(network)).digest('hex');
  return { network, sha256, trainedOn };
}

export const dreamsLicence =
  'trained on data under CC BY-NC-ND 3.0 (University of MONS - TCTS Laboratory, Universite Libre de Bruxelles - CHU de Charleroi Sleep Laboratory): not for commercial use';
