import { bands, type BandName } from '../../detect/spindle-t1/band-powers.js';
import { fourier } from '../zero-phase.js';

/** Power spectra of a night, epoch by epoch, from what is known before any stimulus alone. */

export const epochSeconds = 30;
/** From 0 Hz in steps of a quarter of a hertz. */
export const spectrumBins = 121;

/**
 * Windows of four seconds with a Hann taper, seven an epoch. One that lacks a frame, that is flat, or that lies within
 * `quietSeconds` behind a stimulus does not count: so nothing here depends on what a stimulus has done.
 */
export class EpochSpectra {
  /** By epoch: mean power density in units² a hertz, `spectrumBins` of them; undefined where no window counts. */
  readonly spectra: (Float64Array | undefined)[] = [];
  /**
   * By epoch: depth of sleep in octaves as `SleepRule` understands it, the median of its windows. Where stimuli leave none,
   * that of the epoch before, for five minutes; NaN where nothing is known.
   */
  readonly depths: number[] = [];
  readonly #rate: number;
  readonly #epoch: number;
  readonly #window: Float64Array;
  readonly #taper: Float64Array;
  readonly #masked: readonly number[];
  readonly #quiet: number;
  #masks = 0;
  /** Windows of the epoch that count, but for a stimulus. */
  #left = 0;
  /** Depth of the newest epoch that has one of its own. */
  #last = { epoch: -Infinity, depth: NaN };
  #filled = 0;
  #windows: { readonly density: Float64Array; readonly depth: number }[] = [];
  #current = 0;

  /** `stimuli` are the places of all stimuli in frames from the first, sorted. */
  constructor(rate: number, stimuli: readonly number[], quietSeconds = 3) {
    this.#rate = rate;
    this.#epoch = Math.round(epochSeconds * rate);
    const length = Math.round(4 * rate);
    this.#window = new Float64Array(length);
    this.#taper = Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
    this.#masked = stimuli;
    this.#quiet = quietSeconds * rate;
  }

  /** `values[0 … length)` are frames from `first` on; calls go forwards, holes between them are lost frames. */
  push(values: Float64Array, length: number, first: number): void {
    const size = this.#window.length;
    for (let n = 0; n < length; n++) {
      const frame = first + n;
      const epoch = Math.floor(frame / this.#epoch);
      if (epoch !== this.#current) this.#finishUpTo(epoch);
      const place = (frame - epoch * this.#epoch) % size;
      // A window begins anew; one that lacks a frame never fills.
      if (place === 0) this.#filled = 0;
      this.#window[place] = values[n] as number;
      if (place !== this.#filled++) this.#filled = -size;
      if (this.#filled === size) this.#take(frame + 1 - size);
    }
  }

  /** No frame comes any more. */
  finish(): void {
    this.#finishUpTo(this.#current + 1);
  }

  #take(start: number): void {
    const size = this.#window.length;
    let stimulus = this.#masked[this.#masks];
    while (stimulus !== undefined && stimulus + this.#quiet <= start) stimulus = this.#masked[++this.#masks];
    if (stimulus !== undefined && stimulus < start + size) {
      this.#left++;
      return;
    }
    const density = this.#density();
    if (!density) return;
    const level = (band: BandName): number => Math.log2(bandPower(density, band));
    const slow = (level('delta') + level('theta')) / 2;
    const fast = (level('alpha') + level('beta')) / 2;
    this.#windows.push({ density, depth: slow - fast });
  }

  /** Undefined of a flat window. */
  #density(): Float64Array | undefined {
    const window = this.#window;
    const size = window.length;
    const mean = window.reduce((sum, value) => sum + value, 0) / size;
    const re = window.map((value, n) => (value - mean) * (this.#taper[n] as number));
    const im = new Float64Array(size);
    const weight = this.#taper.reduce((sum, value) => sum + value * value, 0);
    if (!(re.reduce((sum, value) => sum + value * value, 0) > 0)) return undefined;
    fourier(re, im);
    return Float64Array.from({ length: Math.min(spectrumBins, size >> 1) }, (_, k) => {
      const power = (re[k] as number) ** 2 + (im[k] as number) ** 2;
      return (2 * power) / (this.#rate * weight);
    });
  }

  #finishUpTo(epoch: number): void {
    const windows = this.#windows;
    const [first] = windows;
    const sum = first && new Float64Array(first.density.length);
    if (sum)
      for (const { density } of windows)
        for (let k = 0; k < sum.length; k++) sum[k] = (sum[k] as number) + (density[k] as number) / windows.length;
    this.spectra[this.#current] = sum;
    const depths = windows.map(({ depth }) => depth).sort((a, b) => a - b);
    const depth = depths[depths.length >> 1];
    if (depth !== undefined) this.#last = { epoch: this.#current, depth };
    const isHeld = this.#left > 0 && this.#current - this.#last.epoch <= heldEpochs;
    this.depths[this.#current] = depth ?? (isHeld ? this.#last.depth : NaN);
    this.#left = 0;
    for (let none = this.#current + 1; none < epoch; none++) {
      this.spectra[none] = undefined;
      this.depths[none] = NaN;
    }
    this.#windows = [];
    this.#filled = 0;
    this.#current = epoch;
  }
}

const heldEpochs = 10;

/** What a resonator of `BandPowers` would give of it, but for a factor that all bands share. */
function bandPower(density: Float64Array, name: BandName): number {
  const { centre, width } = bands.find((band) => band.name === name) ?? { centre: NaN, width: NaN };
  return density.reduce((sum, power, k) => sum + power / (1 + ((k / 4 - centre) / width) ** 2) ** 2, 0);
}
