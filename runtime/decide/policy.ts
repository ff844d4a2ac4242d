import type { Estimate, Policy, RequestPort, SampleClock, StreamDetection } from '../contracts.js';
import { RandomBits } from '../signal/random.js';
import { Asking } from './asking.js';
import type { DetectionPlan, PeriodicPlan, PolicyPlan } from './policy-plan.js';
import { Selection } from './selection.js';

/**
 * Policies work in sample time, so that a replay at any speed gives the same requests; only a due time less than one
 * packet ahead (at most 15 ms) is turned into monotonic time.
 */
export function createPolicy(plan: PolicyPlan, rate: number): Policy {
  return plan.use === 'periodic' ? new PeriodicPolicy(plan, rate) : new DetectionPolicy(plan, rate);
}

/**
 * Answers confirmed detections, at once or after a delay, with one stimulus or a train. One answer is planned at a time:
 * a detection on the way to its last stimulus is not answered. A refused stimulus ends its train.
 */
class DetectionPolicy implements Policy {
  readonly #after: number;
  readonly #selection: Selection;
  readonly #asking: Asking;
  /** In frames of sample time, as all here. */
  readonly #delay: number;
  readonly #spread: number;
  readonly #refractory: number;
  readonly #pulses: number;
  readonly #interval: number;
  #random: RandomBits | undefined;
  /** Of the next stimulus; NaN: none is planned. */
  #due = NaN;
  #onset = 0;
  #pulsesLeft = 0;
  #lastAsked = -Infinity;
  /** Permitted, or muted by the schedule alone. */
  #lastGiven = -Infinity;

  constructor(plan: DetectionPlan, rate: number) {
    const { delaySeconds, delayUpToSeconds = delaySeconds, train } = plan;
    this.#after = plan.after;
    this.#selection = new Selection(plan, rate);
    this.#asking = new Asking(plan, rate);
    this.#delay = delaySeconds * rate;
    this.#spread = (delayUpToSeconds - delaySeconds) * rate;
    this.#refractory = plan.refractorySeconds * rate;
    this.#pulses = train?.pulses ?? 1;
    this.#interval = (train?.intervalSeconds ?? 0) * rate;
  }

  seed(seed: number): void {
    this.#random = new RandomBits(seed, delayStream);
    this.#asking.seed(seed);
  }

  decide(
    detections: readonly StreamDetection[],
    count: number,
    lastIndex: number,
    clock: SampleClock,
    port: RequestPort,
    estimates: readonly (readonly Estimate[])[],
  ): void {
    this.#asking.observe(detections, count, lastIndex, estimates);
    this.#selection.observe(detections, count);
    for (let place = 0; place < count; place++) {
      const detection = detections[place] as StreamDetection;
      if (detection.detector !== this.#after) continue;
      // What was due before it was decided before it, however many samples came in one read.
      this.#askUntil(detection.confirmed, clock, port);
      if (this.#selection.isMeant(detection, estimates) && this.#isFree(detection.confirmed)) this.#plan(detection);
    }
    this.#askUntil(this.#asking.horizon, clock, port);
  }

  startAt(index: number): void {
    this.#selection.startAt(index);
    this.#asking.startAt(index);
  }

  reset(): void {
    this.#due = NaN;
    this.#selection.reset();
    this.#asking.reset();
  }

  /** The refractory time is judged for the shortest delay, so that a drawn one is not longer for it. */
  #isFree(confirmed: number): boolean {
    if (!this.#asking.isReady || !Number.isNaN(this.#due) || confirmed <= this.#lastAsked) return false;
    return confirmed + this.#delay >= this.#lastGiven + this.#refractory;
  }

  #plan({ onset, confirmed }: StreamDetection): void {
    const spread = this.#random && this.#spread > 0 ? this.#spread * this.#random.uniform() : 0;
    this.#due = confirmed + this.#delay + spread;
    this.#onset = onset;
    this.#pulsesLeft = this.#pulses;
  }

  #askUntil(limit: number, clock: SampleClock, port: RequestPort): void {
    while (this.#due < limit) {
      const due = this.#due;
      const isGiven = this.#asking.ask(due, this.#after, this.#onset, clock, port);
      this.#lastAsked = due;
      if (isGiven) this.#lastGiven = due;
      this.#due = isGiven && --this.#pulsesLeft > 0 ? due + this.#interval : NaN;
    }
  }
}

/** Looks at no detection: its requests name none (−1). What fell into a gap is not made up for. */
class PeriodicPolicy implements Policy {
  readonly #asking: Asking;
  readonly #period: number;
  /** Of the next stimulus, in periods from the first sample of the run. */
  #next = 1;

  constructor(plan: PeriodicPlan, rate: number) {
    this.#asking = new Asking(plan, rate);
    this.#period = plan.everySeconds * rate;
  }

  seed(seed: number): void {
    this.#asking.seed(seed);
  }

  decide(
    detections: readonly StreamDetection[],
    count: number,
    lastIndex: number,
    clock: SampleClock,
    port: RequestPort,
    estimates: readonly (readonly Estimate[])[],
  ): void {
    this.#asking.observe(detections, count, lastIndex, estimates);
    if (!this.#asking.isReady) this.#next = Math.ceil((lastIndex + 1) / this.#period);
    for (; this.#next * this.#period < this.#asking.horizon; this.#next++) {
      const due = this.#next * this.#period;
      this.#asking.ask(due, noDetector, Math.floor(due), clock, port);
    }
  }

  startAt(index: number): void {
    this.#next = Math.max(1, Math.ceil(index / this.#period));
    this.#asking.startAt(index);
  }

  reset(): void {
    this.#asking.reset();
  }
}

const noDetector = -1;

/** Of the seed; `asking.ts` draws cues from another. */
const delayStream = 1;
