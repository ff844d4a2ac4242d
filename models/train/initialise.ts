import type { Plan } from './plan.js';
import { Random } from './random.js';

/**
 * Weights uniform within ±√(6 ÷ inputs) (He), as real numbers: numbers of the input layer count as fractions of 255. Gain,
 * V, v, leak and running variance 1, all else 0.
 */
export function initialise(plan: Plan, seed: number, parameters: Float32Array, averages: Float32Array): void {
  parameters.fill(0);
  averages.fill(0);
  plan.blocks.forEach(({ depth, sums: { channels }, at, running, batchNorm, last }, place) => {
    const random = Random.of(seed, place);
    const limit = Math.sqrt(6 / depth);
    for (let i = 0; i < depth * channels; i++) parameters[at.weight + i] = limit * (2 * random.uniform() - 1);
    if (batchNorm) {
      parameters.fill(1, at.gain, at.gain + channels);
      averages.fill(1, running.variance, running.variance + channels);
    }
    if (last) return;
    parameters[at.threshold] = 1;
    parameters[at.leak] = 1;
  });
}
