import type {
  EstimateReason,
  GateLimits,
  InhibitorState,
  RefusalReason,
  StimulusRequest,
} from '../../runtime/contracts.js';

/**
 * What the gate must say, written from the words of SAFETY.md and sharing no code with it: plain
 * lists of everything that happened, counted anew at each request. Slow and simple on purpose.
 */
export class GateChecker {
  armedUntilUs = -Infinity;
  gainDb = 0;
  /** The tightest of the configured ones and of all that arming and lowering named since the last arming. */
  limits: GateLimits;
  readonly #configured: GateLimits;
  permits = 0;
  /** Start times of all stimuli that count. */
  readonly starts: number[] = [];
  /** All times at which a request was judged. */
  readonly #judgedUs: number[] = [];
  /** What was given before this run, and how much of it in this night. */
  pastOfNight = 0;
  lease = { number: 0, left: 0, untilUs: -Infinity };
  readonly #ofNight: boolean;
  readonly states = new Map<RefusalReason, { state: InhibitorState; sinceUs: number }>();

  constructor(configured: GateLimits, required: readonly EstimateReason[], ofNight: boolean) {
    this.#ofNight = ofNight;
    this.#configured = configured;
    this.limits = configured;
    for (const name of [...alwaysJudged, ...required]) this.states.set(name, { state: 'unknown', sinceUs: 0 });
  }

  arm(untilUs: number, perMinute: number, perHour: number, perNight: number, intervalUs: number, gainDb: number): void {
    this.limits = this.#configured;
    this.gainDb = 0;
    this.armedUntilUs = untilUs;
    this.lower(perMinute, perHour, perNight, intervalUs, gainDb);
  }

  lower(perMinute: number, perHour: number, perNight: number, intervalUs: number, gainDb: number): void {
    const known = (given: number, otherwise: number): number => (Number.isNaN(given) ? otherwise : given);
    const { limits } = this;
    this.limits = {
      perMinute: Math.min(limits.perMinute, known(perMinute, Infinity)),
      perHour: Math.min(limits.perHour, known(perHour, Infinity)),
      perNight: Math.min(limits.perNight, known(perNight, Infinity)),
      intervalUs: Math.max(limits.intervalUs, known(intervalUs, 0)),
    };
    if (!Number.isNaN(gainDb)) this.gainDb = Math.min(this.gainDb, gainDb);
  }

  disarm(): void {
    this.armedUntilUs = -Infinity;
    this.lease = { ...this.lease, left: 0 };
  }

  /** A lease counts from when it comes while armed, and only if it is a newer one. */
  grant(number: number, stimuli: number, untilUs: number, nowUs: number): number {
    if (!(nowUs < this.armedUntilUs) || !(number > this.lease.number)) return 0;
    this.lease = { number, left: stimuli, untilUs };
    return stimuli;
  }

  /** What is no count might be any: it uses up every limit. Told out of order, it counts from the newest. */
  past(atUs: number, stimuli: number, ofThisNight: boolean): void {
    const { perMinute, perHour, perNight } = this.#configured;
    const most = Math.max(perMinute, perHour, perNight);
    const count = Number.isFinite(stimuli) && stimuli >= 0 ? Math.min(stimuli, most) : most;
    const us = Math.max(atUs, ...this.starts);
    for (let n = 0; n < count; n++) this.starts.push(us);
    if (ofThisNight) this.pastOfNight += count;
  }

  /** Whether the state is new; undefined where the gate must refuse to know the name. */
  inhibit(name: RefusalReason, state: InhibitorState, nowUs: number): boolean | undefined {
    const before = this.states.get(name);
    if (!before) return undefined;
    if (before.state === state) return false;
    this.states.set(name, { state, sinceUs: nowUs });
    return true;
  }

  holding(): RefusalReason[] {
    const names: RefusalReason[] = [];
    for (const [name, { state }] of this.states) if (state !== 'clear') names.push(name);
    return names;
  }

  /** Stimuli, one at this time among them, that are not known to lie further apart from it than the window. */
  #crowd(startUs: number, windowUs: number): number {
    let count = 1;
    for (const us of this.starts) if (!(startUs - us >= windowUs)) count++;
    return count;
  }

  /** The long limits that a stimulus at this time would exceed. */
  spent(startUs: number): RefusalReason[] {
    const { perHour, perNight } = this.limits;
    const reasons: RefusalReason[] = [];
    if (this.#crowd(startUs, 60 * minuteUs) > perHour) reasons.push('per-hour');
    if (this.#crowd(startUs, 24 * 60 * minuteUs) > perNight) reasons.push('per-day');
    if (this.#ofNight && this.pastOfNight + this.permits + 1 > perNight) reasons.push('per-night');
    return reasons;
  }

  /** Every reason that speaks against a stimulus now; remembers the stimulus where there is none. */
  judge({ fireAtUs, expiresUs, withheld }: StimulusRequest, nowUs: number): RefusalReason[] {
    const reasons = this.holding();
    const startUs = Math.max(fireAtUs, nowUs);
    const { perMinute, intervalUs } = this.limits;
    reasons.push(...this.spent(startUs));
    if (!(startUs < this.armedUntilUs)) reasons.push('disarmed');
    const backwards = !this.#judgedUs.every((us) => nowUs >= us);
    const soon = fireAtUs - nowUs <= 20_000;
    if (!soon || Number.isNaN(expiresUs) || startUs > expiresUs || backwards) reasons.push('expired');
    if (this.#crowd(startUs, intervalUs) > 1) reasons.push('interval');
    if (this.#crowd(startUs, minuteUs) > perMinute) reasons.push('per-minute');
    if (!(this.lease.left >= 1) || !(startUs < this.lease.untilUs)) reasons.push('lease');
    if (withheld) reasons.push('schedule');
    if (!Number.isNaN(nowUs)) this.#judgedUs.push(nowUs);
    if (reasons.length === 0) {
      this.starts.push(startUs);
      this.permits++;
      this.lease.left--;
    }
    return reasons;
  }
}

const minuteUs = 60_000_000;

/** What holds whatever is required: SAFETY.md. */
export const alwaysJudged: readonly RefusalReason[] = [
  'stale',
  'settling',
  'gap',
  'saturation',
  'flat',
  'ring-loss',
  'guardian',
  'supervisor',
  'source',
  'unconfirmed',
  'budget',
  'recorder',
  'disk',
  'clock',
];
