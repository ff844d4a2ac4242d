import type { Model, ModelPort, ModelValues } from '../../runtime/contracts.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { arrayFor } from './ports.js';
import { splitTrunk, type Stage } from './trunk.js';
import { createWasm } from './wasm.js';

/**
 * A network over the last samples of a signal: a sample computes one new column of each convolution and pool, instead of
 * all of them, and the outputs are those of the whole network on the window, bit for bit. A layer behind a stride
 * computes the columns that some window will see: one a sample where the window moves by one.
 */
export interface Streaming {
  /** All inputs but the one that slides. */
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  /** How many samples the network looks at, and elements of a sample. */
  readonly samples: number;
  readonly channels: number;
  /** Columns computed since the start, over all layers. */
  readonly columns: number;
  /** The next sample. */
  push(sample: ModelValues): void;
  /** Whether a window ends with the last sample: there are enough of them, and it moved by whole hops since the first. */
  isDue(): boolean;
  /** The outputs for the window that is due. */
  step(inputs: readonly ModelValues[], outputs: readonly ModelValues[]): void;
  reset(): void;
}

export interface StreamingOptions {
  /** The input that holds the window, [channels, samples]. */
  readonly slides: string;
  /** Samples that the window moves by. */
  readonly hop?: number;
}

/** Refused if no convolution or pool can be computed column by column; the message says which node is in the way. */
export function createStreaming(
  network: Network,
  module: WebAssembly.Module,
  { slides, hop = 1 }: StreamingOptions,
): Streaming {
  if (!Number.isInteger(hop) || hop < 1) throw new ModelError(`hop: ${hop} samples. Give a whole number from 1.`);
  const { channels, samples, stages, head, positions } = splitTrunk(network, slides);
  const layers = stages.map((stage) => new Layer(stage, createWasm(stage.network, module), hop));
  const last = layers.at(-1) as Layer;
  layers.forEach((layer, place) => {
    const next = stages[place + 1];
    layer.keep(next ? (next.kernel - 1) * next.apart : samples - layer.stage.reach);
  });
  const signal = new History(arrayFor({ type: stages[0]?.type ?? 'u8', shape: [0] }), channels, 1);
  signal.keep(((stages[0]?.kernel ?? 1) - 1) * (stages[0]?.apart ?? 1));
  const model = createWasm(head, module);
  const window = arrayFor(model.inputs.at(-1) as ModelPort);
  const given: ModelValues[] = model.inputs.map(() => window);
  let seen = 0;
  let columns = 0;

  function isDue(): boolean {
    return seen >= samples && (seen - samples) % hop === 0;
  }

  return {
    inputs: model.inputs.slice(0, -1),
    outputs: model.outputs,
    samples,
    channels,
    get columns() {
      return columns;
    },
    push(sample) {
      if (sample.length !== channels)
        throw new ModelError(`${slides}: a sample of ${sample.length} values. It has ${channels}.`);
      signal.put(seen, sample);
      seen++;
      let before = signal;
      for (let place = 0; place < layers.length; place++) {
        const layer = layers[place] as Layer;
        const start = seen - layer.stage.reach;
        if (start < 0 || start % layer.history.apart !== 0) return;
        layer.compute(before, start);
        columns++;
        before = layer.history;
      }
    },
    isDue,
    step(inputs, outputs) {
      if (!isDue())
        throw new ModelError(`${slides}: no window of ${samples} samples is due. Push samples until one is.`);
      last.history.take(window, seen - samples, positions, last.stage.stride);
      for (let i = 0; i < inputs.length; i++) given[i] = inputs[i] as ModelValues;
      model.step(given, outputs);
    },
    reset() {
      seen = 0;
      columns = 0;
      model.reset();
    },
  };
}

/** The newest columns of a value, by the sample at which each starts. */
class History {
  readonly #kind: ModelValues;
  readonly #channels: number;
  #columns: ModelValues;
  /** Samples between columns. */
  readonly apart: number;
  #kept = 1;

  constructor(kind: ModelValues, channels: number, apart: number) {
    this.#kind = kind;
    this.#channels = channels;
    this.apart = apart;
    this.#columns = this.#room();
  }

  #room(): ModelValues {
    const Kind = this.#kind.constructor as new (length: number) => ModelValues;
    return new Kind(this.#kept * this.#channels);
  }

  /** From here on columns that start up to so many samples before the newest one are there. */
  keep(samples: number): void {
    this.#kept = Math.floor(samples / this.apart) + 1;
    this.#columns = this.#room();
  }

  put(start: number, column: ModelValues): void {
    this.#columns.set(column, ((start / this.apart) % this.#kept) * this.#channels);
  }

  /** Fills [channel][count] with the columns at `start` and each `step` samples after it. */
  take(into: ModelValues, start: number, count: number, step: number): void {
    const channels = this.#channels;
    for (let k = 0; k < count; k++) {
      const from = (((start + k * step) / this.apart) % this.#kept) * channels;
      for (let c = 0; c < channels; c++) into[c * count + k] = this.#columns[from + c] as number;
    }
  }
}

class Layer {
  readonly stage: Stage;
  readonly history: History;
  readonly #model: Model;
  readonly #inputs: readonly ModelValues[];
  readonly #outputs: readonly ModelValues[];

  constructor(stage: Stage, model: Model, hop: number) {
    this.stage = stage;
    this.#model = model;
    this.#inputs = model.inputs.map(arrayFor);
    this.#outputs = model.outputs.map(arrayFor);
    const [column] = this.#outputs as readonly [ModelValues];
    this.history = new History(column, column.length, greatestCommonDivisor(hop, stage.stride));
  }

  keep(samples: number): void {
    this.history.keep(samples);
  }

  /** The column that starts at a sample. */
  compute(before: History, start: number): void {
    before.take(this.#inputs[0] as ModelValues, start, this.stage.kernel, this.stage.apart);
    this.#model.step(this.#inputs, this.#outputs);
    this.history.put(start, this.#outputs[0] as ModelValues);
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
