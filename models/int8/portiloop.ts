import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { elementsOf } from '../format/value.js';
import { inferValues } from '../format/values.js';
import { Interleaved, type Interleaving } from './interleaved.js';

/** As Portiloop runs its network at 250 Hz: eight copies, 42 samples from a copy's turn to its next. */
export const portiloopSchedule = { first: 54, gaps: [5, 5, 5, 6, 5, 5, 5, 6] } as const;

/**
 * A network of the Portiloop's kind, interleaved as the Portiloop runs it. Converters name its ports as they like: they
 * are told by their sizes. The state is the input and the output of one size, the result the output of one element, the
 * samples the other input. Throws ModelError for a network that is not of this kind.
 */
export function createPortiloop(network: Network, beyond: Interleaving['beyond']): Interleaved {
  const values = inferValues(network);
  const sizeOf = (name: string): number => {
    const value = values.get(name);
    return value ? elementsOf(value.shape) : NaN;
  };
  const inputs = network.graph.inputs.map(({ name }) => ({ name, size: sizeOf(name) }));
  const outputs = network.graph.outputs.map(({ name, node }) => ({ name, size: sizeOf(node) }));
  const result = outputs.find(({ size }) => size === 1);
  const carried = outputs.find(({ name }) => name !== result?.name);
  const state = inputs.find(({ size }) => size === carried?.size);
  const samples = inputs.find(({ name }) => name !== state?.name);
  if (inputs.length !== 2 || outputs.length !== 2 || !result || !carried || !state || !samples) {
    const said = (ports: typeof inputs): string => ports.map(({ name, size }) => `${name} [${size}]`).join(', ');
    throw new ModelError(
      `takes ${said(inputs)} and gives ${said(outputs)}. A Portiloop's network takes samples and a state, and gives the state and one result.`,
    );
  }
  return new Interleaved(network, {
    samples: samples.name,
    state: { input: state.name, output: carried.name },
    result: result.name,
    ...portiloopSchedule,
    beyond,
  });
}
