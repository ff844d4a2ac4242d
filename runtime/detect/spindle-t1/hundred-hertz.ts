import { designSections } from '../../signal/design.js';
import { sin } from '../../signal/math.js';
import { SectionFilter } from '../../signal/section-filter.js';

/**
 * A signal of 50 to 1000 Hz as one of 100 Hz: value m stands at m ÷ 100 s after the first sample. Above 100 Hz a
 * Butterworth low-pass (order 4, 35 Hz) goes before, and values between two samples are interpolated linearly. Below
 * 100 Hz a windowed sinc interpolates, which keeps the bands of sleep up to 0.36 of the rate and makes each value six
 * samples late. A high-pass (order 2, 0.3 Hz) follows.
 *
 * Electrodes are not trusted: the first sample is taken off all, so that an offset of millivolts is no step; a change
 * from one sample to the next that is over 100 µV (200 µV at 50 Hz) and ten times the usual one is a pop or a glitch, and
 * is taken off all that follows; what is not finite counts as the sample before it.
 */
export class HundredHertz {
  /** What the last `push` completed, in its first places. */
  readonly values = new Float64Array(2);
  /** Input samples by which a value comes after its time. */
  lateSamples = 0;
  /** Input samples from one value to the next. */
  #step = 1;
  #lowPass: SectionFilter | undefined;
  readonly #highPass = new SectionFilter(highPass, () => 13);
  #samples = 0;
  #made = 0;
  #offset = NaN;
  /** The last finite sample, without the offset. */
  #level = 0;
  /** Mean size of the change from sample to sample over about a second, and the weight of the newest in it. */
  #usualChange = 0;
  #changeWeight = 0;
  #leastJump = 0;
  /** The newest sample, without the offset and low-passed; the one before it. */
  readonly #newest = new Float64Array(1);
  #before = 0;
  /** The last inputs twice over, so that any stretch of them lies in a row. */
  readonly #past = new Float64Array(4 * reach);

  prepare(rate: number): void {
    if (!(rate >= 50 && rate <= 1000)) {
      throw new RangeError(
        `rate: ${rate} Hz is outside 50 to 1000 Hz. Give the signal a stage { use: resample, to: 250Hz }.`,
      );
    }
    this.#step = rate / 100;
    this.#changeWeight = 1 / rate;
    this.#leastJump = Math.max(100, 10_000 / rate);
    this.lateSamples = rate < 100 ? reach : 0;
    this.#lowPass = rate > 100 ? new SectionFilter(lowPass, () => 13) : undefined;
    this.#lowPass?.prepare({ rate, unit: 'uV' });
    this.#highPass.prepare({ rate: 100, unit: 'uV' });
    this.reset();
  }

  /** Takes `input[at]` and returns how many values it completed: at most two. */
  push(input: Float64Array, at: number): number {
    const newest = this.#newest;
    this.#before = newest[0] as number;
    const x = input[at] as number;
    if (x - x === 0) this.#follow(x);
    newest[0] = this.#level;
    this.#lowPass?.process(newest, 1, newest);
    const last = this.#samples++;
    const made = this.lateSamples === 0 ? this.#between(last) : this.#around(last);
    this.#highPass.process(this.values, made, this.values);
    return made;
  }

  reset(): void {
    this.#lowPass?.reset();
    this.#highPass.reset();
    this.#samples = 0;
    this.#made = 0;
    this.#offset = NaN;
    this.#level = 0;
    this.#usualChange = 0;
    this.#before = 0;
    this.#newest[0] = 0;
    this.#past.fill(0);
  }

  /** Takes the offset off a finite sample, and puts a jump into the offset. */
  #follow(x: number): void {
    if (Number.isNaN(this.#offset)) this.#offset = x;
    const change = x - this.#offset - this.#level;
    const size = Math.abs(change);
    const isJump = size > this.#leastJump && size > jumpFactor * this.#usualChange;
    if (isJump) this.#offset += change;
    else this.#level += change;
    this.#usualChange += this.#changeWeight * ((isJump ? this.#leastJump : size) - this.#usualChange);
  }

  /** The value between the last two samples, if its time has come. */
  #between(last: number): number {
    const place = this.#made * this.#step;
    if (place > last) return 0;
    const newest = this.#newest[0] as number;
    this.values[0] = newest + (last - place) * (this.#before - newest);
    this.#made++;
    return 1;
  }

  /** Values that have `reach` samples on either side. */
  #around(last: number): number {
    const past = this.#past;
    const oldest = (last + 1) % (2 * reach);
    const slot = last % (2 * reach);
    past[slot] = past[slot + 2 * reach] = this.#newest[0] as number;
    let made = 0;
    for (;;) {
      const place = this.#made * this.#step;
      const whole = Math.floor(place);
      if (whole + reach > last) return made;
      this.values[made++] = interpolate(past, oldest, place - whole);
      this.#made++;
    }
  }
}

function lowPass(rate: number) {
  return designSections({ type: 'lowpass', corner: 35 }, rate, 4);
}

/** Drift of an electrode must not look like slow waves; those of sleep keep 0.98 of their power at 0.8 Hz. */
function highPass(rate: number) {
  return designSections({ type: 'highpass', corner: 0.3 }, rate, 2);
}

/** `part` of the way from sample `reach` − 1 to `reach` of the 2 `reach` samples from `oldest` on. */
function interpolate(past: Float64Array, oldest: number, part: number): number {
  if (part === 0) return past[oldest + reach - 1] as number;
  // sinc(x) sinc(x ÷ reach), whose sines of π x differ by their sign alone, scaled to a sum of 1.
  let sum = 0;
  let weights = 0;
  for (let tap = 0; tap < 2 * reach; tap++) {
    const x = tap - (reach - 1) - part;
    const sign = tap % 2 === 0 ? 1 : -1;
    const weight = (sign * sin((Math.PI * x) / reach)) / (x * x);
    sum += weight * (past[oldest + tap] as number);
    weights += weight;
  }
  return sum / weights;
}

/** Samples on either side of an interpolated value. */
const reach = 6;
/** A change that is so many times the usual one is a jump. */
const jumpFactor = 10;
