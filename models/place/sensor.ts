/**
 * What takes the frames; it decides what may be kept from one frame to the next. `grey` and `events` are drives;
 * `unordered` are single pictures, each for itself.
 */
export const placeSensors = ['grey', 'events', 'unordered'] as const;
export type PlaceSensor = (typeof placeSensors)[number];
