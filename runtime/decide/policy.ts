import {
  DetectionPhase,
  type Estimate,
  type Policy,
  type RequestList,
  type SampleClock,
  type StimulusRequest,
  type StreamDetection,
} from '../contracts.js';

/** `immediate` is a delay of 0. */
export interface PolicyPlan {
  readonly use: 'immediate' | 'delayed';
  /** Place of the detector in the configuration. */
  readonly after: number;
  /** From the confirmation to the stimulus, in seconds of sample time. */
  readonly delaySeconds: number;
  /** No request within this time of the last permitted one, in seconds of sample time. */
  readonly refractorySeconds: number;
  /** A request is void this long after it was due. */
  readonly expiresUs: number;
  /** Absent: every detection is answered. */
  readonly coupling?: CouplingPlan;
}

/** Answers a detection only in a part of the slow oscillation that another detector follows. */
export interface CouplingPlan {
  /** Place of a detector with an estimate `phase`. */
  readonly of: number;
  /** From here upwards to there, −180 to 180, through ±180 where `from` is above `to`. */
  readonly fromDegrees: number;
  readonly toDegrees: number;
  /** Nor later than this after the onset of that detector's last confirmed detection; infinite: whenever. */
  readonly withinSeconds: number;
}

/**
 * Stimulates once per confirmed detection, at once or after a delay. Works in sample time, so that a replay at any
 * speed gives the same requests; only a due time less than one packet ahead (at most 15 ms) is turned into monotonic time.
 */
export class DetectionPolicy implements Policy {
  readonly #plan: PolicyPlan;
  readonly #delay: number;
  readonly #refractory: number;
  readonly #dueIndex = new Float64Array(plannedCapacity);
  readonly #onset = new Float64Array(plannedCapacity);
  #planned = 0;
  #quietUntil = -Infinity;
  /** Frames of the last packet: the next one may be as long in coming. */
  #packet = 1;
  #lastIndex = -1;
  readonly #mostAhead: number;
  readonly #within: number;
  #lastSlowOnset = -Infinity;

  constructor(plan: PolicyPlan, rate: number) {
    this.#plan = plan;
    this.#delay = plan.delaySeconds * rate;
    this.#refractory = plan.refractorySeconds * rate;
    this.#mostAhead = Math.max(1, Math.floor(mostAheadSeconds * rate));
    this.#within = (plan.coupling?.withinSeconds ?? Infinity) * rate;
  }

  decide(
    detections: readonly StreamDetection[],
    count: number,
    lastIndex: number,
    clock: SampleClock,
    requests: RequestList,
    estimates: readonly (readonly Estimate[])[],
  ): void {
    if (lastIndex > this.#lastIndex) this.#packet = Math.min(lastIndex - this.#lastIndex, this.#mostAhead);
    this.#lastIndex = lastIndex;
    const { coupling } = this.#plan;
    for (let place = 0; place < count; place++) {
      const { detector, phase, onset } = detections[place] as StreamDetection;
      if (detector === coupling?.of && phase === DetectionPhase.confirmed) this.#lastSlowOnset = onset;
    }
    for (let place = 0; place < count; place++) this.#schedule(detections[place] as StreamDetection, estimates);
    while (this.#planned > 0 && (this.#dueIndex[0] as number) < lastIndex + this.#packet) {
      const due = this.#dueIndex[0] as number;
      const onset = this.#onset[0] as number;
      this.#dueIndex.copyWithin(0, 1);
      this.#onset.copyWithin(0, 1);
      this.#planned--;
      if (lastIndex < this.#quietUntil || requests.length >= requests.items.length) continue;
      const request = requests.items[requests.length++] as StimulusRequest;
      const dueUs = clock.timeOf(due);
      request.detector = this.#plan.after;
      request.onset = onset;
      request.fireAtUs = due > lastIndex ? dueUs : 0;
      request.expiresUs = dueUs + this.#plan.expiresUs;
      request.variant = 0;
      request.withheld = false;
    }
  }

  #schedule(detection: StreamDetection, estimates: readonly (readonly Estimate[])[]): void {
    if (detection.detector !== this.#plan.after || detection.phase !== DetectionPhase.confirmed) return;
    if (this.#planned === plannedCapacity || !this.#isCoupled(detection, estimates)) return;
    this.#dueIndex[this.#planned] = detection.confirmed + this.#delay;
    this.#onset[this.#planned] = detection.onset;
    this.#planned++;
  }

  /** A phase that is not known is in no range. */
  #isCoupled({ confirmed }: StreamDetection, estimates: readonly (readonly Estimate[])[]): boolean {
    const { coupling } = this.#plan;
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

  permitted(lastIndex: number): void {
    this.#quietUntil = lastIndex + this.#refractory;
  }

  reset(): void {
    this.#planned = 0;
    this.#lastSlowOnset = -Infinity;
  }
}

/** Degrees from one angle upwards to another, 0 to 360. */
function turnUp(from: number, to: number): number {
  const turn = (to - from) % 360;
  return turn < 0 ? turn + 360 : turn;
}

/** The guardian takes nothing that is more than 20 ms ahead. */
const mostAheadSeconds = 0.015;

/** More detections than this wait at once only if the delay is many times the time between spindles. */
const plannedCapacity = 64;
