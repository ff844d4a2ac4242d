import { PatchNormalisation } from '../patch-normalisation.js';
import type { PlaceScorer } from '../place-scorer.js';
import { frameOf, type Traverse } from '../traverse.js';
import { VprTempoModule, type VprTempoSettings } from './module.js';

/** As published, with the readout of the public code. */
export const vprTempoSettings: VprTempoSettings = {
  side: 28,
  patch: 7,
  epochs: 4,
  featuresPerInput: 2,
  learningRate: 0.005,
  thresholdRate: 0.15,
  placesPerModule: 1100,
  seed: 1,
  readout: 'linear',
};

/**
 * VPRTempo (Hines, Stratton, Milford, Fischer: arXiv 2309.10225, ICRA 2024): a network of one time step, whose spikes
 * are larger the earlier they come. Written from its equations.
 */
export function vprTempo(reference: Traverse, settings = vprTempoSettings): PlaceScorer {
  const { side, patch, placesPerModule } = settings;
  const front = new PatchNormalisation(reference.height, reference.width, { side, patch, gamma: true, lessPixels: 1 });
  const bytes = new Uint8Array(front.size);
  const picture = new Float32Array(front.size);
  const see = (frame: Uint8Array): boolean => {
    if (!front.normalise(frame, bytes)) return false;
    for (let pixel = 0; pixel < bytes.length; pixel++) picture[pixel] = (bytes[pixel] as number) / 255;
    return true;
  };
  const pictures = Array.from({ length: reference.frames }, (_, place) =>
    see(frameOf(reference, place)) ? picture.slice() : new Float32Array(front.size),
  );
  const count = Math.ceil(reference.frames / placesPerModule);
  const size = Math.ceil(reference.frames / count);
  const modules = Array.from(
    { length: count },
    (_, module) => new VprTempoModule(pictures.slice(module * size, (module + 1) * size), settings, module),
  );
  return {
    places: reference.frames,
    bytes: modules.reduce((sum, module) => sum + module.bytes, 0),
    begin: () => undefined,
    score: (frame, scores) => {
      const { length } = frameOf(reference, 0);
      if (frame.length !== length) throw new RangeError(`a frame of ${frame.length} pixels: places have ${length}`);
      if (!see(frame)) return false;
      modules.forEach((module, place) => {
        module.score(picture, scores.subarray(place * size, (place + 1) * size));
      });
      return true;
    },
  };
}
