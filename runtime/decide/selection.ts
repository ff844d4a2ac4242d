import { DetectionPhase, type Estimate, type StreamDetection } from '../contracts.js';
import type { CouplingPlan, DetectionPlan } from './policy-plan.js';

/** Which detections are answered, by what was before them and by where the slow oscillation is. */
export class Selection {
  readonly #coupling: CouplingPlan | undefined;
  readonly #within: number;
  readonly #sinceFrom: number;
  readonly #sinceTo: number;
  #lastSlowOnset = -Infinity;
  /** Last sample of the last detection, as far as it is known. */
  #lastDetected = -Infinity;
  /** Nothing is known of the samples up to here. */
  #unknownUntil = Infinity;

  constructor({ coupling, since }: DetectionPlan, rate: number) {
    this.#coupling = coupling;
    this.#within = (coupling?.withinSeconds ?? Infinity) * rate;
    this.#sinceFrom = since ? since.fromSeconds * rate : -Infinity;
    this.#sinceTo = since ? since.toSeconds * rate : Infinity;
  }

  /** Before the detections of a call are judged. */
  observe(detections: readonly StreamDetection[], count: number): void {
    for (let place = 0; place < count; place++) {
      const { detector, phase, onset } = detections[place] as StreamDetection;
      if (detector === this.#coupling?.of && phase === DetectionPhase.confirmed) this.#lastSlowOnset = onset;
    }
  }

  /** Of the detector that is answered, each in its order. */
  isMeant({ phase, confirmed, end }: StreamDetection, estimates: readonly (readonly Estimate[])[]): boolean {
    if (phase === DetectionPhase.ended) {
      this.#lastDetected = end - 1;
      return false;
    }
    const since = confirmed - this.#lastDetected;
    const isApart = Math.min(since, confirmed - this.#unknownUntil) > this.#sinceFrom;
    const isNear = this.#sinceTo === Infinity || since < this.#sinceTo;
    this.#lastDetected = confirmed;
    return isApart && isNear && this.#isCoupled(confirmed, estimates);
  }

  reset(): void {
    this.#lastSlowOnset = -Infinity;
    this.#lastDetected = -Infinity;
    this.#unknownUntil = Infinity;
  }

  startAt(index: number): void {
    this.#unknownUntil = index - 1;
  }

  /** A phase that is not known is in no range. */
  #isCoupled(confirmed: number, estimates: readonly (readonly Estimate[])[]): boolean {
    const coupling = this.#coupling;
    if (!coupling) return true;
    if (!(confirmed - this.#lastSlowOnset <= this.#within)) return false;
    const kept = estimates[coupling.of];
    if (!kept) return false;
    for (let place = 0; place < kept.length; place++) {
      const { name, value } = kept[place] as Estimate;
      if (name !== 'phase') continue;
      const { fromDegrees, toDegrees } = coupling;
      return turnUp(fromDegrees, value) <= turnUp(fromDegrees, toDegrees);
    }
    return false;
  }
}

/** Degrees from one angle upwards to another, 0 to 360. */
function turnUp(from: number, to: number): number {
  const turn = (to - from) % 360;
  return turn < 0 ? turn + 360 : turn;
}
