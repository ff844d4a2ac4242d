import type { Plan } from './plan.js';
import type { Recipe } from './recipe.js';

/** What an optimiser remembers from step to step; belongs into a checkpoint. */
export interface OptimiserState {
  readonly first: Float32Array;
  /** Adam only. */
  readonly second: Float32Array;
  step: number;
}

export function createOptimiserState(parameters: number): OptimiserState {
  return { first: new Float32Array(parameters), second: new Float32Array(parameters), step: 0 };
}

/** Least V, least |v| and range of the leak that training may reach. */
const leastThreshold = 1e-3;

/**
 * One step down the sum of the slices' gradients, added in their order. Weight decay is decoupled (of the weights alone:
 * w −= rate · decay · w).
 */
export function descend(
  plan: Plan,
  optimiser: Recipe['optimiser'],
  rate: number,
  parameters: Float32Array,
  slices: readonly Float32Array[],
  state: OptimiserState,
): void {
  decay(plan, rate * optimiser.weightDecay, parameters);
  const gradient = sumOf(slices, parameters.length);
  state.step++;
  if (optimiser.use === 'adam') adam(rate, parameters, gradient, state);
  else {
    const { first } = state;
    for (let i = 0; i < parameters.length; i++) {
      const velocity = optimiser.momentum * (first[i] as number) + (gradient[i] as number);
      first[i] = velocity;
      parameters[i] = (parameters[i] as number) - rate * velocity;
    }
  }
  for (const { at, last } of plan.blocks) {
    if (last) continue;
    parameters[at.threshold] = Math.max(leastThreshold, parameters[at.threshold] as number);
    parameters[at.leak] = Math.min(1, Math.max(0, parameters[at.leak] as number));
  }
}

function decay(plan: Plan, share: number, parameters: Float32Array): void {
  if (share === 0) return;
  for (const { at, depth, sums } of plan.blocks)
    for (let i = at.weight; i < at.weight + depth * sums.channels; i++)
      parameters[i] = (parameters[i] as number) * (1 - share);
}

function sumOf(slices: readonly Float32Array[], length: number): Float32Array {
  const [only] = slices;
  if (slices.length === 1 && only) return only;
  const total = new Float32Array(length);
  for (const slice of slices) for (let i = 0; i < length; i++) total[i] = (total[i] as number) + (slice[i] as number);
  return total;
}

/** Kingma and Ba 2015 with their β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
function adam(
  rate: number,
  parameters: Float32Array,
  gradient: Float32Array,
  { first, second, step }: OptimiserState,
): void {
  const size = rate / (1 - 0.9 ** step);
  const spread = 1 / (1 - 0.999 ** step);
  for (let i = 0; i < parameters.length; i++) {
    const g = gradient[i] as number;
    const m = 0.9 * (first[i] as number) + 0.1 * g;
    const v = 0.999 * (second[i] as number) + 0.001 * g * g;
    first[i] = m;
    second[i] = v;
    parameters[i] = (parameters[i] as number) - (size * m) / (Math.sqrt(v * spread) + 1e-8);
  }
}
