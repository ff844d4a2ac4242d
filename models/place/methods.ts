import type { PlaceMethod } from './place-scorer.js';
import { sumOfAbsoluteDifferences } from './sad.js';

/** What takes the frames: it decides what may be kept from one frame to the next. */
export const placeSensors = ['grey', 'events', 'unordered'] as const;
export type PlaceSensor = (typeof placeSensors)[number];

/** By the names of the command line. `grey` and `events` are drives; `unordered` are single pictures. */
export const placeMethods: Readonly<Record<string, (sensor: PlaceSensor) => PlaceMethod>> = {
  sad: () => sumOfAbsoluteDifferences,
};
