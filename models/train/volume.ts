/**
 * Extent of a value in training: channels last, elements in the order [height][width][channels], so that the channels of
 * one place lie together. A sequence has height 1, a vector height and width 1.
 */
export interface Volume {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Rows and columns of a window, or what applies to each of the two axes. */
export type Pair = readonly [number, number];

export function elementsOf({ height, width, channels }: Volume): number {
  return height * width * channels;
}

/** What remains of a volume when windows that do not overlap become one element each; a remainder is dropped. */
export function pooled({ height, width, channels }: Volume, [rows, columns]: Pair): Volume {
  return { height: Math.floor(height / rows), width: Math.floor(width / columns), channels };
}

/** Elements in the order [channels][height][width], as model files and engines have them. */
export function channelsFirst(source: Uint8Array, { height, width, channels }: Volume, target: Uint8Array): void {
  const places = height * width;
  for (let place = 0; place < places; place++)
    for (let c = 0; c < channels; c++) target[c * places + place] = source[place * channels + c] as number;
}

/** The reverse of channelsFirst. */
export function channelsLast(source: Uint8Array, { height, width, channels }: Volume, target: Uint8Array): void {
  const places = height * width;
  for (let place = 0; place < places; place++)
    for (let c = 0; c < channels; c++) target[place * channels + c] = source[c * places + place] as number;
}
