import { Arena, type Floats } from '../arena.js';
import type { Random } from '../random.js';
import { CausalConvolution, reachOf, type PassRows } from './causal-convolution.js';
import type { PlannedBlock, PlannedLayer, SequencePlan } from './plan.js';
import { createRows, type Rows } from './rows.js';
import { StreamNorm } from './stream-norm.js';

/** A step at 0, and the derivative that training puts in its place. */
export interface StepSurrogate {
  readonly fire: (x: number) => number;
  readonly slope: (x: number) => number;
}

export const triangularStep: StepSurrogate = {
  fire: (x) => (x >= 0 ? 1 : 0),
  slope: (x) => Math.max(0, 1 - Math.abs(x)),
};

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
  readonly dropout?: { readonly rate: number; readonly random: Random };
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
  readonly #step: StepSurrogate;
  readonly #lines: Rows;
  readonly #input: Layer;
  readonly #blocks: readonly Block[];
  readonly #headDropout: Rows;
  readonly #streamGradient: Rows;
  #firing = 0;

  /** @param parameters are read anew at each pass */
  constructor(plan: SequencePlan, parameters: Float32Array, window: number, batch: number, step = triangularStep) {
    const arena = new Arena();
    const rows = window * batch;
    const { features, channels } = plan.network;
    this.#plan = plan;
    this.#step = step;
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
    this.#encode();
    this.#follow(this.#input, undefined, running);
    let { stream } = this.#input;
    let spiked = 0;
    for (const block of this.#blocks) {
      draw(block.dropout.values(), dropout);
      spiked += this.#spike(block, stream);
      this.#follow(block, stream, running);
      stream = block.stream;
    }
    this.#firing = spiked / (this.#blocks.length * this.#shared.rows * this.#plan.network.channels);
    draw(this.#headDropout.values(), dropout);
    this.#head(stream);
  }

  #encode(): void {
    const { parameters, rows } = this.#shared;
    const { encoder, network } = this.#plan;
    const { levels } = network.encoder;
    const { fire } = this.#step;
    const from = this.features.values();
    const to = this.#lines.values();
    for (let row = 0, f = 0, i = 0; row < rows; row++)
      for (let at = encoder; at < encoder + this.#plan.lines; f++) {
        const x = from[f] as number;
        for (let level = 0; level < levels; level++) to[i++] = fire(x - (parameters[at++] as number));
      }
  }

  #follow({ planned, convolution, norm, stream }: Layer, before: Rows | undefined, running?: Float32Array): void {
    convolution.forward();
    norm.forward(convolution.output, before, stream, running);
    if (running) return;
    this.statistics.set(norm.mean, planned.mean);
    this.statistics.set(norm.variance, planned.variance);
  }

  /** How much it spiked in all. */
  #spike({ planned, spikes, dropout }: Block, stream: Rows): number {
    const { parameters, rows } = this.#shared;
    const { fire } = this.#step;
    const from = stream.values();
    const to = spikes.values();
    const kept = dropout.values();
    let spiked = 0;
    for (let row = 0, i = 0; row < rows; row++)
      for (let at = planned.threshold; at < planned.threshold + planned.inputs; at++, i++) {
        const spike = fire((from[i] as number) - (parameters[at] as number));
        spiked += spike;
        to[i] = spike * (kept[i] as number);
      }
    return spiked;
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
      this.#spikeBackward(block, streams[place] as Rows, perSpike);
    }
    this.#layerBackward(this.#input);
    this.#encoderBackward();
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

  /** Adds to the gradient of the stream what came back through the spikes. */
  #spikeBackward({ planned, convolution, dropout }: Block, stream: Rows, perSpike: number): void {
    const { parameters, rows } = this.#shared;
    const { slope } = this.#step;
    const { inputs, threshold } = planned;
    const from = stream.values();
    const kept = dropout.values();
    const given = convolution.inputGradient.values();
    const to = this.#streamGradient.values();
    const ofThreshold = new Float64Array(inputs);
    for (let row = 0, i = 0; row < rows; row++)
      for (let c = 0; c < inputs; c++, i++) {
        const x = (from[i] as number) - (parameters[threshold + c] as number);
        const g = ((given[i] as number) * (kept[i] as number) + perSpike) * slope(x);
        to[i] = (to[i] as number) + g;
        ofThreshold[c] = (ofThreshold[c] as number) - g;
      }
    this.gradients.values.set(ofThreshold, threshold);
  }

  #encoderBackward(): void {
    const { parameters, rows } = this.#shared;
    const { encoder, lines, network } = this.#plan;
    const { levels } = network.encoder;
    const { slope } = this.#step;
    const from = this.features.values();
    const given = this.#input.convolution.inputGradient.values();
    const ofThreshold = new Float64Array(lines);
    for (let row = 0, f = 0, i = 0; row < rows; row++)
      for (let line = 0; line < lines; f++) {
        const x = from[f] as number;
        for (let level = 0; level < levels; level++, line++, i++)
          ofThreshold[line] =
            (ofThreshold[line] as number) - (given[i] as number) * slope(x - (parameters[encoder + line] as number));
      }
    this.gradients.values.set(ofThreshold, encoder);
  }
}

/** 1 / (1 − rate) for what stays, 0 for what is dropped. */
function draw(kept: Float32Array, dropout: ForwardOptions['dropout']): void {
  if (!dropout || dropout.rate === 0) {
    kept.fill(1);
    return;
  }
  const { rate, random } = dropout;
  const factor = 1 / (1 - rate);
  for (let i = 0; i < kept.length; i++) kept[i] = random.uniform() < rate ? 0 : factor;
}
