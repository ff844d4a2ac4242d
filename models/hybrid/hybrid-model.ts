import type { Model, ModelValues } from '../../runtime/contracts.js';
import { ModelError } from '../format/model-error.js';
import { HybridScheduler, type Counts, type Schedule } from './scheduler.js';

/**
 * Both networks as one model whose inputs are those of the spiking network and then those of the slow one. The slow one
 * runs at once, in the tick of its frame: for networks that take less than a tick. One that takes longer runs in a thread
 * of its own, and its owner uses the scheduler.
 */
export function createHybrid(slow: Model, spiking: Model, schedule: Schedule): Model & { readonly counts: Counts } {
  if (slow.stateBytes > 0) throw new ModelError('the slow network keeps state between its frames. Use one without.');
  const bad = slow.outputs.find(({ type }) => type !== 'f32');
  if (bad)
    throw new ModelError(`${bad.name}: ${bad.type}. The outputs of the slow network are membranes: real numbers.`);
  const scheduler = new HybridScheduler(spiking, schedule);
  const membranes = slow.outputs.map(({ shape }) => new Float32Array(shape.reduce((a, b) => a * b, 1)));
  const split = spiking.inputs.length;
  const lengths = slow.inputs.map(({ shape }) => shape.reduce((product, length) => product * length, 1));
  const frames: ModelValues[] = [];
  let tick = 0;
  return {
    inputs: [...spiking.inputs, ...slow.inputs],
    outputs: spiking.outputs,
    counts: scheduler.counts,
    step(inputs, outputs) {
      for (let i = 0; i < lengths.length; i++) {
        const frame = inputs[split + i];
        if (frame === undefined || frame.length !== lengths[i])
          throw new ModelError(
            `${slow.inputs[i]?.name ?? ''}: ${frame?.length ?? 0} values, but the slow network takes ${lengths[i] ?? 0}. Give as many.`,
          );
        frames[i] = frame;
      }
      if (scheduler.asks(tick)) {
        slow.step(frames, membranes);
        scheduler.answer(tick, membranes);
      }
      scheduler.initialise(tick);
      spiking.step(inputs, outputs);
      tick++;
    },
    reset() {
      spiking.reset();
      scheduler.reset();
      tick = 0;
    },
    // The tick as a double, then the state of the spiking network.
    stateBytes: 8 + spiking.stateBytes,
    saveState(into) {
      new DataView(into.buffer, into.byteOffset, into.byteLength).setFloat64(0, tick, true);
      spiking.saveState(into.subarray(8));
    },
    loadState(from) {
      const saved = from.length < 8 ? NaN : new DataView(from.buffer, from.byteOffset).getFloat64(0, true);
      if (!Number.isSafeInteger(saved) || saved < 0)
        throw new ModelError('state: begins with no tick. Load it into the networks that saved it.');
      spiking.loadState(from.subarray(8));
      tick = saved;
    },
    setState(node, values) {
      spiking.setState(node, values);
    },
    describe() {
      const [one, other] = [spiking.describe(), slow.describe()];
      return {
        name: one.name,
        engine: `${one.engine}, ${other.engine} every ${schedule.every} ticks`,
        weightBytes: one.weightBytes + other.weightBytes,
        workingBytes: one.workingBytes + other.workingBytes,
        layers: [...one.layers, ...other.layers],
      };
    },
  };
}
