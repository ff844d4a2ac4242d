/** Graded spikes of a frame: how they lie in an array, which is also how a row of the map lies. */
export interface SpikeLayout {
  /** Parts of `part` spikes, one after the other: horizontal gradient, vertical gradient; or one alone. */
  readonly parts: number;
  readonly rows: number;
  readonly columns: number;
  /** Spikes of one cell of a part, next to each other: brighter to the right, darker to the right. */
  readonly perCell: number;
}

export function spikesOf({ parts, rows, columns, perCell }: SpikeLayout): number {
  return parts * rows * columns * perCell;
}

/** Spikes lie from -7 to 7: four bits. */
export const mostSpike = 7;

/** Turns what one frame shows into spikes, and keeps what it must of earlier frames of the same traverse. */
export interface FrontEnd {
  readonly layout: SpikeLayout;
  /** Of the frame seen last. */
  readonly spikes: Int8Array;
  begin(): void;
  /** What a frame shows, before what was seen earlier is taken off; one number a spike. Changes nothing else. */
  look(frame: Uint8Array): Int32Array;
  /** The frame seen last showed what the one before it did: the robot stands. */
  readonly still: boolean;
  /**
   * `moved`: the place clock says that the robot has, so that the frame is not that of one that stands, however little it
   * differs from the one before. False: nothing in the frame stands out, and `spikes` are all 0. Throws RangeError for a
   * frame of another size.
   */
  see(frame: Uint8Array, moved?: boolean): boolean;
}

/**
 * spikes = values ÷ mean magnitude × 2, rounded to even, the second half of them × `weight`; false where all values are
 * 0. In single precision, as the kernels have it. `known`: how many of the values say something; the others are 0.
 */
export function toSpikes(values: Int32Array, weight: number, spikes: Int8Array, known = values.length): boolean {
  let sum = 0;
  for (let cell = 0; cell < values.length; cell++) sum += Math.abs(values[cell] as number);
  const scale = sum === 0 ? 0 : Math.fround((2 * known) / sum);
  const second = Math.fround(scale * weight);
  for (let cell = 0; cell < values.length; cell++) {
    const factor = 2 * cell < values.length ? scale : second;
    const graded = roundToEven(Math.fround((values[cell] as number) * factor));
    spikes[cell] = Math.max(-mostSpike, Math.min(mostSpike, graded));
  }
  return sum > 0;
}

/** Of a single precision number below 2²²: adding 1.5 × 2²³ leaves no bits for a fraction. */
function roundToEven(value: number): number {
  return Math.fround(Math.fround(value + 12582912) - 12582912);
}
