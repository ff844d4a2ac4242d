import { decodeEvent } from '../loop/records.js';
import { OpenLeases } from '../recording/open-leases.js';
import type { Lease } from '../recording/rows.js';
import type { Budget, BudgetLimits, Left } from './budget.js';

/**
 * When to grant a lease, and what is still allowed. Pure: it follows the events that the recorder drains, in their order.
 * While the gate is armed a lease is there, renewed at half of its count or of its time. What a lease allows is reserved in
 * the budget until the events show that nothing can be drawn on it any more; then its rest is given back.
 */
export class LeaseKeeper {
  readonly budget: Budget;
  readonly #leases = new OpenLeases();
  #armedUntilUs = -Infinity;
  #perMinute = 0;
  #limits: BudgetLimits;
  #granted = 0;

  /** `limits` are those of the configuration: what is left is told by them until arming names tighter ones. */
  constructor(budget: Budget, limits: BudgetLimits = { perHour: Infinity, perNight: Infinity }) {
    this.budget = budget;
    this.#limits = limits;
  }

  /** Every record of the loop that is drained, in order. */
  observe(record: Float64Array): void {
    const event = decodeEvent(record);
    this.#leases.observe(event);
    if (event?.kind === 'permit') this.budget.give(event.command, Math.max(event.us, event.fireAtUs));
    else if (event?.kind === 'disarmed') this.#armedUntilUs = -Infinity;
    else if (event?.kind === 'armed') {
      this.#armedUntilUs = event.untilUs;
      this.#perMinute = event.perMinute;
      this.#limits = event;
    }
  }

  /**
   * The lease to grant now, reserved in the budget; undefined if none is due or nothing is left. `drainedUs` is the time
   * of a cycle before which all events have been observed.
   */
  due(nowUs: number, drainedUs: number): Lease | undefined {
    this.#leases.expire(drainedUs);
    const [current] = this.#leases.list;
    if (!(nowUs < this.#armedUntilUs) || this.#leases.list.some(({ taken }) => !taken)) return undefined;
    if (current && nowUs < current.grantedUs + leaseUs / 2 && current.used < current.stimuli / 2) return undefined;
    const { hour, day, night } = this.left(nowUs);
    const wanted = Math.min(this.#perMinute, Math.max(fewStimuli, this.#perMinute / 6), mostStimuli);
    const stimuli = Math.min(wanted, hour, day, night ?? Infinity);
    if (!(stimuli >= 1)) return undefined;
    const untilUs = Math.min(nowUs + leaseUs, this.#armedUntilUs);
    const lease = { lease: ++this.#granted, stimuli: Math.floor(stimuli), grantedUs: nowUs, untilUs };
    this.#leases.grant(lease);
    this.hold(nowUs);
    return lease;
  }

  /** Brings what is open now into the budget, for the next time it is written. */
  hold(nowUs: number): void {
    const open = this.#leases.list.map(({ lease, stimuli, used, untilUs }) => ({ lease, stimuli, used, untilUs }));
    this.budget.hold(open, nowUs);
  }

  /** What may still be given, less what is reserved. */
  left(nowUs: number): Left {
    return this.budget.left(this.#limits, this.#leases.unused, nowUs);
  }
}

/** Long enough that a slow disk renews it in time, short enough that a crash loses little. */
const leaseUs = 60e6;
/** What a crash costs at the most, twice over. A bench asks for thousands a minute: ten seconds of that. */
const fewStimuli = 10;
const mostStimuli = 1000;
