/** Power spectra for the tests, written for them alone. */

/** One-sided power density in units² a hertz of one Hann window, mean removed; bin k is at k × rate ÷ length. */
export function powerDensity(signal: Float64Array, start: number, length: number, rate: number): Float64Array {
  const real = new Float64Array(length);
  const imaginary = new Float64Array(length);
  let mean = 0;
  for (let i = 0; i < length; i++) mean += (signal[start + i] as number) / length;
  let weight = 0;
  for (let i = 0; i < length; i++) {
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length);
    real[i] = hann * ((signal[start + i] as number) - mean);
    weight += hann * hann;
  }
  transform(real, imaginary);
  return Float64Array.from({ length: length / 2 }, (_, k) => {
    const power = (real[k] as number) ** 2 + (imaginary[k] as number) ** 2;
    return (2 * power) / (rate * weight);
  });
}

/** Fourier transform in place; the length is a power of two. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j] as number, real[i] as number];
      [imaginary[i], imaginary[j]] = [imaginary[j] as number, imaginary[i] as number];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    for (let k = 0; k < size / 2; k++) {
      const [c, s] = [Math.cos((-2 * Math.PI * k) / size), Math.sin((-2 * Math.PI * k) / size)];
      for (let at = k; at < n; at += size) {
        const other = at + size / 2;
        const re = (real[other] as number) * c - (imaginary[other] as number) * s;
        const im = (real[other] as number) * s + (imaginary[other] as number) * c;
        real[other] = (real[at] as number) - re;
        imaginary[other] = (imaginary[at] as number) - im;
        real[at] = (real[at] as number) + re;
        imaginary[at] = (imaginary[at] as number) + im;
      }
    }
  }
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  return below + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] as number) - below);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
