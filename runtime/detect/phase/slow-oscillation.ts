import { DetectionPhase, type DetectionList, type Detector, type SignalShape } from '../../contracts.js';
import { appendDetection, createDetection } from '../detection-list.js';
import { PhaseEstimates, hindsightSeconds } from './phase-estimates.js';
import { SlowWave } from './slow-wave.js';

export interface SlowOscillationOptions {
  /** Least depth below zero of the trough in the 0.5–2 Hz band, uV. */
  readonly trough: number;
  /** Least rise from the trough to the peak that follows, uV. */
  readonly peakToPeak: number;
}

/** Criteria of the AASM's slow waves and of YASA for amplitude. */
export const slowOscillationDefaults: SlowOscillationOptions = { trough: 40, peakToPeak: 75 };

/**
 * Slow oscillations as events: from a falling zero crossing of the 0.5–2 Hz signal to the next. Confirmed on the way up
 * from the trough, as soon as the signal has risen by `peakToPeak` after a trough of `trough`, if the negative
 * half-wave took 0.125 to 1.5 s and the positive one not yet a second. The score is the depth of the trough in uV. The
 * signal is `SlowWave` of 0.1 s ago, which is surer than that of now; onset and end are corrected for it.
 *
 * Its estimates `phase` and `amplitude` tell where the oscillation is now, also between events; `past-phase` where it was
 * 1.25 s ago.
 */
export class SlowOscillation implements Detector {
  readonly delaySamples = 0;
  readonly #options: SlowOscillationOptions;
  readonly #wave = new SlowWave([0, -lagSeconds, -hindsightSeconds]);
  readonly #estimates = new PhaseEstimates(0);
  readonly estimates = this.#estimates.list;
  readonly #half = new Float64Array(Half.length);
  readonly #event = createDetection();
  #isOpen = false;
  #rate = 0;
  #sinceFrame = 0;

  constructor(options: Partial<SlowOscillationOptions> = {}) {
    const { trough, peakToPeak } = (this.#options = { ...slowOscillationDefaults, ...options });
    if (!(trough >= 1)) throw new RangeError(`trough: ${trough} uV is not a depth of 1 uV or more. Use 40.`);
    if (!(peakToPeak >= trough)) {
      throw new RangeError(`peakToPeak: ${peakToPeak} uV is less than the trough of ${trough} uV alone. Use 75.`);
    }
  }

  get settleSamples(): number {
    return this.#wave.settleSamples;
  }

  prepare(shape: SignalShape): void {
    this.#wave.prepare(shape);
    this.#rate = shape.rate;
    this.reset();
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    for (let i = 0; i < length; i++) {
      this.#sinceFrame++;
      if (!this.#wave.push(input, i)) continue;
      this.#sinceFrame = 0;
      if (this.#wave.ready) this.#frame(firstSample + i, out);
    }
    this.#estimates.update(this.#wave.values, this.#sinceFrame, this.#rate);
  }

  reset(): void {
    this.#wave.reset();
    this.#estimates.reset();
    this.#half.fill(NaN);
    this.#isOpen = false;
    this.#sinceFrame = 0;
  }

  #frame(sample: number, out: DetectionList): void {
    const half = this.#half;
    const y = this.#wave.values[2] as number;
    const last = half[Half.last] as number;
    half[Half.last] = y;
    // Where the signal is that much behind, in samples; the crossing lies between two frames.
    const at = sample - lagSeconds * this.#rate;
    const crossing = Math.round(at - (y / (y - last)) * this.#wave.frameSamples);
    if (last >= 0 && y < 0) this.#fall(crossing, out);
    else if (last < 0 && y >= 0) half[Half.rise] = crossing;
    if (y < (half[Half.trough] as number)) half[Half.trough] = y;
    if (!this.#isOpen) this.#judge(sample, at, y, out);
  }

  /** A falling zero crossing ends one oscillation and may begin another. */
  #fall(crossing: number, out: DetectionList): void {
    const half = this.#half;
    if (this.#isOpen) {
      this.#isOpen = false;
      this.#event.phase = DetectionPhase.ended;
      this.#event.end = crossing;
      appendDetection(out, this.#event);
    }
    half[Half.start] = crossing;
    half[Half.rise] = NaN;
    half[Half.trough] = 0;
  }

  #judge(sample: number, at: number, y: number, out: DetectionList): void {
    const half = this.#half;
    const start = half[Half.start] as number;
    const rise = half[Half.rise] as number;
    const depth = -(half[Half.trough] as number);
    const negativeSeconds = (rise - start) / this.#rate;
    // NaN, before the rise, fails each of these.
    if (!(negativeSeconds >= 0.125 && negativeSeconds <= 1.5 && at - rise <= this.#rate)) return;
    if (!(depth >= this.#options.trough && y + depth >= this.#options.peakToPeak)) return;
    this.#isOpen = true;
    const event = this.#event;
    event.phase = DetectionPhase.confirmed;
    event.onset = start;
    event.confirmed = sample;
    event.end = NaN;
    event.score = depth;
    appendDetection(out, event);
  }
}

/** Places of the last value, the zero crossings of the wave of now in samples, and its lowest value. */
const Half = { last: 0, start: 1, rise: 2, trough: 3, length: 4 } as const;

const lagSeconds = 0.1;
