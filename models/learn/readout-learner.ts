import { exp } from '../../runtime/signal/math.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { readDenseLayers, withDenseLayers, type DenseLayer } from './dense-layer.js';
import type { Learner } from './learner.js';

/**
 * A three-factor rule for a last layer of one unit whose readout is a logit: an eligibility at each synapse, a trace of
 * what came through it in units of its own spread, times the error of the unit's own output. Nothing passes back into
 * the layers before. For input x with running mean μ and deviation s:
 *   e ← traceDecay·e + (1 − traceDecay)·(x − μ)/s;   m = (1 ÷ (1 + exp(−u)) − label)·(positiveWeight if the label is 1);
 *   apply: w·scale·s −= learningRate·mean(m·e);   bias −= learningRate·mean(m), less what the means of x now bring.
 */
export interface ReadoutOptions {
  readonly layer: string;
  readonly learningRate: number;
  readonly traceDecay: number;
  readonly positiveWeight: number;
  /** No weight goes farther from the one it came with, as a share of the largest; the bias no farther than `mostBias`. */
  readonly mostChange: number;
  readonly mostBias: number;
}

export const readoutDefaults = {
  learningRate: 0.01,
  traceDecay: 0,
  positiveWeight: 2,
  mostChange: 0.25,
  mostBias: 3,
} as const;

export class ReadoutLearner implements Learner {
  readonly layers: readonly string[];
  readonly #network: Network;
  readonly #options: ReadoutOptions;
  readonly #layer: DenseLayer;
  readonly #scale: number;
  readonly #factoryBias: number;
  readonly #largest: number;
  #bias: number;
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  readonly #trace: Float64Array;
  readonly #gradient: Float64Array;
  #biasGradient = 0;
  #seen = 0;
  #labelled = 0;

  /** @throws ModelError if the layer is not dense with I8 weights, one unit and a readout after it */
  constructor(network: Network, options: ReadoutOptions) {
    const [layer] = readDenseLayers(network, [options.layer]);
    if (!layer?.readout || layer.units !== 1)
      throw new ModelError(`${options.layer}: learning by its error needs one unit and a readout after it.`);
    this.layers = [options.layer];
    this.#network = network;
    this.#options = options;
    this.#layer = layer;
    this.#scale = layer.readout.scale[0] as number;
    this.#factoryBias = this.#bias = layer.readout.bias[0] as number;
    this.#largest = layer.factory.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    this.#mean = new Float64Array(layer.inputs);
    this.#square = new Float64Array(layer.inputs).fill(1);
    this.#trace = new Float64Array(layer.inputs);
    this.#gradient = new Float64Array(layer.inputs);
  }

  startSequence(): void {
    this.#trace.fill(0);
  }

  /** @throws RangeError for a label that is neither 0 nor 1 */
  observe(input: Uint8Array | Int32Array, label?: number): void {
    if (label !== undefined && label !== 0 && label !== 1)
      throw new RangeError(`label: ${label} is neither 0 nor 1. Give one of them, or none.`);
    const { weights, inputs } = this.#layer;
    const { traceDecay, positiveWeight } = this.#options;
    const follow = 1 / Math.min(++this.#seen, memory);
    let sum = 0;
    for (let j = 0; j < inputs; j++) {
      const x = input[j] as number;
      sum += (weights[j] as number) * x;
      const away = x - (this.#mean[j] as number);
      this.#mean[j] = (this.#mean[j] as number) + follow * away;
      this.#square[j] = (this.#square[j] as number) + follow * (away * away - (this.#square[j] as number));
      const spread = Math.sqrt((this.#square[j] as number) + 1e-9);
      this.#trace[j] = traceDecay * (this.#trace[j] as number) + ((1 - traceDecay) * away) / spread;
    }
    if (label === undefined || this.#seen < settling) return;
    const logit = sum * this.#scale + this.#bias;
    const error = (1 / (1 + exp(-Math.max(-50, Math.min(50, logit)))) - label) * (label === 1 ? positiveWeight : 1);
    for (let j = 0; j < inputs; j++)
      this.#gradient[j] = (this.#gradient[j] as number) + error * (this.#trace[j] as number);
    this.#biasGradient += error;
    this.#labelled++;
  }

  apply(): void {
    if (this.#labelled === 0) return;
    const { weights, factory, inputs } = this.#layer;
    const { learningRate, mostChange, mostBias } = this.#options;
    const rate = learningRate / this.#labelled;
    const bound = mostChange * this.#largest;
    let bias = this.#bias - rate * this.#biasGradient;
    for (let j = 0; j < inputs; j++) {
      const spread = Math.sqrt((this.#square[j] as number) + 1e-9);
      const old = weights[j] as number;
      const home = factory[j] as number;
      const step = (rate * (this.#gradient[j] as number)) / (this.#scale * spread);
      weights[j] = Math.max(home - bound, Math.min(home + bound, old - step));
      bias -= ((weights[j] as number) - old) * this.#scale * (this.#mean[j] as number);
    }
    this.#bias = Math.max(this.#factoryBias - mostBias, Math.min(this.#factoryBias + mostBias, bias));
    this.#forget();
  }

  /** The largest weight becomes 127 again, by another scale of the readout. */
  propose(): Network {
    const { weights } = this.#layer;
    const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    const grow = largest === 0 ? 1 : 127 / largest;
    const readout = { scale: Float32Array.of(this.#scale / grow), bias: Float32Array.of(this.#bias) };
    const layer = { ...this.#layer, weights: weights.map((weight) => weight * grow), readout };
    return withDenseLayers(this.#network, [layer], `${layer.name} learned on the device by its error`);
  }

  restoreFactory(): void {
    this.#layer.weights.set(this.#layer.factory);
    this.#bias = this.#factoryBias;
    this.#seen = 0;
    this.#mean.fill(0);
    this.#square.fill(1);
    this.#forget();
    this.startSequence();
  }

  #forget(): void {
    this.#gradient.fill(0);
    this.#biasGradient = 0;
    this.#labelled = 0;
  }
}

/** Inputs over which mean and spread are taken, and from which on they are trusted. */
const memory = 20_000;
const settling = 600;
