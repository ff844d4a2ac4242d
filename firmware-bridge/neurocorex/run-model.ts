import { ModelError } from '../../models/format/model-error.js';
import type { Model, ModelDescription, ModelValues } from '../../runtime/contracts.js';
import type { Placement } from './placement.js';
import { neurons, synapses } from './protocol.js';
import { InputWindow } from './window.js';

/** A model whose step is a whole run: all spikes of its ticks in, all out. */
export interface RunModel extends Model {
  /** Of the last step; of inputs see `InputWindow`. `wraps`: times that a membrane left the range of the chip, if it tells. */
  readonly counts: { readonly late: number; readonly lost: number; readonly wraps: number };
}

/** What carries out a run: fills `frames` ([tick][neuron of the chip]) from what is scheduled in the window. */
export interface Runner {
  readonly engine: string;
  readonly wraps: number;
  run(window: InputWindow, frames: Uint8Array): void;
}

/**
 * One step is one run, which begins at rest: input [ticks, inputs], outputs [ticks, neurons]. Nothing is left from one
 * step to the next.
 */
export function createRunModel(placement: Placement, ticks: number, runner: Runner): RunModel {
  const { input, outputs, tables } = placement;
  const window = new InputWindow(ticks, input.size);
  const frames = new Uint8Array(ticks * neurons);
  const noState = (length: number): void => {
    if (length !== 0) throw new ModelError(`state: ${length} bytes, but a run leaves none. Give none.`);
  };
  return {
    inputs: [{ name: input.name, shape: [ticks, input.size], type: 'u8' }],
    outputs: outputs.map(({ name, neurons }) => ({ name, shape: [ticks, neurons.length], type: 'u8' })),
    get counts() {
      return { ...window.counts, wraps: runner.wraps };
    },
    step(given, into) {
      window.schedule(given[0] as ModelValues);
      runner.run(window, frames);
      for (let output = 0; output < outputs.length; output++) {
        const places = (outputs[output] as Placement['outputs'][0]).neurons;
        const values = into[output] as ModelValues;
        for (let tick = 0; tick < ticks; tick++)
          for (let at = 0; at < places.length; at++)
            values[tick * places.length + at] = frames[tick * neurons + (places[at] as number)] as number;
      }
    },
    reset: () => undefined,
    stateBytes: 0,
    saveState: ({ length }) => noState(length),
    loadState: ({ length }) => noState(length),
    setState(node) {
      throw new ModelError(`${node}: the chip takes no membranes. Let a run begin at rest.`);
    },
    describe: (): ModelDescription => ({
      name: placement.name,
      engine: runner.engine,
      weightBytes: 2 * synapses,
      workingBytes: window.bytes.length + frames.length + tables.thresholds.byteLength,
      layers: placement.layers.map(({ name, neurons, synapses }) => ({
        name,
        op: 'neuron',
        shape: [ticks, neurons],
        parameters: synapses + neurons,
        denseOperations: ticks * synapses,
      })),
    }),
  };
}

/** Values in which two lists of outputs differ. */
export function differences(one: readonly ModelValues[], other: readonly ModelValues[]): number {
  let count = 0;
  for (const [place, values] of one.entries())
    for (let at = 0; at < values.length; at++) if (values[at] !== other[place]?.[at]) count++;
  return count;
}
