import { cos, sin } from '../../signal/math.js';
import { bandGain, waveSpectrum } from './deep-sleep.js';

/** The newest value's tap first; `re` and `im` give the real and the imaginary part of the analytic signal. */
export interface AnalyticTaps {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * The linear estimate of the zero-phase 0.5–2 Hz analytic signal, `aheadSeconds` after the newest value (negative:
 * before it), that is best in the mean square for the spectrum of deep sleep: taps w solve R w = p, with R the
 * autocovariance of the signal and p its covariance with what is wanted. Two things are asked for besides: a constant
 * offset adds nothing, whatever its size, and a steady sine of 1 Hz keeps its amplitude (a mean-square estimate is
 * smaller the less sure it is). `rate` in values a second.
 */
export function designAnalytic(rate: number, aheadSeconds: number, count: number): AnalyticTaps {
  // Fine enough that the covariance has not begun to repeat within the taps.
  const step = 0.05;
  const highest = Math.min(25, rate / 2);
  const hertz = Array.from({ length: Math.floor(highest / step) }, (_, place) => (place + 0.5) * step);
  const power = waveSpectrum(hertz);

  const autocovariance = new Float64Array(count);
  const re = new Float64Array(count);
  const im = new Float64Array(count);
  hertz.forEach((frequency, place) => {
    const density = power[place] as number;
    const wanted = density * bandGain(frequency);
    const turn = (2 * Math.PI * frequency) / rate;
    const [stepX, stepY] = [cos(turn), sin(turn)];
    const [aheadX, aheadY] = [cos(turn * rate * aheadSeconds), sin(turn * rate * aheadSeconds)];
    // The angle of each tap by turning that of the last: a hundred times, so rounding does not matter.
    let x = 1;
    let y = 0;
    for (let tap = 0; tap < count; tap++) {
      autocovariance[tap] = (autocovariance[tap] as number) + density * x;
      re[tap] = (re[tap] as number) + wanted * (x * aheadX - y * aheadY);
      im[tap] = (im[tap] as number) + wanted * (x * aheadY + y * aheadX);
      const turned = x * stepX - y * stepY;
      y = x * stepY + y * stepX;
      x = turned;
    }
  });
  autocovariance[0] = (autocovariance[0] as number) * (1 + 1e-6);

  const ones = new Float64Array(count).fill(1);
  solveToeplitz(autocovariance, [re, im, ones]);
  const onesSum = sumOf(ones);
  for (const taps of [re, im]) {
    const share = sumOf(taps) / onesSum;
    for (let tap = 0; tap < count; tap++) taps[tap] = (taps[tap] as number) - share * (ones[tap] as number);
  }
  const gain = 2 / gainAt(1, rate, re, im);
  return { re: re.map((tap) => tap * gain), im: im.map((tap) => tap * gain) };
}

/** Of e^(+jωt), by the complex taps. */
function gainAt(hertz: number, rate: number, re: Float64Array, im: Float64Array): number {
  let x = 0;
  let y = 0;
  for (let tap = 0; tap < re.length; tap++) {
    const angle = (2 * Math.PI * hertz * tap) / rate;
    x += (re[tap] as number) * cos(angle) + (im[tap] as number) * sin(angle);
    y += (im[tap] as number) * cos(angle) - (re[tap] as number) * sin(angle);
  }
  return Math.sqrt(x * x + y * y);
}

/** Solves A x = b in place for each right side; A is symmetric, positive and constant along its diagonals. */
function solveToeplitz(diagonals: Float64Array, rightSides: readonly Float64Array[]): void {
  const n = diagonals.length;
  // Lower triangle L with A = L Lᵀ, row by row.
  const rows: Float64Array[] = [];
  for (let i = 0; i < n; i++) {
    const row = new Float64Array(i + 1);
    for (let j = 0; j <= i; j++) {
      const other = j === i ? row : (rows[j] as Float64Array);
      let sum = diagonals[i - j] as number;
      for (let k = 0; k < j; k++) sum -= (row[k] as number) * (other[k] as number);
      row[j] = j === i ? Math.sqrt(sum) : sum / (other[j] as number);
    }
    rows.push(row);
  }
  for (const x of rightSides) {
    for (let i = 0; i < n; i++) {
      const row = rows[i] as Float64Array;
      let sum = x[i] as number;
      for (let k = 0; k < i; k++) sum -= (row[k] as number) * (x[k] as number);
      x[i] = sum / (row[i] as number);
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i] as number;
      for (let k = i + 1; k < n; k++) sum -= ((rows[k] as Float64Array)[i] as number) * (x[k] as number);
      x[i] = sum / ((rows[i] as Float64Array)[i] as number);
    }
  }
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
