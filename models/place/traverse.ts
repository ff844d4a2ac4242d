/** Grey frames of one drive, all of a size, in the order in which they were taken. */
export interface Traverse {
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  /** Frame by frame, row by row. */
  readonly pixels: Uint8Array;
}

export function frameOf({ pixels, height, width }: Traverse, frame: number): Uint8Array {
  return pixels.subarray(frame * height * width, (frame + 1) * height * width);
}

/** The frames `order[0], order[1], …` of a traverse, as another one: a stretch of it, backwards, at another pace. */
export function reordered(traverse: Traverse, order: readonly number[]): Traverse {
  const size = traverse.height * traverse.width;
  const pixels = new Uint8Array(order.length * size);
  order.forEach((frame, place) => {
    if (frame < 0 || frame >= traverse.frames) throw new RangeError(`frame ${frame} is not one of ${traverse.frames}`);
    pixels.set(frameOf(traverse, frame), place * size);
  });
  return { ...traverse, frames: order.length, pixels };
}
