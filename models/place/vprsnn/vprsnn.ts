import { RandomBits } from '../../../runtime/signal/random.js';
import type { PlaceScorer } from '../place-scorer.js';
import type { Traverse } from '../traverse.js';
import { PictureRates } from './picture-rates.js';
import { PlaceNetwork } from './place-network.js';

export interface VprSnnSettings {
  readonly neuronsPerPlace: number;
  readonly epochs: number;
  readonly shownMs: number;
  readonly thresholdRise: number;
  readonly seed: number;
}

/** As published: 400 neurons for 100 places. */
export const vprSnnSettings: VprSnnSettings = {
  neuronsPerPlace: 4,
  epochs: 20,
  shownMs: 350,
  thresholdRise: 0.05,
  seed: 1,
};

/**
 * VPRSNN (Hussaini, Milford, Fischer: arXiv 2109.06452, RA-L 2022): one layer in which winners take all learns all
 * places, and weighted neuronal assignment reads it. Written from its equations; where the layer is not as published,
 * `WinnerLayer` says so. It learns from one drive, where the published one takes two.
 */
export function vprSnn(reference: Traverse, settings = vprSnnSettings): PlaceScorer {
  const pictures = new PictureRates(reference.height, reference.width);
  const network = new PlaceNetwork(
    pictures.all(reference),
    { ...settings, neurons: settings.neuronsPerPlace * reference.frames },
    new RandomBits(settings.seed, 0),
  );
  return {
    places: reference.frames,
    bytes: network.bytes,
    begin: () => undefined,
    score: (frame, scores) => {
      if (!pictures.see(frame)) return false;
      network.score(pictures.rates, scores);
      return true;
    },
  };
}
