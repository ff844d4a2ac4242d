/** Statistics of angles in degrees. */

export interface CircularScore {
  readonly n: number;
  /** −180 to 180. */
  readonly mean: number | null;
  /** Length of the mean unit vector, 0 to 1. */
  readonly r: number | null;
  /** √(−2 ln r), in degrees. */
  readonly sd: number | null;
}

/** Null where there are no angles. */
export function circularScore(degrees: readonly number[]): CircularScore {
  const n = degrees.length;
  if (n === 0) return { n, mean: null, r: null, sd: null };
  let x = 0;
  let y = 0;
  for (const angle of degrees) {
    x += Math.cos((angle * Math.PI) / 180);
    y += Math.sin((angle * Math.PI) / 180);
  }
  const r = Math.min(1, Math.hypot(x, y) / n);
  return { n, mean: (Math.atan2(y, x) * 180) / Math.PI, r, sd: (Math.sqrt(-2 * Math.log(r)) * 180) / Math.PI };
}

/** Share of angles not farther than `limit` from `target`; null of none. */
export function shareWithin(degrees: readonly number[], target: number, limit: number): number | null {
  if (degrees.length === 0) return null;
  return degrees.filter((angle) => Math.abs(wrap(angle - target)) <= limit).length / degrees.length;
}

/** The same angle from −180 up to 180. */
export function wrap(degrees: number): number {
  return degrees - 360 * Math.round(degrees / 360);
}
