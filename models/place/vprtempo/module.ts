import { RandomBits } from '../../../runtime/signal/random.js';
import { shuffled } from '../random-draws.js';
import { SignedLayer } from './signed-layer.js';

export interface VprTempoSettings {
  /** Pictures are of `side` × `side` pixels, normalised over `patch` × `patch`. */
  readonly side: number;
  readonly patch: number;
  readonly epochs: number;
  readonly featuresPerInput: number;
  readonly learningRate: number;
  readonly thresholdRate: number;
  /** A module learns at most so many places. */
  readonly placesPerModule: number;
  readonly seed: number;
  /**
   * What a picture is answered with: `linear` leaves out thresholds and limits of spikes, as the public code does,
   * `clamped` keeps them, as the paper has it.
   */
  readonly readout: 'linear' | 'clamped';
}

/** What an output is forced to on its place. */
const forced = 0.5;
const mostSpike = 0.9;
/** Rates that features aim at: from, to. */
const [lowestRate, highestRate] = [0.2, 0.9];
const annealedEvery = 100;

/** A layer of features and one output a place, each learned in one step a picture. */
export class VprTempoModule {
  readonly #features: SignedLayer;
  readonly #outputs: SignedLayer;
  /** Of the features. */
  readonly #thresholds: Float32Array;
  readonly #rates: Float32Array;
  readonly #spikes: Float32Array;
  readonly #linear: boolean;

  /** `pictures`: one a place, amplitudes from 0 to 1. */
  constructor(pictures: readonly Float32Array[], settings: VprTempoSettings, stream: number) {
    this.#linear = settings.readout === 'linear';
    const random = new RandomBits(settings.seed, stream);
    const inputs = pictures[0]?.length ?? 0;
    const features = inputs * settings.featuresPerInput;
    this.#features = new SignedLayer({ inputs, outputs: features, excitatory: 0.1, inhibitory: 0.5 }, random);
    this.#outputs = new SignedLayer(
      { inputs: features, outputs: pictures.length, excitatory: 1, inhibitory: 1 },
      random,
    );
    this.#thresholds = Float32Array.from({ length: features }, () => random.uniform() / 2);
    this.#rates = Float32Array.from(
      { length: features },
      (_, feature) => lowestRate + ((highestRate - lowestRate) * (feature + 1)) / features,
    );
    this.#learnFeatures(pictures, settings, random);
    this.#spikes = new Float32Array(features);
    const spikes = pictures.map((picture) => {
      this.#see(picture);
      return this.#spikes.slice();
    });
    this.#learnOutputs(spikes, settings, random);
  }

  /** Of weights and thresholds, four each. */
  get bytes(): number {
    return 4 * (this.#features.synapses + this.#outputs.synapses + this.#thresholds.length);
  }

  /** `scores` of this module's places: from 0 to 0.9 where they are clamped. */
  score(picture: Float32Array, scores: Float32Array): void {
    if (this.#linear)
      for (let feature = 0; feature < this.#spikes.length; feature++)
        this.#spikes[feature] = this.#features.drive(feature, picture);
    else this.#see(picture);
    for (let place = 0; place < scores.length; place++) {
      const drive = this.#outputs.drive(place, this.#spikes);
      scores[place] = this.#linear ? drive : clipped(drive);
    }
  }

  #learnFeatures(pictures: readonly Float32Array[], settings: VprTempoSettings, random: RandomBits): void {
    const present = pictures.map((picture) => picture.map((amplitude) => (amplitude > 0 ? 1 : 0)));
    const features = this.#features;
    const thresholds = this.#thresholds;
    for (const { place, annealed } of presentations(pictures.length, settings.epochs, random)) {
      const picture = pictures[place] as Float32Array;
      const rate = settings.learningRate * annealed;
      for (let feature = 0; feature < features.shape.outputs; feature++) {
        const drive = features.drive(feature, picture);
        const spike = clipped(drive - (thresholds[feature] as number));
        if (spike > 0) features.change(feature, present[place] as Float32Array, rate * (0.5 - spike), -1);
        features.scaleInhibition(feature, 1 + 50 * rate * drive);
        // The published rule compares the rate with a state that nothing sets, so that thresholds only ever fall.
        const fallen =
          (thresholds[feature] as number) - settings.thresholdRate * annealed * (this.#rates[feature] as number);
        thresholds[feature] = Math.max(0, fallen);
      }
    }
  }

  #learnOutputs(spikes: readonly Float32Array[], settings: VprTempoSettings, random: RandomBits): void {
    // Features that seldom spike count for more.
    const perRate = spikes.map((row) => row.map((spike, feature) => spike / (this.#rates[feature] as number)));
    const outputs = this.#outputs;
    for (const { place, annealed } of presentations(spikes.length, settings.epochs, random)) {
      const rate = settings.learningRate * annealed;
      for (let output = 0; output < outputs.shape.outputs; output++) {
        const drive = outputs.drive(output, spikes[place] as Float32Array);
        const error = (output === place ? forced : 0) - clipped(drive);
        if (error !== 0) outputs.change(output, perRate[place] as Float32Array, rate * error, 1);
        outputs.scaleInhibition(output, 1 + 50 * rate * drive);
      }
    }
  }

  #see(picture: Float32Array): void {
    for (let feature = 0; feature < this.#spikes.length; feature++)
      this.#spikes[feature] = clipped(this.#features.drive(feature, picture) - (this.#thresholds[feature] as number));
  }
}

function clipped(potential: number): number {
  return potential < 0 ? 0 : potential > mostSpike ? mostSpike : potential;
}

/** All places once an epoch, in random order; what is annealed falls with the square of what is left. */
function* presentations(
  places: number,
  epochs: number,
  random: RandomBits,
): Generator<{ place: number; annealed: number }> {
  let step = 0;
  let annealed = 1;
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const place of shuffled(places, random)) {
      yield { place, annealed };
      if (step % annealedEvery === 0) annealed = (1 - step / (places * epochs)) ** 2;
      step++;
    }
}
