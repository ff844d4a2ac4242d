import type { RandomBits } from '../../../runtime/signal/random.js';
import { shuffled } from '../random-draws.js';
import { NeuronalAssignment } from './neuronal-assignment.js';
import { WinnerLayer } from './winner-layer.js';

export interface PlaceNetworkSettings {
  readonly neurons: number;
  readonly epochs: number;
  readonly shownMs: number;
  readonly thresholdRise: number;
}

/** A layer that has learned pictures without being told which is which, and what its spikes say of their places. */
export class PlaceNetwork {
  readonly #layer: WinnerLayer;
  readonly #assignment: NeuronalAssignment;
  readonly #spikes: Uint8Array;
  /** 0 where a neuron was silenced. */
  readonly #heard: Uint8Array;

  /** `pictures`: one a place, in spikes a ms. */
  constructor(pictures: readonly Float32Array[], settings: PlaceNetworkSettings, random: RandomBits) {
    const { neurons, epochs } = settings;
    this.#layer = new WinnerLayer({ ...settings, inputs: pictures[0]?.length ?? 0 }, random);
    this.#spikes = new Uint8Array(neurons);
    this.#heard = new Uint8Array(neurons).fill(1);
    for (let epoch = 0; epoch < epochs; epoch++)
      for (const place of shuffled(pictures.length, random))
        this.#layer.learn(pictures[place] as Float32Array, this.#spikes);
    this.#assignment = new NeuronalAssignment(
      pictures.map((picture) => {
        this.#layer.present(picture, this.#spikes);
        return this.#spikes.slice();
      }),
    );
  }

  get bytes(): number {
    return this.#layer.bytes + this.#assignment.bytes;
  }

  /** Of each neuron: at how many of these pictures it fires. */
  firedAt(pictures: readonly Float32Array[]): Uint32Array {
    const fired = new Uint32Array(this.#heard.length);
    for (const picture of pictures) {
      this.#layer.present(picture, this.#spikes);
      for (let neuron = 0; neuron < fired.length; neuron++)
        if ((this.#spikes[neuron] as number) > 0) fired[neuron] = (fired[neuron] as number) + 1;
    }
    return fired;
  }

  /** Says nothing of places any more, whenever it fires. */
  silence(neuron: number): void {
    this.#heard[neuron] = 0;
  }

  /** `scores` of its places. */
  score(picture: Float32Array, scores: Float32Array): void {
    this.#layer.present(picture, this.#spikes);
    for (let neuron = 0; neuron < this.#spikes.length; neuron++)
      this.#spikes[neuron] = (this.#spikes[neuron] as number) * (this.#heard[neuron] as number);
    this.#assignment.score(this.#spikes, scores);
  }
}
