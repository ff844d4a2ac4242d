import { axondPlace } from './axond-place.js';
import {
  blockNormalisedDifferences,
  frameNormalisedDifferences,
  sumOfAbsoluteDifferences,
  windowNormalisedDifferences,
} from './baselines/mean-difference.js';
import { localContrast } from './baselines/seqslam.js';
import { ensemble } from './ensemble/ensemble.js';
import { readPlaceKernels } from './kernels-file.js';
import type { PlaceMethod } from './place-scorer.js';
import type { PlaceSensor } from './sensor.js';
import { vprSnn } from './vprsnn/vprsnn.js';
import { vprTempo } from './vprtempo/vprtempo.js';

export { placeSensors, type PlaceSensor } from './sensor.js';

/** By the names of the command line. */
export const placeMethods: Readonly<Record<string, (sensor: PlaceSensor) => PlaceMethod>> = {
  'axond-place': (sensor) => axondPlace(sensor, readPlaceKernels()),
  'axond-place-small': (sensor) => axondPlace(sensor, readPlaceKernels(), { size: 'small' }),
  'axond-place-recall': (sensor) => axondPlace(sensor, readPlaceKernels(), { recall: true }),
  sad: () => sumOfAbsoluteDifferences,
  pn8: () => blockNormalisedDifferences,
  pn7: () => windowNormalisedDifferences,
  standardised: () => frameNormalisedDifferences,
  seqslam: () => localContrast,
  vprtempo: () => vprTempo,
  vprsnn: () => vprSnn,
  ensemble: () => ensemble,
};

/** Methods that take the drives of a camera alone. */
export const cameraMethods: ReadonlySet<string> = new Set(['axond-place-recall']);

/** What any other method has to beat, by the sensor that they are meant for. */
export const baselinesOf: Readonly<Record<PlaceSensor, readonly string[]>> = {
  grey: ['sad', 'pn8', 'pn7', 'seqslam'],
  events: ['sad', 'standardised'],
  unordered: ['sad', 'pn8', 'pn7'],
};
