import { exp } from '../../../runtime/signal/math.js';
import type { FrameSequence } from './frames.js';
import { SequencePass } from './pass.js';
import type { SequenceNetwork, SequenceTraining } from './recipe.js';
import { trainSequence, type TrainedSequence } from './train.js';

/**
 * Marks differ from scorer to scorer: `share` of each target is taken from a network of the same recipe that was trained
 * on the other typical sequences and has not seen this one's marks. What is not typical keeps its targets and is learned
 * from by every network. With a single typical sequence nothing changes.
 */
export function softenTargets(
  network: SequenceNetwork,
  training: SequenceTraining,
  sequences: readonly FrameSequence[],
  share: number,
  seed: number,
): FrameSequence[] {
  const typical = sequences.filter((sequence) => sequence.typical !== false);
  if (share === 0 || typical.length < 2) return [...sequences];
  return sequences.map((sequence) => {
    if (sequence.typical === false) return sequence;
    const others = sequences.filter((other) => other !== sequence);
    const teacher = trainSequence(network, training, others, seed);
    const logits = logitsOf(teacher, sequence.codes);
    const targets = sequence.targets.map((target, t) => (1 - share) * target + share * logistic(logits[t] as number));
    return { ...sequence, targets };
  });
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
