import { designSections } from '../../signal/design.js';
import { SectionFilter } from '../../signal/section-filter.js';

/**
 * A signal of 100 Hz or more at 100 Hz: value m stands at m ÷ 100 s after the first sample, which is taken off all. Above
 * 100 Hz a Butterworth low-pass (order 4, 35 Hz) goes before, and values between two samples are interpolated linearly.
 */
export class AtHundredHertz {
  /** What the last `push` completed. */
  readonly value = new Float64Array(1);
  /** Of the low-pass, at the frequency of spindles. */
  delaySeconds = 0;
  #step = 1;
  #lowPass: SectionFilter | undefined;
  #samples = 0;
  #made = 0;
  /** The first sample; the newest and the one before it, without the first and low-passed. */
  readonly #first = new Float64Array(1);
  readonly #newest = new Float64Array(1);
  readonly #before = new Float64Array(1);

  prepare(rate: number): void {
    if (!(rate >= 100 && rate <= 20_000))
      throw new RangeError(
        `rate: ${rate} Hz is outside 100 to 20000 Hz. Give the signal a stage { use: resample, to: 250Hz }.`,
      );
    this.#step = rate / 100;
    this.#lowPass = rate > 100 ? new SectionFilter(lowPass, () => 13.3) : undefined;
    this.#lowPass?.prepare({ rate, unit: 'uV' });
    this.delaySeconds = (this.#lowPass?.delaySamples ?? 0) / rate;
    this.reset();
  }

  /** Takes `input[at]` and says whether it completed a value. */
  push(input: Float64Array, at: number): boolean {
    if (this.#samples === 0) this.#first[0] = input[at] as number;
    this.#before[0] = this.#newest[0] as number;
    this.#newest[0] = (input[at] as number) - (this.#first[0] as number);
    this.#lowPass?.process(this.#newest, 1, this.#newest);
    const late = this.#samples++ - this.#made * this.#step;
    if (late < 0) return false;
    const newest = this.#newest[0];
    this.value[0] = newest + late * ((this.#before[0] as number) - newest);
    this.#made++;
    return true;
  }

  reset(): void {
    this.#lowPass?.reset();
    this.#samples = 0;
    this.#made = 0;
    this.#newest[0] = 0;
  }
}

function lowPass(rate: number) {
  return designSections({ type: 'lowpass', corner: 35 }, rate, 4);
}
