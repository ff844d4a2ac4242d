import {
  DetectionPhase,
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
}

/**
 * Stimulates once per confirmed detection, at once or after a delay. Works in sample time, so that a replay at any
 * speed gives the same requests; only a due time less than one packet ahead is turned into monotonic time.
 */
export class DetectionPolicy implements Policy {
  readonly #plan: PolicyPlan;
  readonly #delay: number;
  readonly #refractory: number;
  readonly #dueIndex = new Float64Array(plannedCapacity);
  readonly #onset = new Float64Array(plannedCapacity);
  #planned = 0;
  #quietUntil = -Infinity;

  constructor(plan: PolicyPlan, rate: number) {
    this.#plan = plan;
    this.#delay = plan.delaySeconds * rate;
    this.#refractory = plan.refractorySeconds * rate;
  }

  decide(
    detections: readonly StreamDetection[],
    count: number,
    lastIndex: number,
    clock: SampleClock,
    requests: RequestList,
  ): void {
    for (let place = 0; place < count; place++) this.#schedule(detections[place] as StreamDetection);
    while (this.#planned > 0 && (this.#dueIndex[0] as number) < lastIndex + 1) {
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
    }
  }

  #schedule(detection: StreamDetection): void {
    if (detection.detector !== this.#plan.after || detection.phase !== DetectionPhase.confirmed) return;
    if (this.#planned === plannedCapacity) return;
    this.#dueIndex[this.#planned] = detection.confirmed + this.#delay;
    this.#onset[this.#planned] = detection.onset;
    this.#planned++;
  }

  permitted(lastIndex: number): void {
    this.#quietUntil = lastIndex + this.#refractory;
  }

  reset(): void {
    this.#planned = 0;
  }
}

/** More detections than this wait at once only if the delay is many times the time between spindles. */
const plannedCapacity = 64;
