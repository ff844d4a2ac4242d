import type { LoopEvent } from '../contracts.js';
import type { Lease } from './rows.js';

/** A lease that stimuli may still be drawn on, as far as the events say that were seen. */
export interface OpenLease extends Lease {
  /** Permits that named it. */
  used: number;
  /** The loop has taken it up. */
  taken: boolean;
}

/**
 * Follows leases through the events of a run, in their order, and knows which of them are open. Pure. The recorder counts
 * by it what it has to reserve, and who reads a killed recording what may have been delivered.
 */
export class OpenLeases {
  #open: OpenLease[] = [];

  get list(): readonly OpenLease[] {
    return this.#open;
  }

  /** Stimuli that were allowed and not drawn. */
  get unused(): number {
    return this.#open.reduce((sum, { stimuli, used }) => sum + Math.max(0, stimuli - used), 0);
  }

  grant(lease: Lease): void {
    this.#open.push({ ...lease, used: 0, taken: false });
  }

  observe(event: LoopEvent | undefined): void {
    if (event?.kind === 'lease') this.#answered(event.lease, event.stimuli);
    else if (event?.kind === 'permit') {
      const drawn = this.#open.find(({ lease }) => lease === event.lease);
      if (drawn) drawn.used++;
    } else if (event?.kind === 'disarmed') {
      // One that is under way to the loop stays open until the loop has said what became of it.
      this.#open = this.#open.filter(({ taken }) => !taken);
    }
  }

  /** All events of cycles before this time were seen: what had expired by then is closed. */
  expire(us: number): void {
    this.#open = this.#open.filter(({ untilUs }) => !(us >= untilUs));
  }

  /** The loop answers every lease: with what it took, 0 if it came too late. It draws on one only: the newest. */
  #answered(lease: number, stimuli: number): void {
    this.#open = this.#open.filter((one) => one.lease >= lease && (one.lease !== lease || stimuli > 0));
    const found = this.#open.find((one) => one.lease === lease);
    if (found) found.taken = true;
  }
}
