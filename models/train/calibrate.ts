import { Pass } from './pass.js';
import type { Plan } from './plan.js';
import type { Samples } from './slice-trainer.js';
import { elementsOf } from './volume.js';

export interface Calibration {
  readonly steps: number;
  readonly quantised: boolean;
  readonly percentile: number;
  readonly scale: number;
  /** So many samples, from the first on, `slice` at a time. */
  readonly samples: number;
  readonly slice: number;
}

/**
 * V of each layer in turn, while the layers before it already spike: `scale` times the percentile of what enters the
 * neurons, the largest over the steps (DIET-SNN).
 */
export function calibrateThresholds(
  plan: Plan,
  parameters: Float32Array,
  running: Float32Array,
  { inputs, labels }: Samples,
  { steps, quantised, percentile, scale, samples, slice }: Calibration,
): void {
  const pass = new Pass(plan, parameters, running, {
    activation: 'threshold',
    steps,
    quantised,
    regulariser: 0,
    images: slice,
  });
  pass.load();
  const size = elementsOf(plan.input);
  const count = Math.max(slice, Math.min(samples, labels.length) - (Math.min(samples, labels.length) % slice));
  plan.blocks.forEach(({ at, last }, place) => {
    const membrane = pass.membraneOf(place);
    if (last || !membrane) return;
    const perSlice = slice * elementsOf(membrane.volume);
    const seen = Array.from({ length: membrane.steps }, () => new Float32Array((count / slice) * perSlice));
    for (let first = 0; first < count; first += slice) {
      pass.input.values.values.set(inputs.subarray(first * size, (first + slice) * size));
      pass.forward(slice, 'train');
      const { values } = membrane.values;
      seen.forEach((all, step) => {
        all.set(values.subarray(step * perSlice, (step + 1) * perSlice), (first / slice) * perSlice);
      });
    }
    const largest = Math.max(...seen.map((all) => percentileOf(all, percentile)));
    parameters[at.threshold] = Math.max(1e-3, scale * largest);
  });
}

/** Sorts `values`; the element at share `percentile` ÷ 100 of the way from the least to the largest. */
export function percentileOf(values: Float32Array, percentile: number): number {
  values.sort();
  return values[Math.round((percentile / 100) * (values.length - 1))] ?? 0;
}
