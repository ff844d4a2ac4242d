import {
  refusalReasons,
  type Estimate,
  type RequestPort,
  type SampleClock,
  type StreamDetection,
} from '../contracts.js';
import { RandomBits } from '../signal/random.js';
import { Cues } from './cues.js';
import { isRandom, type PolicyPlan } from './policy-plan.js';
import { Schedule } from './schedule.js';

/**
 * What all policies have in common once they know that a stimulus is due: with which variant, whether the schedule
 * mutes it, and what it means for the next one that it was permitted.
 */
export class Asking {
  readonly #expiresUs: number;
  readonly #cues: Cues;
  readonly #schedule: Schedule | undefined;
  readonly #mostAhead: number;
  #isSeeded: boolean;
  /** Frames of the last packet: the next one may be as long in coming. */
  #packet = 1;
  #lastIndex = -1;

  constructor(plan: PolicyPlan, rate: number) {
    this.#expiresUs = plan.expiresUs;
    this.#cues = new Cues(plan.cues);
    this.#schedule = plan.schedule && new Schedule(plan.schedule, rate);
    this.#mostAhead = Math.max(1, Math.floor(mostAheadSeconds * rate));
    this.#isSeeded = !isRandom(plan);
  }

  /** False where something is drawn at random and no seed has come. */
  get isReady(): boolean {
    return this.#isSeeded;
  }

  /** What is due before this index, which may be broken, is asked for now. */
  get horizon(): number {
    return this.#lastIndex + this.#packet;
  }

  seed(seed: number): void {
    this.#cues.seed(new RandomBits(seed, cueStream));
    this.#isSeeded = true;
  }

  observe(
    detections: readonly StreamDetection[],
    count: number,
    lastIndex: number,
    estimates: readonly (readonly Estimate[])[],
  ): void {
    if (lastIndex > this.#lastIndex) this.#packet = Math.min(lastIndex - this.#lastIndex, this.#mostAhead);
    this.#lastIndex = lastIndex;
    this.#schedule?.observe(detections, count, lastIndex, estimates);
  }

  /** True if it was permitted, or refused for nothing but the schedule: what was muted counts like what was given. */
  ask(due: number, detector: number, onset: number, clock: SampleClock, port: RequestPort): boolean {
    const { request } = port;
    const dueUs = clock.timeOf(due);
    request.detector = detector;
    request.onset = onset;
    request.fireAtUs = due > this.#lastIndex ? dueUs : 0;
    request.expiresUs = dueUs + this.#expiresUs;
    request.variant = this.#cues.next;
    request.withheld = this.#cues.isOver || this.#schedule?.isOpen(due) === false;
    const reasons = port.submit();
    if (reasons === 0) {
      this.#cues.give();
      this.#schedule?.permitted();
    }
    return reasons === 0 || reasons === onlySchedule;
  }

  startAt(index: number): void {
    this.#schedule?.startAt(index);
  }

  reset(): void {
    this.#schedule?.reset();
  }
}

const onlySchedule = 1 << refusalReasons.indexOf('schedule');

/** The guardian takes nothing that is more than 20 ms ahead. */
const mostAheadSeconds = 0.015;

/** Of the seed; `policy.ts` draws delays from another. */
const cueStream = 2;
