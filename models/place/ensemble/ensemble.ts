import { RandomBits } from '../../../runtime/signal/random.js';
import type { PlaceScorer } from '../place-scorer.js';
import { shuffled } from '../random-draws.js';
import type { Traverse } from '../traverse.js';
import { PictureRates } from '../vprsnn/picture-rates.js';
import { PlaceNetwork } from '../vprsnn/place-network.js';

export interface EnsembleSettings {
  readonly placesPerModule: number;
  readonly neuronsPerPlace: number;
  readonly epochs: number;
  readonly shownMs: number;
  readonly thresholdRise: number;
  /** A neuron that fires at so many times as many pictures of the route as the mean neuron is hyperactive. */
  readonly hyperactive: number;
  /** One member each. */
  readonly seeds: readonly number[];
}

/**
 * Compact modules of 400 neurons for 25 places, as published. When a neuron is hyperactive is published as a number of
 * pictures, chosen by calibration on queries; here it follows from the route alone, by a ratio that was chosen on places
 * 1300 to 1799 of Nordland.
 */
export const ensembleSettings: EnsembleSettings = {
  placesPerModule: 25,
  neuronsPerPlace: 16,
  epochs: 50,
  shownMs: 350,
  thresholdRise: 0.05,
  hyperactive: 2,
  seeds: [1, 2, 3, 4, 5],
};

/**
 * Ensembles of compact, regularised spiking networks (Hussaini, Milford, Fischer: arXiv 2209.08723, ICRA 2023, and
 * 2311.13186, T-RO 2024). Each member shuffles the places into modules, each a network of its own, whose neurons that
 * respond to much of the whole route are silenced; scores of all members are summed. Written from its equations;
 * where the layer is not as published, `WinnerLayer` says so.
 */
export function ensemble(reference: Traverse, settings = ensembleSettings): PlaceScorer {
  const pictures = new PictureRates(reference.height, reference.width);
  const learned = pictures.all(reference);
  const modules = settings.seeds.flatMap((seed) => memberOf(learned, settings, seed));
  const scores = new Float32Array(settings.placesPerModule);
  return {
    places: reference.frames,
    bytes: modules.reduce((sum, { network }) => sum + network.bytes, 0),
    begin: () => undefined,
    score: (frame, sums) => {
      if (!pictures.see(frame)) return false;
      sums.fill(0, 0, reference.frames);
      for (const { places, network } of modules) {
        network.score(pictures.rates, scores);
        places.forEach((place, number) => {
          sums[place] = (sums[place] as number) + (scores[number] as number);
        });
      }
      return true;
    },
  };
}

interface Module {
  readonly places: readonly number[];
  readonly network: PlaceNetwork;
}

function memberOf(pictures: readonly Float32Array[], settings: EnsembleSettings, seed: number): Module[] {
  const random = new RandomBits(seed, 0);
  const order = shuffled(pictures.length, random);
  const modules: Module[] = [];
  for (let first = 0; first < order.length; first += settings.placesPerModule) {
    const places = order.slice(first, first + settings.placesPerModule);
    const network = new PlaceNetwork(
      places.map((place) => pictures[place] as Float32Array),
      { ...settings, neurons: settings.neuronsPerPlace * places.length },
      random,
    );
    modules.push({ places, network });
  }
  silenceHyperactive(modules, pictures, settings.hyperactive);
  return modules;
}

function silenceHyperactive(modules: readonly Module[], pictures: readonly Float32Array[], ratio: number): void {
  const fired = modules.map(({ network }) => network.firedAt(pictures));
  const neurons = fired.reduce((sum, { length }) => sum + length, 0);
  const mean = fired.reduce((sum, counts) => counts.reduce((part, count) => part + count, sum), 0) / neurons;
  fired.forEach((counts, module) => {
    counts.forEach((count, neuron) => {
      if (count > ratio * mean) modules[module]?.network.silence(neuron);
    });
  });
}
