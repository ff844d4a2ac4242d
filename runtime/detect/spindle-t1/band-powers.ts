import { atan2, cos, exp, sin } from '../../signal/math.js';

/** Resonators by their place: centre and half width at half power of one stage in Hz. */
export const bands = [
  { name: 's11', centre: 11.25, width: 1.3 },
  { name: 's12', centre: 12.25, width: 1.3 },
  { name: 's13', centre: 13.25, width: 1.3 },
  { name: 's14', centre: 14.25, width: 1.3 },
  { name: 's15', centre: 15.5, width: 1.3 },
  { name: 'sigma', centre: 13.25, width: 2.6 },
  { name: 'slow', centre: 0.8, width: 0.5 },
  { name: 'delta', centre: 2.5, width: 1.2 },
  { name: 'theta', centre: 5.5, width: 1.6 },
  { name: 'alpha', centre: 8.75, width: 1.4 },
  { name: 'beta', centre: 18.5, width: 2.2 },
  { name: 'highBeta', centre: 22.5, width: 2.2 },
] as const;

export type BandName = (typeof bands)[number]['name'];
export const bandCount = bands.length;
/** Place of each band in `BandPowers`. */
export const bandAt = Object.fromEntries(bands.map(({ name }, place) => [name, place])) as Record<BandName, number>;

/** Samples of 100 Hz in a frame. */
export const frameSamples = 5;

/**
 * Powers of twelve bands in frames of 50 ms, from a signal of 100 Hz in microvolts: a DC block of 0.3 Hz, then complex
 * resonators of two equal stages each, causal, every state zero at the start.
 */
export class BandPowers {
  /** Mean square of each band in the last frame, plus a floor, in µV². */
  readonly power = new Float64Array(bandCount);
  /** Of the sigma band at the end of the last frame, over about 0.15 s: frequency in Hz. */
  frequency = 0;
  /** Of the same: 0 for a pure tone, 1 for no order at all. */
  disorder = 0;
  /** Largest magnitude behind the DC block in the last frame, in microvolts. */
  peak = 0;
  /** Input weight, then real and imaginary part of the feedback, of each band. */
  readonly #gain = Float64Array.from(bands, ({ width }) => 1 - radius(width));
  readonly #re = Float64Array.from(bands, ({ centre, width }) => radius(width) * cos(turn(centre)));
  readonly #im = Float64Array.from(bands, ({ centre, width }) => radius(width) * sin(turn(centre)));
  /** Both stages of each band, real and imaginary. */
  readonly #state = new Float64Array(4 * bandCount);
  readonly #sum = new Float64Array(bandCount);
  /** Last input and output of the DC block. */
  readonly #block = new Float64Array(2);
  /** Averages of z[n] z*[n − 1] (real, imaginary) and |z[n]|² in the sigma band. */
  readonly #turning = new Float64Array(3);
  #samples = 0;
  #peak = 0;

  /** Takes `values[at]`; true if it completed a frame. */
  push(values: Float64Array, at: number): boolean {
    const state = this.#state;
    const sum = this.#sum;
    const block = this.#block;
    const x = values[at] as number;
    const y = x - (block[0] as number) + blockRadius * (block[1] as number);
    block[0] = x;
    block[1] = y;
    const sigma = 4 * bandAt.sigma;
    const lastRe = state[sigma + 2] as number;
    const lastIm = state[sigma + 3] as number;
    for (let band = 0, s = 0; band < bandCount; band++, s += 4) {
      const gain = this.#gain[band] as number;
      const re = this.#re[band] as number;
      const im = this.#im[band] as number;
      const oneRe = state[s] as number;
      const oneIm = state[s + 1] as number;
      const twoRe = state[s + 2] as number;
      const twoIm = state[s + 3] as number;
      const nextRe = gain * y + re * oneRe - im * oneIm;
      const nextIm = re * oneIm + im * oneRe;
      const zRe = gain * nextRe + re * twoRe - im * twoIm;
      const zIm = gain * nextIm + re * twoIm + im * twoRe;
      state[s] = nextRe;
      state[s + 1] = nextIm;
      state[s + 2] = zRe;
      state[s + 3] = zIm;
      sum[band] = (sum[band] as number) + zRe * zRe + zIm * zIm;
    }
    const zRe = state[sigma + 2] as number;
    const zIm = state[sigma + 3] as number;
    const turning = this.#turning;
    const re = turning[0] as number;
    const im = turning[1] as number;
    const size = turning[2] as number;
    turning[0] = re + turningWeight * (zRe * lastRe + zIm * lastIm - re);
    turning[1] = im + turningWeight * (zIm * lastRe - zRe * lastIm - im);
    turning[2] = size + turningWeight * (zRe * zRe + zIm * zIm - size);
    this.#peak = Math.max(this.#peak, Math.abs(y));
    if (++this.#samples < frameSamples) return false;
    this.#finish();
    return true;
  }

  reset(): void {
    this.#state.fill(0);
    this.#sum.fill(0);
    this.#block.fill(0);
    this.#turning.fill(0);
    this.#samples = 0;
    this.#peak = 0;
  }

  #finish(): void {
    for (let band = 0; band < bandCount; band++)
      this.power[band] = (this.#sum[band] as number) / frameSamples + powerFloor;
    this.#sum.fill(0);
    this.#samples = 0;
    this.peak = this.#peak;
    this.#peak = 0;
    const re = this.#turning[0] as number;
    const im = this.#turning[1] as number;
    this.frequency = (atan2(im, re) * 100) / (2 * Math.PI);
    this.disorder = 1 - Math.sqrt(re * re + im * im) / ((this.#turning[2] as number) + 1e-6);
  }
}

/** Of a stage of half width `hertz`. */
function radius(hertz: number): number {
  return exp((-2 * Math.PI * hertz) / 100);
}

/** Radians a sample. */
function turn(hertz: number): number {
  return (2 * Math.PI * hertz) / 100;
}

const blockRadius = radius(0.3);
const powerFloor = 0.001;
const turningWeight = 1 - exp(-1 / 15);
