import { DetectionPhase, type DetectionList, type Detector, type Estimate, type SignalShape } from '../../contracts.js';
import { cos, sin } from '../../signal/math.js';
import { appendDetection, createDetection } from '../detection-list.js';
import { PhaseEstimates, hindsightSeconds } from './phase-estimates.js';
import { SlowWave } from './slow-wave.js';

export interface PhaseTargetOptions {
  /** −180 to 180: 0 is the positive peak, ±180 the trough, −90 the rising zero crossing. */
  readonly targetDegrees: number;
  /** From a confirmation to its effect, as sound needs to the ear: confirmed so much before the target. */
  readonly aheadSeconds: number;
  /** Least depth below zero of the wave's trough in the 0.5–2 Hz band, uV. */
  readonly trough: number;
}

export const phaseTargetDefaults: PhaseTargetOptions = { targetDegrees: 0, aheadSeconds: 0, trough: 40 };

/**
 * One detection in each cycle of the slow oscillation, at a phase of choice: confirmed at the very sample at which the
 * 0.5–2 Hz signal is expected to be there, or `aheadSeconds` before, if the cycle's trough was deep enough. Phase comes
 * from `SlowWave`, a causal estimate (not a phase-locked loop); between its frames it goes on at 1 Hz. The depth is
 * judged in hindsight where there is any: as a trough that is 0.3 s old is known better than one of now.
 *
 * Its estimates `phase` and `amplitude` are of `aheadSeconds` after the newest sample: what a stimulus would meet;
 * `past-phase` is what it was 1.25 s ago.
 *
 * The onset is where the estimate had left the last cycle's target by 120 degrees, the end where it has left this one's;
 * the score is the depth in uV. Twice within half a second is never.
 */
export class PhaseTarget implements Detector {
  readonly delaySamples = 0;
  readonly #options: PhaseTargetOptions;
  readonly #wave: SlowWave;
  readonly #estimates: PhaseEstimates;
  readonly estimates: readonly Estimate[];
  #rate = 0;
  #sinceFrame = 0;
  readonly #cos: number;
  readonly #sin: number;
  readonly #hindsightSeconds: number;
  readonly #lookbackSeconds: number;
  /** Depths below zero at the last frames, a ring. */
  #depths = new Float64Array(0);
  #depthAt = 0;
  #leastInterval = 0;
  /** Samples of one degree at 1 Hz. */
  #samplesPerDegree = 0;

  /** The estimate has been away from the target since the last confirmation. */
  #isArmed = false;
  /** A confirmation is due at `#due` samples after the newest; −1: none. */
  #due = -1;
  #isOpen = false;
  readonly #cycle = createDetection();
  /** Where the cycle began, and the last confirmation. */
  readonly #samples = new Float64Array(2);

  constructor(options: Partial<PhaseTargetOptions> = {}) {
    const { targetDegrees, aheadSeconds, trough } = (this.#options = { ...phaseTargetDefaults, ...options });
    if (!(targetDegrees >= -180 && targetDegrees <= 180)) {
      throw new RangeError(`target: ${targetDegrees}° is not between −180° and 180°. Use 0 for the positive peak.`);
    }
    if (!(aheadSeconds >= 0 && aheadSeconds <= 0.25)) {
      throw new RangeError(`ahead: ${aheadSeconds} s is not between 0 and 0.25 s. Use the delay of your stimulator.`);
    }
    if (!(trough >= 1)) throw new RangeError(`trough: ${trough} uV is not a depth of 1 uV or more. Use 40.`);
    const sinceTrough = ((targetDegrees + 180) % 360) / 360;
    this.#hindsightSeconds = Math.max(0, Math.min(0.3, 0.6 * sinceTrough - aheadSeconds));
    this.#lookbackSeconds = 0.1 + longestPeriod * sinceTrough;
    this.#wave = new SlowWave([aheadSeconds, -this.#hindsightSeconds, -hindsightSeconds]);
    this.#estimates = new PhaseEstimates(aheadSeconds);
    this.estimates = this.#estimates.list;
    this.#cos = cos((Math.PI / 180) * targetDegrees);
    this.#sin = sin((Math.PI / 180) * targetDegrees);
  }

  get settleSamples(): number {
    return this.#wave.settleSamples;
  }

  prepare(shape: SignalShape): void {
    this.#wave.prepare(shape);
    const seconds = this.#lookbackSeconds - this.#hindsightSeconds - this.#options.aheadSeconds;
    this.#depths = new Float64Array(Math.max(2, Math.round(seconds * this.#wave.frameRate)));
    this.#rate = shape.rate;
    this.#leastInterval = Math.round(leastPeriod * shape.rate);
    this.#samplesPerDegree = shape.rate / 360;
    this.reset();
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    for (let i = 0; i < length; i++) {
      const isFrame = this.#wave.push(input, i);
      this.#sinceFrame = isFrame ? 0 : this.#sinceFrame + 1;
      if (this.#due > 0) this.#due--;
      if (isFrame && this.#wave.ready) this.#frame(firstSample + i, out);
      if (this.#due === 0) this.#confirm(firstSample + i, out);
    }
    this.#estimates.update(this.#wave.values, this.#sinceFrame, this.#rate);
  }

  reset(): void {
    this.#wave.reset();
    this.#estimates.reset();
    this.#sinceFrame = 0;
    this.#depths.fill(-Infinity);
    this.#isArmed = false;
    this.#isOpen = false;
    this.#due = -1;
    this.#samples.fill(-Infinity);
  }

  #frame(sample: number, out: DetectionList): void {
    const { values } = this.#wave;
    this.#depths[this.#depthAt] = -(values[2] as number);
    this.#depthAt = (this.#depthAt + 1) % this.#depths.length;
    // The signal seen from the target: real and positive when it is there.
    const along = (values[0] as number) * this.#cos + (values[1] as number) * this.#sin;
    const across = (values[1] as number) * this.#cos - (values[0] as number) * this.#sin;
    const isAway = along < 0 && 3 * along * along > across * across;
    if (isAway && !this.#isArmed && this.#due < 0) this.#arm(sample, out);
    if (!this.#isArmed || along <= 0) return;
    // Near the target the tangent is the angle, and farther off it only says "not within this frame".
    const degreesToGo = (-180 / Math.PI) * (across / along);
    const samplesToGo = Math.max(0, Math.round(degreesToGo * this.#samplesPerDegree));
    if (samplesToGo < this.#wave.frameSamples) this.#due = samplesToGo;
  }

  /** 120 degrees from the target: the next cycle begins. Noise does not lead back from there. */
  #arm(sample: number, out: DetectionList): void {
    this.#isArmed = true;
    this.#samples[0] = sample;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#cycle.phase = DetectionPhase.ended;
    this.#cycle.end = sample;
    appendDetection(out, this.#cycle);
  }

  #confirm(sample: number, out: DetectionList): void {
    this.#due = -1;
    this.#isArmed = false;
    let depth = -Infinity;
    for (let place = 0; place < this.#depths.length; place++) depth = Math.max(depth, this.#depths[place] as number);
    if (!(depth >= this.#options.trough) || sample - (this.#samples[1] as number) < this.#leastInterval) return;
    this.#samples[1] = sample;
    this.#isOpen = true;
    const cycle = this.#cycle;
    cycle.phase = DetectionPhase.confirmed;
    cycle.onset = this.#samples[0] as number;
    cycle.confirmed = sample;
    cycle.end = NaN;
    cycle.score = depth;
    appendDetection(out, cycle);
  }
}

/** Of the waves that are meant, in seconds: 0.7 to 2 Hz. */
const longestPeriod = 1.4;
const leastPeriod = 0.5;
