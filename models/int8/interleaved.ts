import type { ModelPort, ModelValues } from '../../runtime/contracts.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { createStreaming } from './streaming.js';

/** When which copy of the network's state is run, and what its ports mean. */
export interface Interleaving {
  /** Input that holds the last samples, of one channel. */
  readonly samples: string;
  /** Input and output that carry the state: codes as they come out go in again. */
  readonly state: { readonly input: string; readonly output: string };
  /** Output that is told: its first element. */
  readonly result: string;
  /** Index of the sample at which the first copy runs, and samples to each copy's turn from the one before. */
  readonly first: number;
  readonly gaps: readonly number[];
  /** What a sample outside the range of the codes becomes: the nearest code, or what is left in 8 bits. */
  readonly beyond: 'saturate' | 'wrap';
}

/**
 * A recurrent int8 network that was trained on windows further apart than it is run: several copies of its state take
 * turns, and share one trunk of convolutions.
 */
export class Interleaved {
  /** Of the latest inference: its result as a real number and as a code, and the copy whose turn it was. */
  value = 0;
  code = 0;
  copy = 0;

  readonly #streaming;
  readonly #beyond: Interleaving['beyond'];
  readonly #input: ModelPort;
  readonly #result: ModelPort;
  readonly #gaps: readonly number[];
  readonly #first: number;
  readonly #sample = new Int8Array(1);
  readonly #states: readonly Int8Array[];
  /** Inputs and outputs of each copy, in the order of the ports. */
  readonly #inputs: readonly ModelValues[][];
  readonly #outputs: readonly ModelValues[][];
  readonly #told: Int8Array;
  #turn = 0;
  #wait: number;

  constructor(network: Network, { samples, state, result, first, gaps, beyond }: Interleaving) {
    const streaming = createStreaming(network, samples);
    const input = network.graph.inputs.find(({ name }) => name === samples);
    const { inputs, outputs } = streaming;
    if (input?.kind.domain !== 'codes' || input.kind.type !== 'i8' || streaming.channels !== 1)
      throw new ModelError(`${samples}: must be i8 codes of one channel.`);
    const [into, from] = [portOf(inputs, state.input), portOf(outputs, state.output)];
    if (inputs.length !== 1 || into.shape.join() !== from.shape.join() || into.type !== 'i8' || from.type !== 'i8')
      throw new ModelError(
        `${state.input}: ${into.type} [${into.shape.join(', ')}], fed from ${from.type} [${from.shape.join(', ')}]. The state must be the one other input, i8 codes of one shape.`,
      );
    if (first < streaming.samples - 1 || gaps.length === 0 || gaps.some((gap) => !Number.isInteger(gap) || gap < 1))
      throw new ModelError(
        `Turns from sample ${first} on, gaps ${gaps.join(', ')}. The first turn needs ${streaming.samples} samples, and gaps are whole and at least 1.`,
      );
    this.#streaming = streaming;
    this.#beyond = beyond;
    this.#input = {
      name: samples,
      shape: input.shape,
      type: 'i8',
      scale: input.kind.scale,
      zeroPoint: input.kind.zeroPoint,
    };
    this.#result = portOf(outputs, result);
    if (this.#result.type !== 'i8') throw new ModelError(`${result}: ${this.#result.type}. It must be i8 codes.`);
    const size = into.shape.reduce((product, extent) => product * extent, 1);
    const spare = outputs.map(({ shape }) => new Int8Array(shape.reduce((product, extent) => product * extent, 1)));
    this.#states = gaps.map(() => new Int8Array(size));
    this.#inputs = this.#states.map((each) => [each]);
    // A copy's state is written where it was read: the network has taken it in by then.
    this.#outputs = this.#states.map((each) =>
      outputs.map((port, place) => (port === from ? each : (spare[place] ?? each))),
    );
    this.#told = spare[outputs.indexOf(this.#result)] ?? new Int8Array(1);
    this.#gaps = gaps;
    this.#first = first;
    this.#wait = first;
    this.reset();
  }

  /**
   * The next sample is `samples[at]`, in the unit of the input's scale: by its place, because a number that is handed to
   * a function may be put on the heap for it. Whether a copy was run on it.
   */
  push(samples: Float64Array, at: number): boolean {
    const { scale = 1, zeroPoint = 0 } = this.#input;
    // Cut off towards zero, as Portiloop's own software does it.
    const code = Math.trunc((samples[at] as number) / scale + zeroPoint);
    // Int8Array keeps the lowest 8 bits of what is stored.
    this.#sample[0] = this.#beyond === 'wrap' ? code : Math.max(-128, Math.min(127, code));
    this.#streaming.push(this.#sample);
    if (this.#wait-- > 0) return false;
    const copy = this.#turn;
    this.#streaming.step(this.#inputs[copy] ?? [], this.#outputs[copy] ?? []);
    this.copy = copy;
    this.code = this.#told[0] ?? 0;
    this.value = (this.#result.scale ?? 1) * (this.code - (this.#result.zeroPoint ?? 0));
    this.#turn = (copy + 1) % this.#gaps.length;
    this.#wait = (this.#gaps[this.#turn] ?? 1) - 1;
    return true;
  }

  reset(): void {
    const zeroPoint = this.#streaming.inputs[0]?.zeroPoint ?? 0;
    for (const state of this.#states) state.fill(zeroPoint);
    this.#streaming.reset();
    this.#turn = 0;
    this.#wait = this.#first;
  }
}

function portOf(ports: readonly ModelPort[], name: string): ModelPort {
  const port = ports.find((each) => each.name === name);
  if (!port) throw new ModelError(`${name}: no such port. There are ${ports.map((each) => each.name).join(', ')}.`);
  return port;
}
