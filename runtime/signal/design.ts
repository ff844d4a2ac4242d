import { cos, sin, tan } from './math.js';
import { bessel, butterworth, type BesselNorm } from './prototypes.js';
import { digitalFilter, toSections, type Band, type Sections } from './zeros-poles.js';

export type FilterFamily = 'butterworth' | 'bessel';

/**
 * Second-order sections of a causal filter. `order` is that of the low-pass prototype: a band-pass has twice as many
 * poles. Throws a `RangeError` that names option, value and fix.
 */
export function designSections(
  band: Band,
  rate: number,
  order: number,
  family: FilterFamily = 'butterworth',
  norm: BesselNorm = 'phase',
): Sections {
  checkBand(band, rate);
  if (!Number.isInteger(order) || order < 1 || order > 10) {
    throw new RangeError(`order: ${order} is not a whole number from 1 to 10. Use 2.`);
  }
  return toSections(digitalFilter(family === 'butterworth' ? butterworth(order) : bessel(order, norm), band, rate));
}

/** A notch of one section: width at −3 dB is `at` ÷ `quality`. */
export function designNotch(at: number, rate: number, quality: number): Sections {
  checkCorner('at', at, rate);
  if (!(quality > 0)) throw new RangeError(`quality: ${quality} is not above 0. Use 30.`);
  const w = (2 * Math.PI * at) / rate;
  const gain = 1 / (1 + tan(w / quality / 2));
  const middle = -2 * cos(w) * gain;
  return [[gain, middle, gain, 1, middle, 2 * gain - 1]];
}

/** Windowed-sinc FIR with a Hamming window, unity gain in its pass band: at 0 Hz, half the rate, or the band's middle. */
export function designFir(taps: number, band: Band, rate: number): Float64Array {
  checkBand(band, rate);
  if (!Number.isInteger(taps) || taps < 3 || taps > 8192) {
    throw new RangeError(`taps: ${taps} is not a whole number from 3 to 8192. Use 101.`);
  }
  const passesTop = band.type === 'highpass' || band.type === 'bandstop';
  if (passesTop && taps % 2 === 0) {
    throw new RangeError(`taps: ${taps} is even, which cannot pass half the sampling rate. Use ${taps + 1}.`);
  }
  const nyquist = rate / 2;
  const edges =
    band.type === 'lowpass'
      ? [[0, band.corner]]
      : band.type === 'highpass'
        ? [[band.corner, nyquist]]
        : band.type === 'bandpass'
          ? [[band.from, band.to]]
          : [
              [0, band.from],
              [band.to, nyquist],
            ];
  const coefficients = new Float64Array(taps);
  for (let n = 0; n < taps; n++) {
    const m = n - (taps - 1) / 2;
    let value = 0;
    for (const [from = 0, to = 0] of edges)
      value += (to / nyquist) * sinc((to / nyquist) * m) - (from / nyquist) * sinc((from / nyquist) * m);
    coefficients[n] = value * (0.54 - 0.46 * cos((2 * Math.PI * n) / (taps - 1)));
  }
  const [from = 0, to = 0] = edges[0] ?? [];
  const at = from === 0 ? 0 : to === nyquist ? 1 : (from + to) / 2 / nyquist;
  let gain = 0;
  for (let n = 0; n < taps; n++) gain += (coefficients[n] as number) * cos(Math.PI * (n - (taps - 1) / 2) * at);
  return coefficients.map((value) => value / gain);
}

function sinc(x: number): number {
  return x === 0 ? 1 : sin(Math.PI * x) / (Math.PI * x);
}

function checkBand(band: Band, rate: number): void {
  if ('corner' in band) {
    checkCorner('at', band.corner, rate);
    return;
  }
  checkCorner('from', band.from, rate);
  checkCorner('to', band.to, rate);
  if (band.from >= band.to) {
    throw new RangeError(`from: ${band.from} Hz is not below to (${band.to} Hz). Exchange them.`);
  }
}

function checkCorner(option: string, hertz: number, rate: number): void {
  if (!(hertz > 0)) throw new RangeError(`${option}: ${hertz} Hz is not above 0 Hz. Use more.`);
  if (!(hertz < rate / 2)) {
    throw new RangeError(
      `${option}: ${hertz} Hz is not below half the sampling rate (${rate / 2} Hz). Use less than ${rate / 2} Hz.`,
    );
  }
}
