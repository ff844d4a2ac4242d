/** Least squares over values that were taken every so many seconds, after the first hour of them if there are more. */
export function growthPerHour(values: readonly number[], everySeconds: number): number {
  const skipped = Math.min(3600 / everySeconds, Math.floor(values.length / 3));
  const later = values.slice(skipped);
  const mean = later.reduce((sum, value) => sum + value, 0) / later.length;
  const middle = (later.length - 1) / 2;
  const slope =
    later.reduce((sum, value, place) => sum + (place - middle) * (value - mean), 0) /
    later.reduce((sum, _, place) => sum + (place - middle) ** 2, 0);
  return (slope * 3600) / everySeconds;
}
