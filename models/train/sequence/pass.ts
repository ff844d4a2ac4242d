import { Arena, type Floats } from '../arena.js';
import { CausalConvolution, reachOf, type PassRows } from './causal-convolution.js';
import type { PlannedBlock, PlannedLayer, SequencePlan } from './plan.js';
import { createRows, type Rows } from './rows.js';
import { StreamNorm } from './stream-norm.js';

interface Layer {
  readonly planned: PlannedLayer;
  readonly convolution: CausalConvolution;
  readonly norm: StreamNorm;
  /** The stream after it. */
  readonly stream: Rows;
}

interface Block extends Layer {
  readonly planned: PlannedBlock;
  /** Spikes times their dropout. */
  readonly spikes: Rows;
  readonly dropout: Rows;
}

export interface ForwardOptions {
  /** In the place of the batch's own means and variances: the network as it will run. */
  readonly running?: Float32Array;
  readonly dropout?: { readonly rate: number; readonly seed: number };
}

/**
 * The network on a batch of windows. Features become spikes at the encoder's thresholds; the input layer begins a stream
 * of real numbers, each block turns it into spikes and adds a causal convolution of them to it; the head reads the stream.
 */
export class SequencePass {
  /** Features in units. */
  readonly features: Rows;
  readonly logits: Rows;
  /** Derivative of the loss by the logits: to be filled before `backward`. */
  readonly logitGradient: Rows;
  readonly gradients: Floats;
  /** Of the batch, in the places of the running averages. */
  readonly statistics: Float32Array;
  readonly #plan: SequencePlan;
  readonly #shared: PassRows;
  readonly #smooth: boolean;
  /** Of the encoder and of each block, as the kernels read them, and their gradients. */
  readonly #thresholds: Floats;
  readonly #ofThresholds: Floats;
  readonly #lines: Rows;
  readonly #input: Layer;
  readonly #blocks: readonly Block[];
  readonly #headDropout: Rows;
  readonly #streamGradient: Rows;
  #firing = 0;

  /**
   * A spike is a step at 0 whose derivative is taken for max(0, 1 − |x|).
   * @param parameters are read anew at each pass
   * @param smooth puts the integral of that derivative in the place of the step, for checks of the gradient
   */
  constructor(plan: SequencePlan, parameters: Float32Array, window: number, batch: number, smooth = false) {
    const arena = new Arena();
    const rows = window * batch;
    const { features, channels } = plan.network;
    this.#plan = plan;
    this.#smooth = smooth;
    this.gradients = arena.floats(plan.parameters);
    this.statistics = new Float32Array(plan.running);
    const shared = { arena, rows, batch, parameters, gradients: this.gradients };
    this.#shared = shared;
    this.features = createRows(arena, rows, features);
    this.#lines = createRows(arena, rows, plan.lines);
    const layer = <Planned extends PlannedLayer>(planned: Planned, input: Rows) => ({
      planned,
      convolution: new CausalConvolution(shared, planned, input),
      norm: new StreamNorm(shared, planned),
      stream: createRows(arena, rows, channels),
    });
    this.#input = layer(plan.input, this.#lines);
    this.#blocks = plan.blocks.map((planned) => {
      const spikes = createRows(arena, rows, channels, reachOf(planned, batch));
      return { ...layer(planned, spikes), spikes, dropout: createRows(arena, rows, channels) };
    });
    this.#thresholds = arena.floats(Math.max(plan.lines, channels));
    this.#ofThresholds = arena.floats(Math.max(plan.lines, channels));
    this.#headDropout = createRows(arena, rows, channels);
    this.#streamGradient = createRows(arena, rows, channels);
    this.logits = createRows(arena, rows, 1);
    this.logitGradient = createRows(arena, rows, 1);
  }

  /** Mean share of the blocks' channels that spiked in the last forward pass. */
  get firing(): number {
    return this.#firing;
  }

  forward({ running, dropout }: ForwardOptions): void {
    const { encoder, network, lines } = this.#plan;
    this.#fire(this.features, this.#lines, undefined, encoder, lines);
    this.#follow(this.#input, undefined, running);
    let { stream } = this.#input;
    let spiked = 0;
    this.#blocks.forEach((block, place) => {
      this.#draw(block.dropout, dropout, place);
      spiked += this.#fire(stream, block.spikes, block.dropout, block.planned.threshold, network.channels);
      this.#follow(block, stream, running);
      stream = block.stream;
    });
    this.#firing = spiked / (this.#blocks.length * this.#shared.rows * network.channels);
    this.#draw(this.#headDropout, dropout, this.#blocks.length);
    this.#head(stream);
  }

  /** @returns the sum of the spikes, without dropout */
  #fire(values: Rows, spikes: Rows, dropout: Rows | undefined, threshold: number, count: number): number {
    const { arena, rows, parameters } = this.#shared;
    const { pointer } = this.#thresholds;
    this.#thresholds.values.set(parameters.subarray(threshold, threshold + count));
    const levels = count / values.columns;
    const kept = dropout?.pointer ?? 0;
    const smooth = this.#smooth ? 1 : 0;
    return arena.kernels.fire(rows, values.columns, levels, values.pointer, pointer, kept, smooth, spikes.pointer);
  }

  /** 1 / (1 − rate) for what stays, 0 for what is dropped. */
  #draw(kept: Rows, dropout: ForwardOptions['dropout'], place: number): void {
    const { arena, rows } = this.#shared;
    const { rate, seed } = dropout ?? { rate: 0, seed: 0 };
    const least = Math.round(rate * 2 ** 32);
    arena.kernels.dropOut(rows * kept.columns, mix(seed, place), least, 1 / (1 - rate), kept.pointer);
  }

  #follow({ planned, convolution, norm, stream }: Layer, before: Rows | undefined, running?: Float32Array): void {
    convolution.forward();
    norm.forward(convolution.output, before, stream, running);
    if (running) return;
    this.statistics.set(norm.mean.values, planned.mean);
    this.statistics.set(norm.variance.values, planned.variance);
  }

  #head(stream: Rows): void {
    const { parameters, rows } = this.#shared;
    const { head, network } = this.#plan;
    const from = stream.values();
    const kept = this.#headDropout.values();
    const to = this.logits.values();
    for (let row = 0, i = 0; row < rows; row++) {
      let sum = parameters[head.bias] as number;
      for (let c = 0; c < network.channels; c++, i++)
        sum += (from[i] as number) * (kept[i] as number) * (parameters[head.weight + c] as number);
      to[row] = sum;
    }
  }

  /**
   * After a forward pass without running averages. Gradients of an earlier pass are forgotten.
   * @param firingPenalty times `firing` is part of the loss
   */
  backward(firingPenalty: number): void {
    this.gradients.values.fill(0);
    const streams = [this.#input.stream, ...this.#blocks.map(({ stream }) => stream)];
    this.#headBackward(streams.at(-1) ?? this.#input.stream);
    const { rows } = this.#shared;
    const perSpike = firingPenalty / (this.#blocks.length * rows * this.#plan.network.channels);
    for (let place = this.#blocks.length - 1; place >= 0; place--) {
      const block = this.#blocks[place] as Block;
      this.#layerBackward(block);
      const { planned, convolution, dropout } = block;
      const stream = streams[place] as Rows;
      this.#fireBack(stream, convolution.inputGradient, dropout, planned.threshold, perSpike, this.#streamGradient);
    }
    this.#layerBackward(this.#input);
    const { inputGradient } = this.#input.convolution;
    this.#fireBack(this.features, inputGradient, undefined, this.#plan.encoder, 0, undefined);
  }

  /** From the gradient of spikes to that of their thresholds; adds to `gradient` what is due to the values. */
  #fireBack(
    values: Rows,
    given: Rows,
    dropout: Rows | undefined,
    threshold: number,
    each: number,
    gradient: Rows | undefined,
  ): void {
    const { arena, rows, parameters } = this.#shared;
    const count = given.columns;
    this.#thresholds.values.set(parameters.subarray(threshold, threshold + count));
    const ofThresholds = this.#ofThresholds.values.fill(0);
    arena.kernels.fireBack(
      rows,
      values.columns,
      count / values.columns,
      values.pointer,
      this.#thresholds.pointer,
      dropout?.pointer ?? 0,
      each,
      given.pointer,
      gradient?.pointer ?? 0,
      this.#ofThresholds.pointer,
    );
    this.gradients.values.set(ofThresholds.subarray(0, count), threshold);
  }

  #headBackward(stream: Rows): void {
    const { parameters, rows } = this.#shared;
    const { head, network } = this.#plan;
    const from = stream.values();
    const kept = this.#headDropout.values();
    const given = this.logitGradient.values();
    const to = this.#streamGradient.values();
    const ofWeight = new Float64Array(network.channels);
    let ofBias = 0;
    for (let row = 0, i = 0; row < rows; row++) {
      const g = given[row] as number;
      ofBias += g;
      for (let c = 0; c < network.channels; c++, i++) {
        const passed = g * (kept[i] as number);
        ofWeight[c] = (ofWeight[c] as number) + passed * (from[i] as number);
        to[i] = passed * (parameters[head.weight + c] as number);
      }
    }
    const gradients = this.gradients.values;
    gradients.set(ofWeight, head.weight);
    gradients[head.bias] = ofBias;
  }

  #layerBackward({ convolution, norm }: Layer): void {
    norm.backward(convolution.output, this.#streamGradient, convolution.outputGradient);
    convolution.backward();
  }
}

/** A seed for each place. */
function mix(seed: number, place: number): number {
  return Math.imul(seed ^ Math.imul(place + 1, 0x9e3779b9), 0x85ebca6b);
}
