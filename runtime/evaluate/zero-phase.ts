import { SectionFilter } from '../signal/section-filter.js';
import type { Sections } from '../signal/zeros-poles.js';

/** Offline only: both use the future. Equal to SciPy's `sosfiltfilt` and `hilbert` to rounding. */

/** Forward and backward: zero phase. Both ends are continued by point reflection and begin in their steady state. */
export function filterBothWays(sections: Sections, x: Float64Array): Float64Array {
  const atZero = (place: 2 | 5): number => sections.filter((section) => section[place] === 0).length;
  const pad = 3 * (2 * sections.length + 1 - Math.min(atZero(2), atZero(5)));
  if (x.length <= pad) throw new RangeError(`${x.length} samples are too few to filter: more than ${pad} are needed.`);
  const first = x[0] as number;
  const last = x.at(-1) as number;
  const extended = new Float64Array(x.length + 2 * pad);
  extended.set(x, pad);
  for (let i = 1; i <= pad; i++) {
    extended[pad - i] = 2 * first - (x[i] as number);
    extended[pad + x.length - 1 + i] = 2 * last - (x[x.length - 1 - i] as number);
  }
  for (let way = 0; way < 2; way++) {
    fromSteadyState(sections, extended);
    extended.reverse();
  }
  return extended.slice(pad, pad + x.length);
}

/** As if the first value had always been there: the step response of it is taken off. */
function fromSteadyState(sections: Sections, values: Float64Array): void {
  const start = values[0] as number;
  const filter = new SectionFilter(
    () => sections,
    () => 0,
  );
  filter.prepare({ rate: 1, unit: '' });
  const end = sections.reduce((gain, [b0, b1, b2, a0, a1, a2]) => (gain * (b0 + b1 + b2)) / (a0 + a1 + a2), start);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) - start;
  filter.process(values, values.length, values);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + end;
}

/** The Hilbert transform: imaginary part of the analytic signal, periodic at the ends. */
export function hilbert(x: Float64Array): Float64Array {
  const n = x.length;
  const re = Float64Array.from(x);
  const im = new Float64Array(n);
  fourier(re, im);
  // Conjugated on the way, so that the same transform leads back.
  for (let k = 0; k < n; k++) {
    const weight = k === 0 || 2 * k === n ? 1 : 2 * k < n ? 2 : 0;
    re[k] = ((re[k] as number) * weight) / n;
    im[k] = (-(im[k] as number) * weight) / n;
  }
  fourier(re, im);
  return im.map((value) => -value);
}

/** Discrete Fourier transform of re + i im in place, for any length; quick where it has small factors, as whole seconds do. */
export function fourier(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / n);
    sin[k] = -Math.sin((2 * Math.PI * k) / n);
  }
  const fromRe = Float64Array.from(re);
  const fromIm = Float64Array.from(im);

  /** Of the `length` values from `at` in steps of `step`, into `out` and following. */
  const part = (at: number, step: number, length: number, out: number): void => {
    if (length === 1) {
      re[out] = fromRe[at] as number;
      im[out] = fromIm[at] as number;
      return;
    }
    const factor = smallestFactor(length);
    const rest = length / factor;
    for (let branch = 0; branch < factor; branch++) part(at + branch * step, step * factor, rest, out + branch * rest);
    const x = new Float64Array(factor);
    const y = new Float64Array(factor);
    for (let k = 0; k < rest; k++) {
      for (let to = 0; to < factor; to++) {
        let sumRe = 0;
        let sumIm = 0;
        for (let branch = 0; branch < factor; branch++) {
          const turn = (((branch * (k + to * rest)) % length) * n) / length;
          const a = re[out + branch * rest + k] as number;
          const b = im[out + branch * rest + k] as number;
          sumRe += a * (cos[turn] as number) - b * (sin[turn] as number);
          sumIm += a * (sin[turn] as number) + b * (cos[turn] as number);
        }
        x[to] = sumRe;
        y[to] = sumIm;
      }
      for (let to = 0; to < factor; to++) {
        re[out + to * rest + k] = x[to] as number;
        im[out + to * rest + k] = y[to] as number;
      }
    }
  };
  part(0, 1, n, 0);
}

function smallestFactor(n: number): number {
  for (let factor = 2; factor * factor <= n; factor++) if (n % factor === 0) return factor;
  return n;
}
