import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { readDenseLayers, withDenseLayers, type DenseLayer } from './dense-layer.js';
import type { Learner } from './learner.js';

/**
 * Spike-timing-dependent plasticity by traces, without labels, with homeostasis: a synapse grows when its unit spikes
 * soon after its input, shrinks when the input comes soon after the unit, and the thresholds move until each unit
 * spikes at the target rate. In units of the layer (`DenseLayer.steps`), per tick:
 *   pre ← traceDecay·pre + x;   y = (Σ w·x ≥ T);   dw += growth·y·pre − shrink·x·post;   post ← traceDecay·post + y;
 *   rate ← rate + rateGain·(y − rate);   dT += homeostasis·(rate − targetRate).
 */
export interface StdpOptions {
  readonly layer: string;
  readonly growth: number;
  readonly shrink: number;
  readonly traceDecay: number;
  /** Spikes per tick that each unit is held to. */
  readonly targetRate: number;
  readonly rateGain: number;
  readonly homeostasis: number;
  /** No weight goes farther from the one it came with, in units of the layer. */
  readonly mostChange: number;
}

export const stdpDefaults = {
  growth: 0.004,
  shrink: 0.003,
  traceDecay: 0.8,
  targetRate: 0.1,
  rateGain: 0.02,
  homeostasis: 0.02,
  mostChange: 1,
} as const;

export class Stdp implements Learner {
  readonly layers: readonly string[];
  readonly #network: Network;
  readonly #options: StdpOptions;
  readonly #layer: DenseLayer & { readonly thresholds: Float32Array };
  readonly #factoryThresholds: Float32Array;
  readonly #pre: Float32Array;
  readonly #post: Float32Array;
  readonly #rate: Float32Array;
  readonly #change: Float32Array;
  readonly #thresholdChange: Float32Array;

  /** @throws ModelError if the layer is not dense with I8 weights and one threshold a unit. */
  constructor(network: Network, options: StdpOptions) {
    const [layer] = readDenseLayers(network, [options.layer]);
    const thresholds = layer?.thresholds;
    if (!layer || !thresholds)
      throw new ModelError(`${options.layer}: has no threshold. Plasticity by spike times needs a layer that spikes.`);
    this.layers = [options.layer];
    this.#network = network;
    this.#options = options;
    this.#layer = { ...layer, thresholds };
    this.#factoryThresholds = thresholds.slice();
    this.#pre = new Float32Array(layer.inputs);
    this.#post = new Float32Array(layer.units);
    this.#rate = new Float32Array(layer.units).fill(options.targetRate);
    this.#change = new Float32Array(layer.weights.length);
    this.#thresholdChange = new Float32Array(layer.units);
  }

  startSequence(): void {
    this.#pre.fill(0);
    this.#post.fill(0);
  }

  /** Labels change nothing here. */
  observe(spikes: Uint8Array | Int32Array): void {
    const { inputs, units, weights, thresholds } = this.#layer;
    const { growth, shrink, traceDecay, rateGain, homeostasis, targetRate } = this.#options;
    const pre = this.#pre;
    for (let j = 0; j < inputs; j++) pre[j] = traceDecay * (pre[j] as number) + (spikes[j] as number);
    for (let i = 0; i < units; i++) {
      const row = i * inputs;
      let sum = 0;
      for (let j = 0; j < inputs; j++) if (spikes[j] !== 0) sum += (weights[row + j] as number) * (spikes[j] as number);
      const y = sum >= (thresholds[i] as number) ? 1 : 0;
      const post = this.#post[i] as number;
      for (let j = 0; j < inputs; j++) {
        const grown = growth * y * (pre[j] as number) - shrink * (spikes[j] as number) * post;
        this.#change[row + j] = (this.#change[row + j] as number) + grown;
      }
      this.#post[i] = traceDecay * post + y;
      const rate = (this.#rate[i] as number) + rateGain * (y - (this.#rate[i] as number));
      this.#rate[i] = rate;
      this.#thresholdChange[i] = (this.#thresholdChange[i] as number) + homeostasis * (rate - targetRate);
    }
  }

  apply(): void {
    const { weights, factory, thresholds, steps } = this.#layer;
    // One for all units, as the layer spikes.
    const unit = steps[0] as number;
    const bound = this.#options.mostChange * unit;
    for (let i = 0; i < weights.length; i++) {
      const home = factory[i] as number;
      const moved = (weights[i] as number) + unit * (this.#change[i] as number);
      weights[i] = Math.max(home - bound, Math.min(home + bound, moved));
    }
    for (let i = 0; i < thresholds.length; i++)
      thresholds[i] = (thresholds[i] as number) + unit * (this.#thresholdChange[i] as number);
    this.#change.fill(0);
    this.#thresholdChange.fill(0);
  }

  propose(): Network {
    return withDenseLayers(this.#network, [this.#layer], `${this.#layer.name} learned on the device by STDP`);
  }

  restoreFactory(): void {
    this.#layer.weights.set(this.#layer.factory);
    this.#layer.thresholds.set(this.#factoryThresholds);
    this.#rate.fill(this.#options.targetRate);
    this.#change.fill(0);
    this.#thresholdChange.fill(0);
    this.startSequence();
  }
}
