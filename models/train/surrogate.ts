/**
 * A spike is a step; training puts another derivative in its place. Functions of the normalised membrane m and of the
 * value at which it fires.
 */
export interface Surrogate {
  readonly fire: (m: number, threshold: number) => number;
  readonly slope: (m: number) => number;
}

/** DIET-SNN and IIR-SNN: m = u ÷ V − 1 fires above 0, slope 0.3 · max(0, 1 − |m|). */
export const triangle: Surrogate = {
  fire: (m, threshold) => (m > threshold ? 1 : 0),
  slope: (m) => 0.3 * Math.max(0, 1 - Math.abs(m)),
};

/** Hoyer: z = u ÷ |v| fires at or above the extremum, slope ½ between 0 and 2. */
export const box: Surrogate = {
  fire: (z, threshold) => (z >= threshold ? 1 : 0),
  slope: (z) => (z > 0 && z < 2 ? 0.5 : 0),
};
