import { sin } from '../../runtime/signal/math.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { readDenseLayers, withDenseLayers, type DenseLayer } from './dense-layer.js';
import type { Learner } from './learner.js';

/**
 * The three-factor rule of TESS (arXiv 2502.01837) on the last layers: eligibility from traces of the spikes before and
 * of the pseudo-derivative after the synapse, times a learning signal that each layer makes of its own output. No
 * gradient passes from layer to layer and no history is kept: one trace an input and one a unit.
 *
 * In units of the layer (`DenseLayer.steps`): u = leak·u + Σ w·x; y = u ≥ T; psi = 0.3·max(0, 1 − |u − T|); then
 *   p ← preDecay·p + x;   dw += m·(postGain·q·x + preGain·psi·p);   q ← postDecay·q + psi;   u −= T where y.
 * Learning signal of a spiking layer: z = y, B[c][k] = sign(sin(f_c·k))/n with f_c from 50 to 512 and k from 1,
 * m = Bᵀ(softmax(B·z ÷ temperature) − target). The last layer has no spike: psi is 1 and m is softmax(u) − target, with
 * the bias of its readout in u.
 */
export interface TessOptions {
  readonly layers: readonly string[];
  readonly classes: number;
  /** 0 for a T=1 network, whose membrane starts anew with each inference. */
  readonly leak: number;
  readonly postDecay: number;
  readonly preDecay: number;
  readonly postGain: number;
  readonly preGain: number;
  readonly temperature: number;
  /** Of Adam, in units of the layer. */
  readonly learningRate: number;
  /** No weight goes farther from the one it came with, in units of the layer. */
  readonly mostChange: number;
}

export const tessDefaults = {
  leak: 0,
  postDecay: 0.2,
  preDecay: 0.5,
  postGain: 1,
  preGain: 1,
  temperature: 1,
  learningRate: 1e-3,
  mostChange: 0.5,
} as const;

interface TessLayer extends DenseLayer {
  readonly membrane: Float32Array;
  readonly spikes: Uint8Array;
  readonly pre: Float32Array;
  readonly post: Float32Array;
  readonly signal: Float32Array;
  /** [classes][units] ±1/n; empty for the last layer. */
  readonly feedback: Float32Array;
  readonly gradient: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export class Tess implements Learner {
  readonly layers: readonly string[];
  readonly #network: Network;
  readonly #options: TessOptions;
  readonly #layers: TessLayer[];
  readonly #error: Float64Array;
  #applied = 0;

  /** @throws ModelError if a layer is not dense with I8 weights, or the last one has not one unit a class. */
  constructor(network: Network, options: TessOptions) {
    this.layers = options.layers;
    this.#network = network;
    this.#options = options;
    this.#layers = readDenseLayers(network, options.layers).map((layer) => createLayer(layer, options.classes));
    this.#error = new Float64Array(options.classes);
    const last = this.#layers.at(-1);
    if (!last) throw new ModelError('layers: none is named. Name the dense layers that learn, in their order.');
    if (!last.thresholds && last.units !== options.classes)
      throw new ModelError(
        `classes: ${options.classes}, but ${last.name} has ${last.units} units. Give as many classes.`,
      );
  }

  startSequence(): void {
    for (const layer of this.#layers) {
      layer.membrane.fill(0);
      layer.pre.fill(0);
      layer.post.fill(0);
    }
  }

  /** @throws RangeError for a label that is no class */
  observe(spikes: Uint8Array | Int32Array, label?: number): void {
    const { classes } = this.#options;
    if (label !== undefined && !(Number.isInteger(label) && label >= 0 && label < classes))
      throw new RangeError(`label: ${label} is none of the ${classes} classes. Give 0 to ${classes - 1}, or none.`);
    let input: Uint8Array | Int32Array = spikes;
    for (const layer of this.#layers) {
      integrate(layer, input, this.#options.leak);
      this.#makeSignal(layer, label);
      accumulate(layer, input, this.#options, label !== undefined);
      input = layer.spikes;
    }
  }

  apply(): void {
    const { learningRate, mostChange } = this.#options;
    this.#applied++;
    // Adam, with its usual constants.
    const correctFirst = 1 - 0.9 ** this.#applied;
    const correctSecond = 1 - 0.999 ** this.#applied;
    for (const { weights, factory, gradient, first, second, steps, inputs } of this.#layers) {
      for (let i = 0; i < weights.length; i++) {
        const unit = steps[Math.floor(i / inputs)] as number;
        const slope = gradient[i] as number;
        const mean = 0.9 * (first[i] as number) + 0.1 * slope;
        const square = 0.999 * (second[i] as number) + 0.001 * slope * slope;
        first[i] = mean;
        second[i] = square;
        const step = (learningRate * unit * (mean / correctFirst)) / (Math.sqrt(square / correctSecond) + 1e-8);
        const home = factory[i] as number;
        const bound = mostChange * unit;
        weights[i] = Math.max(home - bound, Math.min(home + bound, (weights[i] as number) - step));
      }
      gradient.fill(0);
    }
  }

  propose(): Network {
    return withDenseLayers(this.#network, this.#layers, `${this.layers.join(', ')} learned on the device by TESS`);
  }

  restoreFactory(): void {
    this.#applied = 0;
    for (const layer of this.#layers) {
      layer.weights.set(layer.factory);
      layer.gradient.fill(0);
      layer.first.fill(0);
      layer.second.fill(0);
    }
    this.startSequence();
  }

  /** What a layer knows of its error: from its own output alone. */
  #makeSignal(layer: TessLayer, label: number | undefined): void {
    const { signal, feedback, units, membrane, spikes, readout, thresholds } = layer;
    signal.fill(0);
    if (label === undefined) return;
    const error = this.#error;
    for (let c = 0; c < error.length; c++) {
      let sum = 0;
      if (readout) sum = (membrane[c] as number) * (readout.scale[c] as number) + (readout.bias[c] as number);
      else
        for (let k = 0; k < units; k++)
          sum += ((feedback[c * units + k] as number) * (spikes[k] as number)) / this.#options.temperature;
      error[c] = sum;
    }
    softmaxLess(error, label);
    for (let k = 0; k < units; k++) {
      if (!thresholds) {
        signal[k] = error[k] as number;
        continue;
      }
      let sum = 0;
      for (let c = 0; c < error.length; c++) sum += (feedback[c * units + k] as number) * (error[c] as number);
      signal[k] = sum;
    }
  }
}

function createLayer(layer: DenseLayer, classes: number): TessLayer {
  const { units, inputs } = layer;
  const feedback = new Float32Array(layer.thresholds ? classes * units : 0);
  for (let at = 0; at < feedback.length; at++) {
    const c = Math.floor(at / units);
    const frequency = classes === 1 ? 50 : 50 + (c * (512 - 50)) / (classes - 1);
    feedback[at] = Math.sign(sin(frequency * ((at % units) + 1))) / units;
  }
  return {
    ...layer,
    feedback,
    membrane: new Float32Array(units),
    spikes: new Uint8Array(units),
    pre: new Float32Array(inputs),
    post: new Float32Array(units),
    signal: new Float32Array(units),
    gradient: new Float32Array(units * inputs),
    first: new Float32Array(units * inputs),
    second: new Float32Array(units * inputs),
  };
}

function integrate(layer: TessLayer, input: Uint8Array | Int32Array, leak: number): void {
  const { membrane, weights, inputs, units, thresholds, spikes } = layer;
  for (let i = 0; i < units; i++) {
    let sum = leak * (membrane[i] as number);
    for (let j = 0; j < inputs; j++) {
      const x = input[j] as number;
      if (x !== 0) sum += (weights[i * inputs + j] as number) * x;
    }
    membrane[i] = sum;
    if (thresholds) spikes[i] = sum >= (thresholds[i] as number) ? 1 : 0;
  }
}

function accumulate(layer: TessLayer, input: Uint8Array | Int32Array, options: TessOptions, labelled: boolean): void {
  const { pre, post, signal, gradient, membrane, thresholds, spikes, inputs, units, steps } = layer;
  for (let j = 0; j < inputs; j++) pre[j] = options.preDecay * (pre[j] as number) + (input[j] as number);
  for (let i = 0; i < units; i++) {
    const threshold = thresholds?.[i];
    const psi =
      threshold === undefined
        ? 1
        : 0.3 * Math.max(0, 1 - Math.abs((membrane[i] as number) - threshold) / (steps[i] as number));
    if (labelled) {
      const onInput = (signal[i] as number) * options.postGain * (post[i] as number);
      const onTrace = (signal[i] as number) * options.preGain * psi;
      for (let j = 0; j < inputs; j++) {
        const at = i * inputs + j;
        gradient[at] = (gradient[at] as number) + onInput * (input[j] as number) + onTrace * (pre[j] as number);
      }
    }
    post[i] = options.postDecay * (post[i] as number) + psi;
    if (threshold !== undefined && spikes[i] === 1) membrane[i] = (membrane[i] as number) - threshold;
  }
}

/** softmax(values) − one at `label`, in place. */
function softmaxLess(values: Float64Array, label: number): void {
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  let sum = 0;
  for (let c = 0; c < values.length; c++) {
    values[c] = Math.exp((values[c] as number) - largest);
    sum += values[c] as number;
  }
  for (let c = 0; c < values.length; c++) values[c] = (values[c] as number) / sum - (c === label ? 1 : 0);
}
