import { decodeEvent } from '../loop/records.js';
import type { Lease } from '../recording/rows.js';
import type { Budget, BudgetLimits, OpenLease } from './budget.js';

/** A lease that the loop may still draw on, as far as the events say that were drained. */
interface Held extends OpenLease {
  readonly renewUs: number;
  /** The loop has taken it up. */
  taken: boolean;
}

/**
 * When to grant a lease, and what is still allowed. Pure: it follows the events that the recorder drains, in their order.
 * While the gate is armed a lease is there, renewed at half of its count or of its time. What a lease allows is reserved in
 * the budget until the events show that nothing can be drawn on it any more; then its rest is given back.
 */
export class LeaseKeeper {
  readonly budget: Budget;
  #held: Held[] = [];
  #armedUntilUs = -Infinity;
  #perMinute = 0;
  #limits: BudgetLimits = { perHour: 0, perNight: 0 };
  #leases = 0;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  /** Every record of the loop that is drained, in order. */
  observe(record: Float64Array): void {
    const event = decodeEvent(record);
    if (event?.kind === 'armed') {
      this.#armedUntilUs = event.untilUs;
      this.#perMinute = event.perMinute;
      this.#limits = event;
    } else if (event?.kind === 'disarmed') {
      this.#armedUntilUs = -Infinity;
      // One that is under way to the loop stays reserved until the loop has said what became of it.
      this.#held = this.#held.filter(({ taken }) => !taken);
    } else if (event?.kind === 'lease') this.#taken(event.lease, event.stimuli);
    else if (event?.kind === 'permit') {
      this.budget.give(event.command, Math.max(event.us, event.fireAtUs));
      const drawn = this.#held.find(({ lease }) => lease === event.lease);
      if (drawn) drawn.used++;
    }
  }

  /**
   * The lease to grant now, reserved in the budget; undefined if none is due or nothing is left. `drainedUs` is the time
   * of a cycle up to which all events have been observed: a lease that had expired by then is closed.
   */
  due(nowUs: number, drainedUs: number): Lease | undefined {
    this.#held = this.#held.filter(({ untilUs }) => !(drainedUs >= untilUs));
    if (!(nowUs < this.#armedUntilUs) || this.#held.some(({ taken }) => !taken)) return undefined;
    const [current] = this.#held;
    if (current && nowUs < current.renewUs && current.used < current.stimuli / 2) return undefined;
    const { hour, day, night } = this.left(nowUs);
    const stimuli = Math.min(this.#perMinute, mostStimuli, hour, day, night);
    if (!(stimuli >= 1)) return undefined;
    const untilUs = Math.min(nowUs + leaseUs, this.#armedUntilUs);
    const lease = { lease: ++this.#leases, stimuli, grantedUs: nowUs, untilUs };
    this.#held.push({ lease: lease.lease, stimuli, used: 0, untilUs, renewUs: nowUs + leaseUs / 2, taken: false });
    this.hold(nowUs);
    return lease;
  }

  /** Brings what is open now into the budget, for the next time it is written. */
  hold(nowUs: number): void {
    this.budget.hold(
      this.#held.map(({ lease, stimuli, used, untilUs }) => ({ lease, stimuli, used, untilUs })),
      nowUs,
    );
  }

  left(nowUs: number): ReturnType<Budget['left']> {
    const reserved = this.#held.reduce((sum, { stimuli, used }) => sum + Math.max(0, stimuli - used), 0);
    return this.budget.left(this.#limits, reserved, nowUs);
  }

  /** The loop answers every lease: with what it took, 0 if it came too late. It draws on one only: the newest. */
  #taken(lease: number, stimuli: number): void {
    this.#held = this.#held.filter((one) => one.lease >= lease && (one.lease !== lease || stimuli > 0));
    const found = this.#held.find((one) => one.lease === lease);
    if (found) found.taken = true;
  }
}

/** Long enough that a slow disk renews it in time, short enough that a crash loses little. */
const leaseUs = 60e6;
/** A bench asks for thousands a minute. */
const mostStimuli = 1000;
