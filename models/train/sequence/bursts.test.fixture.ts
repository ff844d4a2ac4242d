import { Random } from '../random.js';
import type { FrameSequence } from './frames.js';
import {
  sequenceNetworkSchema,
  sequenceTrainingSchema,
  type SequenceNetwork,
  type SequenceTraining,
} from './recipe.js';

/** Three features of noise; the first rises for 4 to 12 frames where the target is 1, and for one frame where it is not. */
export function bursts(frames: number, seed: number): FrameSequence {
  const random = Random.of(seed);
  const codes = new Int8Array(3 * frames);
  const targets = new Float32Array(frames);
  let left = 0;
  for (let t = 0; t < frames; t++) {
    left = left > 0 ? left - 1 : random.uniform() < 0.04 ? 4 + random.below(9) : 0;
    const blip = left === 0 && random.uniform() < 0.3;
    for (let f = 0; f < 3; f++) {
      const noise = 12 * (random.uniform() + random.uniform() + random.uniform() - 1.5);
      codes[3 * t + f] = Math.round(noise + (f === 0 && (left > 0 || blip) ? 30 : 0));
    }
    targets[t] = left > 0 ? 1 : 0;
  }
  return { name: `bursts ${seed}`, codes, targets, weights: new Float32Array(frames).fill(1) };
}

export const smallNetwork: SequenceNetwork = sequenceNetworkSchema.parse({
  features: 3,
  encoder: { levels: 3, skip: 10 },
  channels: 10,
  dilations: [1, 3],
});

export const shortTraining: SequenceTraining = sequenceTrainingSchema.parse({
  steps: 80,
  batch: 4,
  window: 120,
  context: 10,
  rate: 1e-2,
});
