import type { Plan } from './plan.js';

/**
 * 1 for weights (and all other parameters) that stay, 0 for the smallest weights of each layer, a share of `sparsity` of
 * them; of equals the earlier go first. Depends on the weights alone, so a resumed run finds the same.
 */
export function maskSmallest(plan: Plan, parameters: Float32Array, sparsity: number): Uint8Array {
  const mask = new Uint8Array(parameters.length).fill(1);
  for (const { at, depth, sums } of plan.blocks) {
    const length = depth * sums.channels;
    const weights = parameters.subarray(at.weight, at.weight + length);
    const order = Uint32Array.from(weights, (_, i) => i);
    order.sort((a, b) => Math.abs(weights[a] as number) - Math.abs(weights[b] as number) || a - b);
    for (const i of order.subarray(0, Math.floor(sparsity * length))) mask[at.weight + i] = 0;
  }
  return mask;
}

export function applyMask(parameters: Float32Array, mask: Uint8Array): void {
  for (let i = 0; i < parameters.length; i++) if (mask[i] === 0) parameters[i] = 0;
}
