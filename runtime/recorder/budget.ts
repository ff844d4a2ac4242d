import { z } from 'zod';

/**
 * How many stimuli were given, across runs, recordings and restarts. Pure: it is read from a text and written to one.
 *
 * Its times lie on an axis of their own that never runs backwards and never runs fast: the monotonic clock of each boot,
 * laid end to end. Nobody knows how long the machine was off between two boots, so that time counts as none; the wall
 * clock, which anybody can set, is never asked.
 */

const whole = z.number().int().nonnegative();
const givenAt = z.strictObject({ atUs: z.number(), stimuli: whole.positive(), night: z.string() });
const reserved = z.strictObject({
  lease: whole.positive(),
  stimuli: whole,
  /** Of `stimuli`, those that stand among the given already. */
  used: whole,
  untilUs: z.number(),
});
const reset = z.strictObject({ wallMs: z.number(), by: z.string(), reason: z.string() });
const budgetState = z.strictObject({
  version: z.literal(1),
  /** The boot in which the axis was last continued, and what to add to its monotonic clock. */
  bootId: z.string(),
  offsetUs: z.number(),
  /** The latest time on the axis that anybody has seen. */
  lastUs: z.number(),
  /** The run that has not ended yet, or never did. `counted` is the last of its commands that is among the given. */
  run: z
    .strictObject({
      recording: z.string(),
      night: z.string(),
      offsetUs: z.number(),
      counted: whole,
      leases: z.array(reserved),
    })
    .nullable(),
  given: z.array(givenAt),
  resets: z.array(reset),
});
type BudgetState = z.output<typeof budgetState>;
export type Reserved = z.output<typeof reserved>;
export type Reset = z.output<typeof reset>;

/** Stimuli at a time of the run's monotonic clock, negative for what was given long before its boot. */
export interface Past {
  readonly atUs: number;
  readonly stimuli: number;
  /** The night of this run. */
  readonly night: boolean;
}

/** A stimulus of a run that was killed: permitted by its recording, or delivered by the guardian's log beside it. */
export interface Proven {
  readonly command: number;
  readonly atUs: number;
}

export interface BudgetLimits {
  readonly perHour: number;
  readonly perNight: number;
}

/** What is still allowed; `night` is null where the run belongs to none. */
export interface Left {
  readonly hour: number;
  readonly day: number;
  readonly night: number | null;
}

/** What a participant's night is counted by. */
export const nightName = (study: string, participant: string, night: number): string =>
  `${nightsLead(study, participant)}${night}`;
const nightsLead = (study: string, participant: string): string => `${study}/${participant}/`;

export class Budget {
  readonly #state: BudgetState;

  private constructor(state: BudgetState) {
    this.#state = state;
  }

  static first(resets: readonly Reset[] = []): Budget {
    const axis = { bootId: '', offsetUs: 0, lastUs: 0 };
    return new Budget({ version: 1, ...axis, run: null, given: [], resets: [...resets] });
  }

  /** Throws one line if the text is no budget. */
  static parse(text: string): Budget {
    const parsed = budgetState.safeParse(JSON.parse(text));
    if (parsed.success) return new Budget(parsed.data);
    const [issue] = parsed.error.issues;
    throw new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is no budget'}`);
  }

  toText(): string {
    return JSON.stringify(this.#state);
  }

  get resets(): readonly Reset[] {
    return this.#state.resets;
  }

  /** The recording of the run that has not ended yet, if there is one. */
  get unfinished(): string | undefined {
    return this.#state.run?.recording;
  }

  /** Goes on with the axis in the boot of `bootId` (`unknown` is never the same boot again) at this monotonic time. */
  continueIn(bootId: string, nowUs: number): void {
    const state = this.#state;
    const same = bootId !== 'unknown' && bootId === state.bootId && nowUs + state.offsetUs >= state.lastUs;
    if (!same) state.offsetUs = state.lastUs - nowUs;
    state.bootId = bootId;
    this.#seen(nowUs);
  }

  /**
   * Ends a run that was killed. What is proven keeps its time; all else that its open leases allowed may have been given
   * too, and counts as given when they ended, or now if that is earlier: a dead run gives nothing more.
   */
  recover(proven: readonly Proven[], nowUs: number): { readonly proven: number; readonly possible: number } {
    const { run } = this.#state;
    const axisUs = this.#seen(nowUs);
    if (!run) return { proven: 0, possible: 0 };
    const fresh = proven.filter(({ command }) => command > run.counted);
    for (const { atUs } of fresh) this.#add(Math.min(atUs + run.offsetUs, axisUs), 1, run.night);
    const open = run.leases.reduce((sum, { stimuli, used }) => sum + Math.max(0, stimuli - used), 0);
    const possible = Math.max(0, open - fresh.length);
    const endUs = Math.max(...run.leases.map(({ untilUs }) => untilUs));
    if (possible > 0) this.#add(Math.min(endUs, axisUs), possible, run.night);
    this.#state.run = null;
    return { proven: fresh.length, possible };
  }

  /** `night` names a participant's night; empty for a run that belongs to none. */
  begin(recording: string, night: string): void {
    if (this.#state.run) throw new Error(`the run of ${this.#state.run.recording} has not been accounted for`);
    this.#state.run = { recording, night, offsetUs: this.#state.offsetUs, counted: 0, leases: [] };
  }

  /** The run has ended, and all that it gave is here: what its leases allowed beyond is given back. */
  finish(nowUs: number): void {
    this.#seen(nowUs);
    this.#state.run = null;
  }

  /** A stimulus was permitted: it counts, whatever became of it. */
  give(command: number, atUs: number): void {
    const run = this.#running();
    this.#add(atUs + this.#state.offsetUs, 1, run.night);
    run.counted = Math.max(run.counted, command);
  }

  /** The leases that are open now, with times of the monotonic clock. */
  hold(leases: readonly Reserved[], nowUs: number): void {
    const axisUs = this.#seen(nowUs);
    this.#running().leases = leases.map((lease) => ({ ...lease, untilUs: lease.untilUs + this.#state.offsetUs }));
    this.#tidy(axisUs);
  }

  left({ perHour, perNight }: BudgetLimits, reserved: number, nowUs: number): Left {
    const axisUs = this.#seen(nowUs);
    const night = this.#state.run?.night ?? '';
    const since = (us: number): number =>
      this.#state.given.reduce((sum, { atUs, stimuli }) => (atUs > us ? sum + stimuli : sum), reserved);
    const sameNight = this.#state.given.reduce((sum, one) => (one.night === night ? sum + one.stimuli : sum), reserved);
    return {
      hour: Math.max(0, perHour - since(axisUs - hourUs)),
      day: Math.max(0, perNight - since(axisUs - dayUs)),
      night: night === '' ? null : Math.max(0, perNight - sameNight),
    };
  }

  /** What was given in the hour, and the 24 hours, before the latest time that was seen, and in each night. */
  counts(): { readonly hour: number; readonly day: number; readonly nights: Readonly<Record<string, number>> } {
    const { given, lastUs } = this.#state;
    const nights: Record<string, number> = {};
    for (const { night, stimuli } of given) if (night !== '') nights[night] = (nights[night] ?? 0) + stimuli;
    const since = (us: number): number =>
      given.reduce((sum, { atUs, stimuli }) => (atUs > us ? sum + stimuli : sum), 0);
    return { hour: since(lastUs - hourUs), day: since(lastUs - dayUs), nights };
  }

  /** All that counts for the run that has begun, oldest first. */
  past(nowUs: number): Past[] {
    const axisUs = this.#seen(nowUs);
    this.#tidy(axisUs);
    const { night } = this.#running();
    return this.#state.given
      .filter((one) => one.atUs > axisUs - dayUs || (night !== '' && one.night === night))
      .map((one) => ({
        atUs: one.atUs - this.#state.offsetUs,
        stimuli: one.stimuli,
        night: night !== '' && one.night === night,
      }));
  }

  /** Whether nights of this participant are counted. */
  names(study: string, participant: string): boolean {
    return this.#nights().some((night) => night.startsWith(nightsLead(study, participant)));
  }

  /** Nobody can tell any more whose these nights were; what was given in them counts as before, each by itself. */
  unname(study: string, participant: string): void {
    const known = new Set(this.#nights());
    const renamed = new Map<string, string>();
    for (const night of [...known].filter((one) => one.startsWith(nightsLead(study, participant)))) {
      let number = 1;
      while (known.has(`withdrawn/${number}`)) number++;
      known.add(`withdrawn/${number}`);
      renamed.set(night, `withdrawn/${number}`);
    }
    const { given, run } = this.#state;
    for (const one of run ? [...given, run] : given) one.night = renamed.get(one.night) ?? one.night;
  }

  /** Forgets all that was given, by the word of a person. */
  reset(by: string, reason: string, wallMs: number): void {
    const state = this.#state;
    state.given = [];
    state.run = null;
    state.resets.push({ wallMs, by, reason });
  }

  #nights(): string[] {
    const { given, run } = this.#state;
    return [...given.map(({ night }) => night), run?.night ?? ''];
  }

  #running(): NonNullable<BudgetState['run']> {
    if (!this.#state.run) throw new Error('no run has begun');
    return this.#state.run;
  }

  /** The time on the axis. */
  #seen(nowUs: number): number {
    const state = this.#state;
    state.lastUs = Math.max(state.lastUs, nowUs + state.offsetUs);
    return state.lastUs;
  }

  #add(atUs: number, stimuli: number, night: string): void {
    const { given } = this.#state;
    let place = given.length;
    while (place > 0 && (given[place - 1] as BudgetState['given'][number]).atUs > atUs) place--;
    given.splice(place, 0, { atUs, stimuli, night });
  }

  /**
   * What is older than an hour is kept by the minute, at the later time; what is older than a day only for its night.
   * What is fresh is kept by the second: a bench fires faster than anybody counts.
   */
  #tidy(axisUs: number): void {
    const kept: BudgetState['given'] = [];
    const last = new Map<string, BudgetState['given'][number]>();
    for (const one of this.#state.given) {
      const ageUs = axisUs - one.atUs;
      if (ageUs >= dayUs && one.night === '') continue;
      const grainUs = ageUs >= dayUs ? Infinity : ageUs >= hourUs ? minuteUs : secondUs;
      const before = last.get(one.night);
      if (before && one.atUs - before.atUs < grainUs && sameGrain(before.atUs, one.atUs, grainUs)) {
        before.stimuli += one.stimuli;
        before.atUs = one.atUs;
        continue;
      }
      const own = { ...one };
      last.set(one.night, own);
      kept.push(own);
    }
    this.#state.given = kept.sort((a, b) => a.atUs - b.atUs);
  }
}

function sameGrain(a: number, b: number, grainUs: number): boolean {
  return grainUs === Infinity || Math.floor(a / grainUs) === Math.floor(b / grainUs);
}

const secondUs = 1e6;
const minuteUs = 60e6;
const hourUs = 3600e6;
const dayUs = 24 * hourUs;
