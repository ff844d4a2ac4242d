/**
 * Where pulses begin in one channel, to a fraction of a sample. Pure. The beginning of a pulse is where its first swing
 * passes half of its height: behind a converter whose filter is symmetrical, an edge passes there at its own time, in
 * the same sample time as the signal of an electrode.
 */
export interface Onsets {
  /** In samples from the first value. */
  readonly at: readonly number[];
  /** Height of the pulses, in the unit of the values; 0 where there are none. */
  readonly height: number;
  /** Standard deviation of what is between them, by their median. */
  readonly noise: number;
}

/**
 * `values` with NaN where nothing is known. After the beginning of a pulse another one is seen once the signal has been
 * near its baseline for 20 ms, and `pulseSeconds` are over.
 */
export function findOnsets(values: Float64Array, rate: number, pulseSeconds: number, resolution: number): Onsets {
  const flat = withoutBaseline(values, rate);
  const sizes = Float64Array.from(
    flat.filter((value) => !Number.isNaN(value)),
    Math.abs,
  ).sort();
  // Pulses take a few per cent of the time: the median is noise, and the top hundredth is pulses.
  const noise = Math.max(1.4826 * quantile(sizes, 0.5), resolution);
  const height = quantile(sizes, 0.99);
  if (!(height >= leastHeight * noise)) return { at: [], height: 0, noise };
  const at: number[] = [];
  const quietSamples = Math.max(1, Math.round(quietSeconds * rate));
  let quiet = 0;
  let ready = false;
  let earliest = 0;
  for (let place = 0; place < flat.length; place++) {
    const size = Math.abs(flat[place] as number);
    quiet = size < height / 4 ? quiet + 1 : 0;
    if (quiet >= quietSamples) ready = true;
    if (Number.isNaN(size)) ready = false; // what stands behind a hole may have begun in it
    if (!ready || !(size >= height / 2) || place < earliest) continue;
    const onset = edge(flat, place);
    if (!Number.isNaN(onset)) at.push(onset);
    earliest = place + Math.round(pulseSeconds * rate);
    ready = false;
  }
  return { at, height, noise };
}

/** Less the median of each second, joined by lines. */
function withoutBaseline(values: Float64Array, rate: number): Float64Array {
  const block = Math.max(8, Math.round(rate));
  const count = Math.max(1, Math.floor(values.length / block));
  const middles = new Float64Array(count);
  for (let place = 0; place < count; place++) {
    const end = place === count - 1 ? values.length : (place + 1) * block;
    const sorted = values
      .slice(place * block, end)
      .filter((value) => !Number.isNaN(value))
      .sort();
    middles[place] = sorted.length > 0 ? quantile(sorted, 0.5) : (middles[place - 1] ?? 0);
  }
  return values.map((value, place) => {
    const x = Math.min(Math.max(place / block - 0.5, 0), count - 1);
    const left = Math.min(Math.floor(x), Math.max(0, count - 2));
    const from = middles[left] as number;
    return value - from - (x - left) * ((middles[left + 1] ?? from) - from);
  });
}

/** Half of the first swing's height, between the samples around it; NaN if a hole is too near. */
function edge(flat: Float64Array, first: number): number {
  const sign = (flat[first] as number) < 0 ? -1 : 1;
  const value = (place: number): number => sign * (flat[place] ?? NaN);
  let top = value(first);
  for (let place = first + 1; place <= first + swingSamples && value(place) > top; place++) top = value(place);
  let right = first;
  while (value(right - 1) >= top / 2) right--;
  while (value(right) < top / 2) right++;
  return crossing(value(right - 2), value(right - 1), value(right), value(right + 1), top / 2) + right - 1;
}

/** Where the cubic through four values passes a level, from 0 at the second to 1 at the third. */
function crossing(a: number, b: number, c: number, d: number, level: number): number {
  let low = 0;
  let high = 1;
  for (let round = 0; round < 40; round++) {
    const x = (low + high) / 2;
    const value =
      (-a * x * (x - 1) * (x - 2)) / 6 +
      (b * (x + 1) * (x - 1) * (x - 2)) / 2 -
      (c * (x + 1) * x * (x - 2)) / 2 +
      (d * (x + 1) * x * (x - 1)) / 6;
    if (Number.isNaN(value)) return NaN;
    if (value < level) low = x;
    else high = x;
  }
  return (low + high) / 2;
}

/** Of sorted values; 0 of none. */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  if (sorted.length === 0) return 0;
  const x = part * (sorted.length - 1);
  const left = Math.floor(x);
  const from = sorted[left] as number;
  return from + (x - left) * ((sorted[left + 1] ?? from) - from);
}

/** Pulses are this many standard deviations of the noise high, so that half their height is far above it. */
const leastHeight = 10;
const quietSeconds = 0.02;
/** An edge behind the filter of a sigma-delta converter takes three samples. */
const swingSamples = 3;
