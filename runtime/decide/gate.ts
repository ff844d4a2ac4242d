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
  readonly #bits: Int32Array;
  readonly #configured: GateLimits;
  readonly #minute = new RollingCount(60e6);
  readonly #hour = new RollingCount(3600e6);
  /** A night ends when 24 h have passed since a stimulus, never at midnight. */
  readonly #night = new RollingCount(24 * 3600e6);
  #armedUntilUs = -Infinity;
  #lastPermitUs = -Infinity;
  #newestUs = -Infinity;

  /** `required` are the reasons that estimates stand for: each is unknown, and holds, until it is said to be clear. */
  constructor(configured: GateLimits, required: readonly EstimateReason[] = []) {
    const names = inhibitorNames.filter((name) => isAlwaysJudged(name) || required.some((one) => one === name));
    this.inhibitors = names.map((name) => ({ name, state: 'unknown', sinceUs: 0 }));
    this.#bits = Int32Array.from(names, (name) => bit[name]);
    this.#configured = configured;
    this.limits = { ...configured };
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
    if (perMinute < limits.perMinute) limits.perMinute = perMinute;
    if (perHour < limits.perHour) limits.perHour = perHour;
    if (perNight < limits.perNight) limits.perNight = perNight;
    if (intervalUs > limits.intervalUs) limits.intervalUs = intervalUs;
  }

  disarm(): void {
    this.#armedUntilUs = -Infinity;
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

  /** 0 permits and counts the stimulus; otherwise bit n set means `refusalReasons[n]`. */
  decide(request: StimulusRequest, nowUs: number): number {
    const fireUs = request.fireAtUs > nowUs ? request.fireAtUs : nowUs;
    let reasons = this.holding;
    if (!(fireUs < this.#armedUntilUs)) reasons |= bit.disarmed;
    if (request.withheld) reasons |= bit.schedule;
    // NaN and clocks that run backwards fail these comparisons on purpose.
    if (!(fireUs <= request.expiresUs) || !(nowUs >= this.#newestUs)) reasons |= bit.expired;
    if (!(fireUs - this.#lastPermitUs >= this.limits.intervalUs)) reasons |= bit.interval;
    if (!(this.#minute.at(fireUs) < this.limits.perMinute)) reasons |= bit['per-minute'];
    if (!(this.#hour.at(fireUs) < this.limits.perHour)) reasons |= bit['per-hour'];
    if (!(this.#night.at(fireUs) < this.limits.perNight)) reasons |= bit['per-night'];
    this.#newestUs = nowUs > this.#newestUs ? nowUs : this.#newestUs;
    if (reasons === 0) {
      this.#lastPermitUs = fireUs;
      this.#minute.add(fireUs);
      this.#hour.add(fireUs);
      this.#night.add(fireUs);
    }
    return reasons;
  }
}

/** The reasons that are states of the world; the others are judged for each request. */
const inhibitorNames = refusalReasons.slice(refusalReasons.indexOf('stale'), refusalReasons.indexOf('lease'));

/** Saturation and flat lines are judged on raw counts, whatever is required besides. */
function isAlwaysJudged(name: RefusalReason): boolean {
  return name === 'saturation' || name === 'flat' || !estimateReasons.some((one) => one === name);
}

const bit = Object.fromEntries(refusalReasons.map((name, place) => [name, 1 << place])) as Record<
  RefusalReason,
  number
>;

/** Counts times within a window. Holds so many that a full ring means a refusal, whatever the limits say. */
class RollingCount {
  readonly #times = new Float64Array(rollingCapacity);
  readonly #windowUs: number;
  #oldest = 0;
  #count = 0;

  constructor(windowUs: number) {
    this.#windowUs = windowUs;
  }

  at(nowUs: number): number {
    while (this.#count > 0 && (this.#times[this.#oldest] as number) <= nowUs - this.#windowUs) {
      this.#oldest = (this.#oldest + 1) % rollingCapacity;
      this.#count--;
    }
    return this.#count === rollingCapacity ? Infinity : this.#count;
  }

  add(timeUs: number): void {
    this.#times[(this.#oldest + this.#count) % rollingCapacity] = timeUs;
    this.#count++;
  }
}

/** Above the largest hard limit of any actuator kind for a night (the latency bench; people: 6,000). */
const rollingCapacity = 1 << 18;
