import { designSections } from '../../runtime/signal/design.js';
import { SectionFilter } from '../../runtime/signal/section-filter.js';
import { electrodes } from './electrodes.js';
import { LowNoise, LowPass } from './noise.js';
import { Random } from './random.js';

interface Amplifier {
  readonly seed: number;
  readonly rate: number;
  readonly highpass?: number;
  readonly lowpass?: number;
}

/** One electrode with its contact and its input of the amplifier. */
export class Electrode {
  /** Part of the hum that it picks up: electrodes differ, so a derivation keeps some. */
  readonly hum: number;
  readonly #gains: readonly number[];
  readonly #offset: number;
  readonly #drift: LowNoise;
  readonly #noise: Random;
  readonly #noiseSd: number;
  readonly #slow: LowPass | undefined;
  readonly #lowpass: SectionFilter | undefined;
  readonly #value = new Float64Array(1);

  constructor(name: string, { seed, rate, highpass, lowpass }: Amplifier) {
    const place = Object.keys(electrodes).indexOf(name);
    this.#noise = new Random(seed, 100 + place);
    this.hum = this.#noise.normal(1, 0.05);
    this.#gains = electrodes[name] as readonly number[];
    this.#offset = this.#noise.normal(0, 5000);
    this.#drift = new LowNoise(0.02, rate, this.#noise);
    // 0.02 µV²/Hz up to half the rate.
    this.#noiseSd = Math.sqrt((0.02 * rate) / 2);
    this.#slow = highpass !== undefined && highpass > 0 ? new LowPass(highpass, rate) : undefined;
    if (lowpass !== undefined) {
      this.#lowpass = new SectionFilter(
        (at) => designSections({ type: 'lowpass', corner: lowpass }, at, 2),
        () => 1,
      );
      this.#lowpass.prepare({ rate, unit: 'uV' });
    }
  }

  /** `own` is what this electrode alone or every electrode alike has. */
  step(own: number, values: Float64Array): number {
    let sum = own + this.#offset + 5 * this.#drift.step() + this.#noiseSd * this.#noise.noise();
    for (let source = 0; source < values.length; source++) {
      sum += (this.#gains[source] as number) * (values[source] as number);
    }
    const output = this.#slow ? sum - this.#slow.step(sum) : sum;
    if (this.#lowpass === undefined) return output;
    // Without the offset: a step of millivolts would ring at the start.
    const offset = this.#slow ? 0 : this.#offset;
    this.#value[0] = output - offset;
    this.#lowpass.process(this.#value, 1, this.#value);
    return (this.#value[0] as number) + offset;
  }
}
