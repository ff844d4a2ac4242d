import { exp } from '../../../runtime/signal/math.js';
import type { RandomBits } from '../../../runtime/signal/random.js';

export interface WinnerLayerShape {
  readonly inputs: number;
  readonly neurons: number;
  /** Milliseconds that a picture is shown. */
  readonly shownMs: number;
  /** Rise of a neuron's threshold with each spike that it fires while it learns, in mV. */
  readonly thresholdRise: number;
}

/** Of excitatory membranes; potentials are in mV above rest (−65 mV). */
const membraneMs = 100;
const excitatoryReversal = 65;
const inhibitoryReversal = -35;
const firstThreshold = 13;
/** Conductances: excitatory ones are those of the mean rate, an inhibitory one is felt as one step. */
const excitatoryMs = 1;
const inhibitoryWeight = 17;
const inhibitoryMs = 0.5;
/** What the spike of another neuron leaves of the way to the inhibitory reversal. */
const afterInhibition = exp((-inhibitoryWeight * inhibitoryMs) / membraneMs);
/** A neuron fires at most once in so many ms, and does not integrate for the first few of them. */
const silentMs = 50;
const refractoryMs = 5;
/** Neurons that are driven less far above their thresholds are not computed: some twenty fire at a picture. */
const mostContenders = 64;
/** Traces of spikes, and what they let a synapse grow by. */
const inputTraceMs = 20;
const ownTraceMs = 40;
const onOwnSpike = 0.01;
const onInputSpike = 1e-4;
/** Sum of the weights of a neuron. */
const weightSum = 78;

/**
 * Excitatory neurons that see the same picture and inhibit each other, so that the few that it drives most fire (Diehl
 * & Cook 2015, as Hussaini and others use it for places: arXiv 2109.06452). Synapses grow by STDP and share a fixed sum;
 * thresholds rise with every spike.
 *
 * Different from the published one, which draws Poisson trains and is simulated in Brian:
 * - A picture is the constant conductance that its trains would bring on average, and the trace of an input its mean.
 * - A spike inhibits all others at once by what a spike of the inhibitory layer would, not through that layer.
 * - One neuron fires in a millisecond, the one furthest above its threshold; potentials move in steps of 1 ms.
 * - Synapses and thresholds change after a picture, not while it is shown. Thresholds do not decay: published, theirs
 *   lose a tenth in a thousand seconds.
 */
export class WinnerLayer {
  readonly shape: WinnerLayerShape;
  /** [neuron][input] */
  readonly #weights: Float32Array;
  readonly #thresholds: Float64Array;
  /** Of this picture: what a millisecond keeps of each potential and adds to it, and how far above its threshold each would
   * come to rest if nothing inhibited it. */
  readonly #keep: Float64Array;
  readonly #gain: Float64Array;
  readonly #reach: Float64Array;
  /** All neurons, those that reach furthest first. */
  readonly #order: Uint32Array;
  readonly #potentials: Float64Array;
  /** Milliseconds until a neuron may fire again. */
  readonly #silent: Int32Array;
  /** When each fired last, and what it has let its synapses grow. */
  readonly #lastMs: Float64Array;
  readonly #grown: Float64Array;

  constructor(shape: WinnerLayerShape, random: RandomBits) {
    this.shape = shape;
    const { inputs, neurons } = shape;
    this.#weights = Float32Array.from({ length: neurons * inputs }, () => 0.3 * (random.uniform() + 0.01));
    for (let neuron = 0; neuron < neurons; neuron++) this.#normalise(neuron);
    this.#thresholds = new Float64Array(neurons).fill(firstThreshold);
    this.#keep = new Float64Array(neurons);
    this.#gain = new Float64Array(neurons);
    this.#reach = new Float64Array(neurons);
    this.#order = Uint32Array.from({ length: neurons }, (_, neuron) => neuron);
    this.#potentials = new Float64Array(neurons);
    this.#silent = new Int32Array(neurons);
    this.#lastMs = new Float64Array(neurons);
    this.#grown = new Float64Array(neurons);
  }

  /** Of weights and thresholds, four each. */
  get bytes(): number {
    return 4 * (this.#weights.length + this.#thresholds.length);
  }

  /** Spikes of each neuron while a picture of these rates (spikes a ms, one an input) is shown. */
  present(rates: Float32Array, spikes: Uint8Array): void {
    this.#excite(rates);
    this.#run(spikes);
  }

  /** Shows a picture and learns it. */
  learn(rates: Float32Array, spikes: Uint8Array): void {
    this.present(rates, spikes);
    for (let neuron = 0; neuron < spikes.length; neuron++) {
      const fired = spikes[neuron] as number;
      if (fired === 0) continue;
      this.#thresholds[neuron] = (this.#thresholds[neuron] as number) + this.shape.thresholdRise * fired;
      this.#grow(neuron, rates, onOwnSpike * (this.#grown[neuron] as number), onInputSpike * inputTraceMs * fired);
      this.#normalise(neuron);
    }
  }

  #excite(rates: Float32Array): void {
    const { inputs, neurons } = this.shape;
    for (let neuron = 0; neuron < neurons; neuron++) {
      const conductance = excitatoryMs * weightedSum(this.#weights, neuron * inputs, rates);
      this.#keep[neuron] = 1 - (1 + conductance) / membraneMs;
      this.#gain[neuron] = (conductance * excitatoryReversal) / membraneMs;
      this.#reach[neuron] =
        (conductance * excitatoryReversal) / (1 + conductance) - (this.#thresholds[neuron] as number);
    }
  }

  #run(spikes: Uint8Array): void {
    const contenders = this.#contenders();
    const potentials = this.#potentials.fill(0);
    const silent = this.#silent.fill(0);
    const grown = this.#grown.fill(0);
    spikes.fill(0);
    for (let ms = 0; ms < this.shape.shownMs; ms++) {
      let first = -1;
      let most = 0;
      for (const neuron of contenders) {
        const wait = silent[neuron] as number;
        if (wait > 0) silent[neuron] = wait - 1;
        if (wait > silentMs - refractoryMs) continue;
        const potential =
          (potentials[neuron] as number) * (this.#keep[neuron] as number) + (this.#gain[neuron] as number);
        potentials[neuron] = potential;
        const over = potential - (this.#thresholds[neuron] as number);
        if (over > most && wait === 0) {
          most = over;
          first = neuron;
        }
      }
      if (first < 0) continue;
      for (const neuron of contenders)
        potentials[neuron] =
          ((potentials[neuron] as number) - inhibitoryReversal) * afterInhibition + inhibitoryReversal;
      potentials[first] = 0;
      silent[first] = silentMs;
      const trace = spikes[first] === 0 ? 0 : exp(((this.#lastMs[first] as number) - ms) / ownTraceMs);
      grown[first] = (grown[first] as number) + trace;
      this.#lastMs[first] = ms;
      spikes[first] = (spikes[first] as number) + 1;
    }
  }

  #contenders(): Uint32Array {
    const reach = this.#reach;
    const order = this.#order.sort((a, b) => (reach[b] as number) - (reach[a] as number) || a - b);
    return order.subarray(0, mostContenders);
  }

  #grow(neuron: number, rates: Float32Array, onOwn: number, onInput: number): void {
    const { inputs } = this.shape;
    for (let input = 0, at = neuron * inputs; input < inputs; input++, at++) {
      const rate = rates[input] as number;
      const trace = (rate * inputTraceMs) / (1 + rate * inputTraceMs);
      const weight = (this.#weights[at] as number) + onOwn * trace + onInput * rate;
      this.#weights[at] = weight > 1 ? 1 : weight;
    }
  }

  #normalise(neuron: number): void {
    const { inputs } = this.shape;
    const weights = this.#weights.subarray(neuron * inputs, (neuron + 1) * inputs);
    let sum = 0;
    for (let input = 0; input < inputs; input++) sum += weights[input] as number;
    const factor = weightSum / sum;
    for (let input = 0; input < inputs; input++) weights[input] = (weights[input] as number) * factor;
  }
}

function weightedSum(weights: Float32Array, from: number, rates: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const fours = rates.length - (rates.length % 4);
  for (let input = 0; input < fours; input += 4, from += 4) {
    a += (weights[from] as number) * (rates[input] as number);
    b += (weights[from + 1] as number) * (rates[input + 1] as number);
    c += (weights[from + 2] as number) * (rates[input + 2] as number);
    d += (weights[from + 3] as number) * (rates[input + 3] as number);
  }
  for (let input = fours; input < rates.length; input++, from++)
    a += (weights[from] as number) * (rates[input] as number);
  return a + b + c + d;
}
