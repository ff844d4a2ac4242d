import type { Model, ModelPort, ModelValues } from '../../runtime/contracts.js';
import { arrayFor } from './ports.js';

export interface WarmUp {
  /** Milliseconds of any clock. */
  readonly now: () => number;
  /** Steps and milliseconds at least. */
  readonly steps?: number;
  readonly forMs?: number;
}

/**
 * Steps the model until its code is compiled for speed: the optimising compiler starts after some thousand steps and
 * works beside them for a while. The state of the model is as before.
 */
export function warmUp(model: Model, { now, steps = 3000, forMs = 300 }: WarmUp): void {
  const state = new Uint8Array(model.stateBytes);
  model.saveState(state);
  const inputs = Array.from({ length: 8 }, (_, turn) => model.inputs.map((port) => someInput(port, turn)));
  const outputs = model.outputs.map(arrayFor);
  const end = now() + forMs;
  for (let done = 0; done < steps || now() < end; done++)
    model.step(inputs[done % inputs.length] as ModelValues[], outputs);
  model.loadState(state);
}

/** About one element in six is 1: as many as a layer at T=1 hands on. */
function someInput(port: ModelPort, turn: number): ModelValues {
  const array = arrayFor(port);
  for (let at = 0; at < array.length; at++) array[at] = (at * 7 + turn * 5 + (at >> 4)) % 6 === 0 ? 1 : 0;
  return array;
}
