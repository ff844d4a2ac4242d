import type { SignalShape, Stage } from '../../contracts.js';
import { designSections } from '../../signal/design.js';
import { RmsEnvelope } from '../../signal/rms-envelope.js';
import { SectionFilter } from '../../signal/section-filter.js';

/** Most samples of one call of `Measures.process`. */
export const chunkLength = 64;

/** What the quality of a signal is judged by, in microvolts, for each sample of the last chunk. */
export class Measures {
  /** Without offset and drift, but with everything else: above 0.3 Hz. */
  readonly steady = new Float64Array(chunkLength);
  /** How far the EEG, 0.3–30 Hz and so without mains, stands from its baseline. */
  readonly swing = new Float64Array(chunkLength);
  /** How far it has moved within 20 ms. */
  readonly step = new Float64Array(chunkLength);
  /** RMS over the last second of how far the signal itself has moved within 20 ms: 0 at once where it is dead. */
  readonly life = new Float64Array(chunkLength);
  /** RMS of 0.3–30 Hz over the last second. */
  readonly eeg = new Float64Array(chunkLength);
  /** RMS of slow waves, 0.5–4 Hz, over the last two seconds. */
  readonly slow = new Float64Array(chunkLength);
  /** RMS of 20–40 Hz, where muscles are and little of a sleeping brain, over the last half second; 0 below 90 Hz. */
  readonly muscle = new Float64Array(chunkLength);
  /** RMS of the larger of the two mains over the last second; of those that lie clearly below half the rate. */
  readonly mains = new Float64Array(chunkLength);
  readonly #otherMains = new Float64Array(chunkLength);
  readonly #scratch = new Float64Array(chunkLength);
  readonly #offset = new Float64Array(1);
  #isFirst = true;
  /** The last 20 ms of the EEG and of the signal itself, rings. */
  readonly #recent: Float64Array;
  readonly #recentRaw: Float64Array;
  #newest = 0;
  readonly #highpass = section({ type: 'highpass', corner: 0.3 }, 1);
  readonly #lowpass: Stage | undefined;
  readonly #slowBand = section({ type: 'bandpass', from: 0.5, to: 4 }, 2);
  readonly #muscleBand: Stage | undefined;
  readonly #hums: readonly { readonly band: Stage; readonly rms: Stage }[];
  readonly #lifeRms = new RmsEnvelope(1);
  readonly #eegRms = new RmsEnvelope(1);
  readonly #slowRms = new RmsEnvelope(2);
  readonly #muscleRms = new RmsEnvelope(0.5);
  readonly #stages: readonly Stage[];

  constructor(shape: SignalShape) {
    const { rate } = shape;
    // A filter right below half the rate would be none.
    const back = Math.max(1, Math.round(stepSeconds * rate));
    this.#recent = new Float64Array(back);
    this.#recentRaw = new Float64Array(back);
    this.#lowpass = rate >= 75 ? section({ type: 'lowpass', corner: 30 }, 4) : undefined;
    this.#muscleBand = rate >= 90 ? section({ type: 'bandpass', from: 20, to: 40 }, 4) : undefined;
    this.#hums = [50, 60]
      .filter((mains) => rate >= 2.08 * mains)
      .map((mains) => ({
        band: section({ type: 'bandpass', from: mains - 1, to: mains + 1 }, 1),
        rms: new RmsEnvelope(1),
      }));
    this.#stages = [
      this.#highpass,
      ...(this.#lowpass ? [this.#lowpass] : []),
      this.#slowBand,
      ...(this.#muscleBand ? [this.#muscleBand] : []),
      ...this.#hums.flatMap(({ band, rms }) => [band, rms]),
      this.#lifeRms,
      this.#eegRms,
      this.#slowRms,
      this.#muscleRms,
    ];
    for (const stage of this.#stages) stage.prepare(shape);
  }

  /** Takes `input[first … first + count)`, at most a chunk. */
  process(input: Float64Array, first: number, count: number): void {
    const { steady, eeg, slow, muscle, mains } = this;
    const scratch = this.#scratch;
    // Electrodes stand at millivolts: filters start from there instead of ringing for seconds.
    if (this.#isFirst && count > 0) {
      this.#offset[0] = input[first] as number;
      this.#isFirst = false;
    }
    const offset = this.#offset[0] as number;
    for (let i = 0; i < count; i++) scratch[i] = (input[first + i] as number) - offset;
    this.#slowBand.process(scratch, count, slow);
    this.#slowRms.process(slow, count, slow);
    if (this.#muscleBand) {
      this.#muscleBand.process(scratch, count, muscle);
      this.#muscleRms.process(muscle, count, muscle);
    }
    this.#highpass.process(scratch, count, steady);
    for (let hum = 0; hum < this.#hums.length; hum++) this.#hum(hum, count);
    if (this.#hums.length === 0) mains.fill(0, 0, count);
    if (this.#lowpass) this.#lowpass.process(steady, count, eeg);
    else for (let i = 0; i < count; i++) eeg[i] = steady[i] as number;
    this.#move(count);
    this.#lifeRms.process(this.life, count, this.life);
    this.#eegRms.process(eeg, count, eeg);
  }

  #hum(place: number, count: number): void {
    const { band, rms } = this.#hums[place] as { band: Stage; rms: Stage };
    const { mains } = this;
    const hum = place === 0 ? mains : this.#otherMains;
    band.process(this.#scratch, count, hum);
    rms.process(hum, count, hum);
    if (place > 0) for (let i = 0; i < count; i++) mains[i] = Math.max(mains[i] as number, hum[i] as number);
  }
  #move(count: number): void {
    const { eeg, swing, step, life } = this;
    const scratch = this.#scratch;
    const recent = this.#recent;
    const recentRaw = this.#recentRaw;
    let newest = this.#newest;
    for (let i = 0; i < count; i++) {
      const value = eeg[i] as number;
      const before = recent[newest] as number;
      swing[i] = Math.abs(value);
      step[i] = Math.abs(value - before);
      recent[newest] = value;
      life[i] = (scratch[i] as number) - (recentRaw[newest] as number);
      recentRaw[newest] = scratch[i] as number;
      if (++newest === recent.length) newest = 0;
    }
    this.#newest = newest;
  }

  reset(): void {
    for (const stage of this.#stages) stage.reset();
    this.#recent.fill(0);
    this.#recentRaw.fill(0);
    this.#newest = 0;
    this.#isFirst = true;
  }
}

function section(band: Parameters<typeof designSections>[0], order: number): SectionFilter {
  // Where a filter's own delay is declared is of no account here.
  return new SectionFilter(
    (rate) => designSections(band, rate, order),
    () => 1,
  );
}

const stepSeconds = 0.02;
