import { FrameFlag, type SampleBlock } from '../contracts.js';

/** The alternating current by which an amplifier measures its electrodes: of the ADS1299's lead-off detection. */
export const testHertz = 31.25;
export const testAmperes = 6e-9;
/** Microvolts. Of 31 Hz there is little in an EEG: what is below it may be anything. */
export const hearable = 3;

export interface MeterChannel {
  /** Place in the stream. */
  readonly place: number;
  /** Microvolts a count. */
  readonly scale: number;
  readonly railCounts: number;
}

export interface MeterSetting {
  /** Frames a second. */
  readonly rate: number;
  readonly channels: readonly MeterChannel[];
  /** Ohms between the electrode's plug and the chip, which are no part of the electrode. */
  readonly seriesOhms: number;
  /** What is left of the test tone where frames are means of several samples. */
  readonly toneGain: number;
}

/**
 * Impedances from the tone that the test current leaves in the signal, a window of 32 of its periods after the other. Pure.
 *
 * Amplitude over current, less the resistor in series: sqrt(2) × rms ÷ 6 nA, as OpenBCI's own programs reckon. The current
 * of a chip is within 20 % of 6 nA, and is no sine: figures tell a good electrode from a bad one, not 5 kΩ from 5.5.
 */
export class ImpedanceMeter {
  /**
   * Of the last whole window, in the order of the channels; NaN before it and where no test current was heard in it,
   * Infinity where the input is at its rail.
   */
  readonly ohms: Float64Array;
  /** Microvolts of the tone, amplitude. */
  readonly tone: Float64Array;
  /** Whole windows since the start. */
  windows = 0;
  readonly #setting: MeterSetting;
  /** Microvolts that a current leaves behind whatever the electrode: half of what it does in the resistor in series. */
  readonly #least: number;
  readonly #length: number;
  /** Cosine and sine of the tone under a Hann window: mains and drifts of electrodes leave next to nothing in it. */
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  /** First count of the window: an electrode's offset is large, and rounding is not. */
  readonly #base: Float64Array;
  readonly #atRail: Uint8Array;
  #at = 0;

  constructor(setting: MeterSetting) {
    const { rate, channels } = setting;
    this.#setting = setting;
    this.#least = Math.max(hearable, (setting.seriesOhms * testAmperes * 1e6) / 2);
    this.#length = Math.round((windowPeriods * rate) / testHertz);
    const weight = (n: number): number => (1 - Math.cos((2 * Math.PI * n) / this.#length)) / 2;
    const table = (wave: (angle: number) => number): Float64Array =>
      Float64Array.from({ length: this.#length }, (_, n) => weight(n) * wave((2 * Math.PI * n * testHertz) / rate));
    this.#cosine = table(Math.cos);
    this.#sine = table(Math.sin);
    this.ohms = new Float64Array(channels.length).fill(NaN);
    this.tone = new Float64Array(channels.length).fill(NaN);
    this.#real = new Float64Array(channels.length);
    this.#imaginary = new Float64Array(channels.length);
    this.#base = new Float64Array(channels.length);
    this.#atRail = new Uint8Array(channels.length);
  }

  /** Seconds of one window. */
  get windowSeconds(): number {
    return this.#length / this.#setting.rate;
  }

  /** A lost frame begins the window anew. */
  push(block: SampleBlock): void {
    for (let frame = 0; frame < block.frames; frame++) {
      if (((block.flags[frame] as number) & FrameFlag.gap) === 0) this.#frame(block.counts, frame * block.channels);
      else this.#at = 0;
    }
  }

  #frame(counts: Int32Array, at: number): void {
    const { channels } = this.#setting;
    const n = this.#at++;
    for (let channel = 0; channel < channels.length; channel++) {
      const { place, railCounts } = channels[channel] as MeterChannel;
      const count = counts[at + place] as number;
      if (n === 0) {
        this.#base[channel] = count;
        this.#real[channel] = this.#imaginary[channel] = this.#atRail[channel] = 0;
      }
      if (Math.abs(count) >= railCounts) this.#atRail[channel] = 1;
      const value = count - (this.#base[channel] as number);
      this.#real[channel] = (this.#real[channel] as number) + value * (this.#cosine[n] as number);
      this.#imaginary[channel] = (this.#imaginary[channel] as number) + value * (this.#sine[n] as number);
    }
    if (this.#at === this.#length) this.#finish();
  }

  #finish(): void {
    const { channels, seriesOhms, toneGain } = this.#setting;
    for (let channel = 0; channel < channels.length; channel++) {
      const real = this.#real[channel] as number;
      const imaginary = this.#imaginary[channel] as number;
      const counts = (4 / this.#length) * Math.sqrt(real * real + imaginary * imaginary);
      const microvolts = (counts * (channels[channel] as MeterChannel).scale) / toneGain;
      this.tone[channel] = microvolts;
      const ohms = microvolts < this.#least ? NaN : Math.max(0, (microvolts * 1e-6) / testAmperes - seriesOhms);
      this.ohms[channel] = this.#atRail[channel] === 1 ? Infinity : ohms;
    }
    this.windows++;
    this.#at = 0;
  }
}

const windowPeriods = 32;
