import {
  estimateReasons,
  refusalReasons,
  type EstimateReason,
  type GateLimits,
  type Inhibitor,
  type InhibitorState,
  type RefusalReason,
  type StimulusRequest,
} from '../contracts.js';

/**
 * The gate: the one place that says yes. Pure, allocates nothing after construction; time is an argument. Disarmed at
 * the start, refuses with all reasons, and what is not known to be good counts as bad (SAFETY.md ).
 */
export class Gate {
  readonly inhibitors: readonly Inhibitor[];
  /** Limits now in force: configured ones, or tighter while armed. */
  readonly limits: { intervalUs: number; perMinute: number; perHour: number; perNight: number };
  /** What every stimulus is weakened by while armed, 0 or less. */
  gainDb = 0;
  readonly #bits: readonly number[];
  readonly #configured: GateLimits;
  readonly #given: RecentStarts;
  /** Stimuli of this night, before this run and in it; only where the run belongs to a night is it limited. */
  #thisNight = 0;
  readonly #ofNight: boolean;
  #armedUntilUs = -Infinity;
  #lease = 0;
  #leaseLeft = 0;
  #leaseUntilUs = -Infinity;
  #newestUs = -Infinity;

  /**
   * `required` are the reasons that estimates stand for: each is unknown, and holds, until it is said to be clear.
   * `ofNight`: the run belongs to a participant's night, which may hold several runs.
   */
  constructor(configured: GateLimits, required: readonly EstimateReason[] = [], ofNight = false) {
    const names = inhibitorNames.filter((name) => isAlwaysJudged(name) || required.some((one) => one === name));
    this.inhibitors = names.map((name) => ({ name, state: 'unknown', sinceUs: 0 }));
    this.#bits = names.map((name) => bit[name]);
    this.#configured = configured;
    this.#ofNight = ofNight;
    this.limits = { ...configured };
    this.#given = new RecentStarts(Math.max(configured.perMinute, configured.perHour, configured.perNight));
  }

  /** `NaN` keeps a configured limit; a number may only tighten it. */
  arm(untilUs: number, perMinute: number, perHour: number, perNight: number, intervalUs: number, gainDb: number): void {
    Object.assign(this.limits, this.#configured);
    this.gainDb = 0;
    this.lower(perMinute, perHour, perNight, intervalUs, gainDb);
    this.#armedUntilUs = untilUs;
  }

  lower(perMinute: number, perHour: number, perNight: number, intervalUs: number, gainDb: number): void {
    const { limits } = this;
    if (gainDb < this.gainDb) this.gainDb = gainDb;
    if (perMinute < limits.perMinute) limits.perMinute = Math.floor(perMinute);
    if (perHour < limits.perHour) limits.perHour = Math.floor(perHour);
    if (perNight < limits.perNight) limits.perNight = Math.floor(perNight);
    if (intervalUs > limits.intervalUs) limits.intervalUs = intervalUs;
  }

  disarm(): void {
    this.#armedUntilUs = -Infinity;
    this.#leaseLeft = 0;
  }

  /**
   * Permission for so many more until then; it replaces the last one. Returns what it took: nothing while disarmed, for
   * then the arming that it was granted for is over.
   */
  lease(lease: number, stimuli: number, untilUs: number, nowUs: number): number {
    if (!this.isArmed(nowUs) || !(lease > this.#lease)) return 0;
    this.#lease = lease;
    this.#leaseLeft = stimuli;
    this.#leaseUntilUs = untilUs;
    return stimuli;
  }

  /** The one that permits draw on; 0 before the first. */
  get leaseNumber(): number {
    return this.#lease;
  }

  /**
   * Stimuli that were given before this run; `ofThisNight` if they belong to its night. As many as any limit counts are as
   * good as more, and stand for a number that is none.
   */
  past(atUs: number, stimuli: number, ofThisNight: boolean): void {
    const { capacity } = this.#given;
    const counted = stimuli >= 0 && stimuli < capacity ? stimuli : capacity;
    for (let n = 0; n < counted; n++) this.#given.add(atUs);
    if (ofThisNight) this.#thisNight += counted;
  }

  isArmed(nowUs: number): boolean {
    return nowUs < this.#armedUntilUs;
  }

  get armedUntilUs(): number {
    return this.#armedUntilUs;
  }

  /** Returns true if the state is new. */
  inhibit(name: RefusalReason, state: InhibitorState, nowUs: number): boolean {
    for (let place = 0; place < this.inhibitors.length; place++) {
      const inhibitor = this.inhibitors[place] as Inhibitor;
      if (inhibitor.name !== name) continue;
      if (inhibitor.state === state) return false;
      inhibitor.state = state;
      inhibitor.sinceUs = nowUs;
      return true;
    }
    throw new RangeError(`${name}: is no inhibitor of this gate. Name it when the gate is made.`);
  }

  /** Bit n set: the inhibitor `refusalReasons[n]` is not clear now. */
  get holding(): number {
    let reasons = 0;
    for (let place = 0; place < this.inhibitors.length; place++) {
      if ((this.inhibitors[place] as Inhibitor).state !== 'clear') reasons |= this.#bits[place] as number;
    }
    return reasons;
  }

  /** Bits of the long limits that are used up at this time; what is shorter is over before anybody looks. */
  spent(us: number): number {
    const { limits } = this;
    let reasons = 0;
    if (this.#given.within(limits.perHour, 3600e6, us)) reasons |= bit['per-hour'];
    // Any 24 hours, never a day of the calendar.
    if (this.#given.within(limits.perNight, 24 * 3600e6, us)) reasons |= bit['per-day'];
    if (this.#ofNight && !(this.#thisNight < limits.perNight)) reasons |= bit['per-night'];
    return reasons;
  }

  /** 0 permits and counts the stimulus; otherwise bit n set means `refusalReasons[n]`. */
  decide(request: StimulusRequest, nowUs: number): number {
    const { fireAtUs, expiresUs } = request;
    const { limits } = this;
    const fireUs = Math.max(fireAtUs, nowUs);
    let reasons = this.holding | this.spent(fireUs);
    if (!(fireUs < this.#armedUntilUs)) reasons |= bit.disarmed;
    if (request.withheld) reasons |= bit.schedule;
    // NaN and clocks that run backwards fail these comparisons on purpose.
    const timely = fireAtUs - nowUs <= furthestAheadUs && fireUs <= expiresUs && nowUs >= this.#newestUs;
    if (!timely) reasons |= bit.expired;
    if (this.#given.within(1, limits.intervalUs, fireUs)) reasons |= bit.interval;
    if (this.#given.within(limits.perMinute, 60e6, fireUs)) reasons |= bit['per-minute'];
    if (!(this.#leaseLeft >= 1 && fireUs < this.#leaseUntilUs)) reasons |= bit.lease;
    if (nowUs > this.#newestUs) this.#newestUs = nowUs;
    if (reasons === 0) {
      this.#given.add(fireUs);
      this.#thisNight++;
      this.#leaseLeft--;
    }
    return reasons;
  }
}

/** As far as the guardian takes a command ahead of its time; what is due later comes again, and is judged then. */
const furthestAheadUs = 20e3;

/** The reasons that are states of the world; the others, those before `stale` too, are judged for each request. */
const inhibitorNames = refusalReasons
  .slice(refusalReasons.indexOf('stale'))
  .filter((name) => name !== 'lease' && name !== 'per-day' && name !== 'schedule');

/** Saturation and flat lines are judged on raw counts, whatever is required besides. */
function isAlwaysJudged(name: RefusalReason): boolean {
  return name === 'saturation' || name === 'flat' || !estimateReasons.some((one) => one === name);
}

const bit = Object.fromEntries(refusalReasons.map((name, place) => [name, 1 << place])) as Record<
  RefusalReason,
  number
>;

/** When the newest stimuli start, in order: as many as the loosest limit counts, for more are refused by it anyway. */
class RecentStarts {
  readonly capacity: number;
  readonly #us: Float64Array;
  /** All that were ever added. */
  #count = 0;
  #newestUs = -Infinity;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#us = new Float64Array(capacity);
  }

  /** One that comes out of order counts from the newest: for longer than it must. */
  add(us: number): void {
    this.#newestUs = Math.max(us, this.#newestUs);
    this.#us[this.#count++ % this.capacity] = this.#newestUs;
  }

  /** The `count`th last starts less than `windowUs` before `us`. Without a count that is a number above 0: yes. */
  within(count: number, windowUs: number, us: number): boolean {
    if (!(count >= 1)) return true;
    if (this.#count < count) return false;
    return !(us - (this.#us[(this.#count - count) % this.capacity] as number) >= windowUs);
  }
}
