import { axondPlace } from './axond-place.js';
import type { PlaceMethod } from './place-scorer.js';
import { sumOfAbsoluteDifferences } from './sad.js';
import type { PlaceSensor } from './sensor.js';

export { placeSensors, type PlaceSensor } from './sensor.js';

/** By the names of the command line. */
export const placeMethods: Readonly<Record<string, (sensor: PlaceSensor) => PlaceMethod>> = {
  sad: () => sumOfAbsoluteDifferences,
  'axond-place': axondPlace,
};
