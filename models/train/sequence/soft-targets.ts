import { exp } from '../../../runtime/signal/math.js';
import type { FrameSequence } from './frames.js';
import { SequencePass } from './pass.js';
import type { SequenceNetwork, SequenceTraining } from './recipe.js';
import { trainSequence, type TrainedSequence } from './train.js';

/**
 * For each typical sequence the logits of a network of the same recipe that was trained on the other ones and has not
 * seen this one's targets; undefined for the rest, and where there is only one. What is not typical is learned from by
 * every network.
 */
export function heldOutLogits(
  network: SequenceNetwork,
  training: SequenceTraining,
  sequences: readonly FrameSequence[],
  seed: number,
): (Float32Array | undefined)[] {
  const isTypical = ({ typical }: FrameSequence): boolean => typical !== false;
  const several = sequences.filter(isTypical).length > 1;
  return sequences.map((sequence) => {
    if (!several || !isTypical(sequence)) return undefined;
    const others = sequences.filter((other) => other !== sequence);
    return logitsOf(trainSequence(network, training, others, seed), sequence.codes);
  });
}

/** Marks differ from scorer to scorer: a `share` of each target becomes what a network thinks that has not seen them. */
export function softenTargets(sequence: FrameSequence, logits: Float32Array, share: number): FrameSequence {
  const targets = sequence.targets.map((target, t) => (1 - share) * target + share * logistic(logits[t] as number));
  return { ...sequence, targets };
}

const chunk = 2048;

/** Logits of the float network over a whole sequence, one a frame. */
export function logitsOf({ plan, parameters, running }: TrainedSequence, codes: Int8Array): Float32Array {
  const { features, codesPerUnit } = plan.network;
  const frames = codes.length / features;
  const reach = plan.blocks.reduce((sum, { taps, dilation }) => sum + (taps - 1) * dilation, 0);
  const window = chunk + reach;
  const pass = new SequencePass(plan, parameters, window, 1);
  const logits = new Float32Array(frames);
  // Each chunk runs after the frames that the network looks back to; before the first there is nothing.
  for (let first = 0; first < frames; first += chunk) {
    const start = Math.max(0, first - reach);
    const part = codes.subarray(start * features, (start + window) * features);
    pass.features.values().set(Float32Array.from(part, (code) => code / codesPerUnit));
    pass.forward({ running });
    const end = Math.min(frames, first + chunk);
    logits.set(pass.logits.values().subarray(first - start, end - start), first);
  }
  return logits;
}

function logistic(x: number): number {
  const e = exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}
