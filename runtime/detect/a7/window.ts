import { cos, logAll, sin } from '../../signal/math.js';

/** Times of A7 in samples at its rate of 100 Hz: a window of 0.3 s every 0.1 s. */
export const windowLength = 30;
export const windowStep = 10;

/** Places of a window's four features; the first two are standardised later. */
export const Feature = { relativePower: 0, covariance: 1, power: 2, correlation: 3 } as const;

/**
 * What A7 measures in a window of the signal and of its sigma band (11–16 Hz), both in microvolts at 100 Hz: log10 of the
 * power at 11–16 Hz over that at 4.5–30 Hz of the signal, at least −12; log10 of 1 + the covariance of the two, 0 where it
 * is negative; the mean square of sigma; the correlation of the two, 0 where one of them is flat.
 */
export class A7Window {
  /** By the places of `Feature`. */
  readonly features = new Float64Array(4);
  /** Real and imaginary parts of each frequency's factors, tapered by a Hann window. */
  readonly #real = new Float64Array(frequencies * windowLength);
  readonly #imaginary = new Float64Array(frequencies * windowLength);

  constructor() {
    for (let frequency = 0; frequency < frequencies; frequency++) {
      const turn = (2 * Math.PI * (firstHz + frequency * stepHz)) / 100;
      for (let n = 0; n < windowLength; n++) {
        const taper = 0.5 - 0.5 * cos((2 * Math.PI * n) / (windowLength - 1));
        this.#real[frequency * windowLength + n] = taper * cos(turn * n);
        this.#imaginary[frequency * windowLength + n] = taper * sin(turn * n);
      }
    }
  }

  /** Of the windows that begin at `first`; sets `features`. */
  measure(signal: Float64Array, sigma: Float64Array, first: number): void {
    let signalSum = 0;
    let sigmaSum = 0;
    let power = 0;
    for (let n = first; n < first + windowLength; n++) {
      const s = sigma[n] as number;
      signalSum += signal[n] as number;
      sigmaSum += s;
      power += s * s;
    }
    const signalMean = signalSum / windowLength;
    const sigmaMean = sigmaSum / windowLength;
    let signalSquares = 0;
    let sigmaSquares = 0;
    let products = 0;
    for (let n = first; n < first + windowLength; n++) {
      const x = (signal[n] as number) - signalMean;
      const s = (sigma[n] as number) - sigmaMean;
      signalSquares += x * x;
      sigmaSquares += s * s;
      products += x * s;
    }
    const { features } = this;
    features[Feature.power] = power / windowLength;
    features[Feature.covariance] = Math.max(0, products / (windowLength - 1)) + 1;
    features[Feature.correlation] = products === 0 ? 0 : products / Math.sqrt(signalSquares * sigmaSquares);
    this.#measureRelativePower(signal, first, signalMean);
    logAll(features, 2);
    features[0] = (features[0] as number) / ln10;
    features[1] = (features[1] as number) / ln10;
  }

  #measureRelativePower(signal: Float64Array, first: number, mean: number): void {
    let inside = 0;
    let all = 0;
    for (let frequency = 0; frequency < frequencies; frequency++) {
      const at = frequency * windowLength;
      let re = 0;
      let im = 0;
      for (let n = 0; n < windowLength; n++) {
        const x = (signal[first + n] as number) - mean;
        re += (this.#real[at + n] as number) * x;
        im += (this.#imaginary[at + n] as number) * x;
      }
      const power = re * re + im * im;
      all += power;
      if (frequency >= firstOfSigma && frequency <= lastOfSigma) inside += power;
    }
    this.features[Feature.relativePower] = inside > 1e-12 * all ? inside / all : 1e-12;
  }
}

/** The window is padded to two seconds, so frequencies stand half a hertz apart. Both ends of a band belong to it. */
const firstHz = 4.5;
const stepHz = 0.5;
const frequencies = (30 - firstHz) / stepHz + 1;
const firstOfSigma = (11 - firstHz) / stepHz;
const lastOfSigma = (16 - firstHz) / stepHz;
const ln10 = 2.302585092994046;
