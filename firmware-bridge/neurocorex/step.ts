import { ModelError } from '../../models/format/model-error.js';
import { most, one } from './protocol.js';
import type { Synapses } from './synapses.js';

export interface WeightStep {
  /** What a weight of 1 on the chip is in the network. */
  readonly step: number;
  readonly weightOf: (weight: number) => number;
  /** Of the largest weight. */
  readonly rounding: number;
}

/**
 * The step of which all weights are whole multiples from −128 to 127. Where there is none: refused, or with `round` the
 * smallest one with room for all weights, and for membranes of `room`.
 */
export function findStep(terms: readonly Synapses[], room: number, round: boolean): WeightStep {
  let low = 0;
  let high = 0;
  let smallest = Infinity;
  for (const { weights } of terms)
    for (const weight of weights) {
      if (!Number.isFinite(weight)) throw new ModelError(`a weight is ${weight}. Give finite ones.`);
      low = Math.min(low, weight);
      high = Math.max(high, weight);
      if (weight !== 0) smallest = Math.min(smallest, Math.abs(weight));
    }
  if (smallest === Infinity) return { step: 1, weightOf: () => 0, rounding: 0 };
  const largest = Math.max(high, -low);
  const known = terms.map(({ step }) => step).filter((step) => step > 0);
  for (const step of [1, ...known, ...Array.from({ length: 128 }, (_, part) => smallest / (part + 1))])
    if (low / step >= -128 && high / step <= 127 && isWhole(terms, step) && (!round || step * top >= room))
      return { step, weightOf: (weight) => Math.round(weight / step), rounding: 0 };
  if (!round)
    throw new ModelError(
      `weights from ${low} to ${high} are no whole multiples, -128 to 127, of one step. Round them (--round), or train with weights of 8 bits.`,
    );
  const step = Math.max(high / 127, -low / 128, room / (top - 1));
  let error = 0;
  for (const { weights } of terms)
    for (const weight of weights) error = Math.max(error, Math.abs(weight - step * Math.round(weight / step)));
  return { step, weightOf: (weight) => Math.round(weight / step), rounding: error / largest };
}

/** Steps that a membrane stays below. */
const top = (most + 1) / one;

function isWhole(terms: readonly Synapses[], step: number): boolean {
  return terms.every(({ weights }) =>
    weights.every((weight) => Math.abs(weight / step - Math.round(weight / step)) < 1e-6),
  );
}
