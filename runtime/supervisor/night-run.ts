import type { Rearming } from '../contracts.js';
import type { NightEntry, NightLimits, NightLine, NightMark, NightTime } from '../study/night-log.js';
import { longestWindowSeconds, Night, tighter, type RunBefore } from '../study/night.js';

/** What a night's run needs of the rest. */
export interface NightRunPorts {
  now(): NightTime;
  /** On disk when it resolves, with all lines that came since the last one, also those of another process. */
  append(entry: NightEntry): Promise<readonly NightLine[]>;
  /** Whether its actuator can reach a sleeper; a virtual one needs no window. */
  readonly isReal: boolean;
  /** Whether the loop is. */
  armed(): boolean;
  armedUntilUs(): number;
  /** Whether samples come and the guardian is ready. */
  stands(): boolean;
  /** All that speaks against arming for so long now, this night's own reasons among it. */
  check(seconds: number, limits: NightLimits): Promise<readonly string[]>;
  /** False if the loop takes no messages. */
  arm(untilUs: number, limits: NightLimits): boolean;
  disarm(): void;
  /** Brings the guardian to rest, past the core; rejects if none is there. */
  silence(): Promise<unknown>;
  /** Into the recording. */
  mark(text: string): void;
  say(level: 'info' | 'warn' | 'error', text: string): void;
}

/** What somebody says of the night. */
export interface NightSaying {
  readonly mark: NightMark | 'clear';
  readonly text: string;
  readonly by: string;
  /** Of lights off: how long the window is. */
  readonly forSeconds?: number | undefined;
  /** The recording has it already. */
  readonly isMarked?: boolean;
}

/**
 * One night as its run keeps it: writes the log, answers marks, says what speaks against arming, and arms again after a
 * crash where the protocol allows it (SAFETY.md ).
 */
export class NightRun {
  readonly #night: Night;
  readonly #isNew: boolean;
  readonly #ports: NightRunPorts;
  readonly #rearm: Rearming | undefined;
  /** Why its log could not be read at the start: what is in it is not known, whoever restores it meanwhile. */
  readonly #damage: string;
  /** Why nothing can be written, so that nothing may be armed. */
  #problem = '';
  /** Lines that failed and must not be lost, before any other one. */
  readonly #owed: NightEntry[] = [];
  #paying: Promise<boolean> | undefined;
  #adverseHere = false;
  /** In this night; also those that the log did not take. */
  #adverseMarks: number;
  /** The loop was, at the last beat. */
  #wasArmed = false;
  /** A line says so, or is on its way into the log, and none after it that this has ended. */
  #isArmed: boolean;
  /** This run is to arm by itself, until then. */
  #pending: { readonly deadlineUs: number } | undefined;
  /** What somebody has asked for meanwhile: tighter than it was armed, and perhaps not in the log yet. */
  #lowered: NightLimits = {};
  #nextUs = -Infinity;
  #nextPayUs = -Infinity;
  #nextDisarmUs = -Infinity;
  #lastReasons: readonly string[] = [];

  constructor(lines: readonly NightLine[], rearm: Rearming | undefined, ports: NightRunPorts, damage = '') {
    this.#night = new Night(lines);
    this.#adverseMarks = this.#night.adverseMarks;
    this.#isNew = lines.length === 0 && damage === '';
    this.#isArmed = this.#night.armedUnder !== undefined;
    this.#rearm = rearm;
    this.#ports = ports;
    this.#damage = damage;
  }

  /** Once, before anything can be armed. `begun` is for a night that no walk-through has begun. */
  async begin(begun: NightEntry & { kind: 'begun' }, recording: string, before: RunBefore | undefined): Promise<void> {
    const now = this.#ports.now();
    const limits = this.#night.armedUnder;
    if (this.#isNew) await this.#write(begun);
    if (before) await this.#write({ kind: 'run', recording: before.recording, state: 'gone', detail: '' });
    if (before && limits) {
      const reasons = this.#night.againstRearming(this.#rearm, before, now);
      if (reasons.length > 0) await this.#refuse(reasons);
      else if (this.#rearm) {
        const leftUs = this.#rearm.withinUs - before.sinceSeconds * 1e6;
        this.#pending = { deadlineUs: now.us + leftUs };
      }
    }
    await this.#write({ kind: 'run', recording, state: 'began', detail: '' });
  }

  /** What speaks against arming, one line each. */
  get reasons(): readonly string[] {
    const held = this.#adverseHere && !this.#night.adverse ? ['night: held by an adverse event. See the log.'] : [];
    return [...this.#unlogged, ...held, ...this.#night.reasons(this.#ports.now())];
  }

  /** As `reasons`, where nothing leaves the machine: no window is needed. */
  get held(): readonly string[] {
    return [...this.#unlogged, ...this.#night.held];
  }

  get #unlogged(): readonly string[] {
    const problem = this.#damage || this.#problem;
    return problem === '' ? [] : [`night: ${problem}`];
  }

  /** Left of the window. */
  get windowSeconds(): number {
    return this.#night.windowSeconds(this.#ports.now());
  }

  /** How many were marked in this night; 0 where none holds it. */
  get adverse(): number {
    return this.state.adverse ? this.#adverseMarks : 0;
  }

  get state(): NightState {
    const { steps, rearmed, closed } = this.#night;
    return {
      windowSeconds: this.windowSeconds,
      adverse: this.#adverseHere || this.#night.adverse,
      rearmed,
      closed,
      problem: this.#unlogged.length === 0 ? '' : withoutCode,
      steps: steps.map(({ step, result, detail }) => ({ step, result, detail })),
    };
  }

  /** Somebody has armed, within the window. Before the loop is told. */
  async armed(limits: NightLimits): Promise<void> {
    this.#pending = undefined;
    this.#wasArmed = this.#ports.armed();
    await this.#must({ kind: 'armed', by: '', rearmed: 0, limits });
  }

  lowered(limits: NightLimits): void {
    if (this.#pending) this.#lowered = tighter(this.#lowered, limits);
    if (this.#ports.armed() || this.#pending) void this.#write({ kind: 'lowered', limits });
  }

  /**
   * Somebody, or something, disarms: the reason that the log gives. A night that was to be armed again is not. Written
   * whatever the loop does: one that hangs never disarms, and the run after it would arm by itself.
   */
  disarming(cause: string): void {
    this.#pending = undefined;
    void this.#writeDisarmed(cause);
  }

  /** Rejects where it takes no line, as status says it. */
  async append(entry: NightEntry): Promise<void> {
    if (!(await this.#write(entry))) throw new Error(withoutCode);
  }

  /** Returns why it could not be followed; empty if it was. An adverse event acts first, and is written at the same time. */
  async say({
    mark,
    text,
    by,
    forSeconds = longestWindowSeconds,
    isMarked = false,
  }: NightSaying): Promise<readonly string[]> {
    const words = [mark, text, by === '' ? '' : `by ${by}`].filter((word) => word !== '').join(' ');
    switch (mark) {
      case 'adverse': {
        this.#adverseHere = true;
        this.#adverseMarks++;
        this.disarming('adverse');
        this.#ports.disarm();
        const silenced = this.#ports.silence().catch((error: unknown) => this.#ports.say('warn', String(error)));
        if (!isMarked) this.#ports.mark(words);
        // Not after the guardian's answer: a crash in between would forget the event, and might arm again.
        await Promise.all([silenced, this.#must({ kind: 'mark', mark, text, by })]);
        return [];
      }
      case 'clear':
        if (!this.#adverseHere && !this.#night.adverse)
          return ['clear: no adverse event holds this night. See axond status.'];
        await this.#must({ kind: 'adverseCleared', by, text });
        this.#adverseHere = false;
        this.#ports.mark(words);
        return [];
      case 'lightsOff': {
        if (this.#night.closed) return this.#night.held;
        const open = this.windowSeconds;
        if (open > 0)
          return [`lightsOff: the window is open for another ${minutes(open)}. Close it first: axond mark lightsOn.`];
        if (!(forSeconds > 0 && forSeconds <= longestWindowSeconds))
          return [`lightsOff: ${forSeconds} s is not within 10 h. Give --for 10h or less.`];
        const { us, wallMs } = this.#ports.now();
        const untilUs = us + forSeconds * 1e6;
        await this.#must({ kind: 'lightsOff', by, untilUs, untilWallMs: wallMs + forSeconds * 1000 });
        break;
      }
      case 'lightsOn':
        this.disarming('lightsOn');
        this.#ports.disarm();
        await this.#must({ kind: 'lightsOn', by });
        break;
      case 'awake':
      case 'note':
        break;
    }
    if (!isMarked) this.#ports.mark(words);
    if (mark !== 'lightsOff' && mark !== 'lightsOn') await this.#must({ kind: 'mark', mark, text, by });
    return [];
  }

  /** With each beat of the supervisor. */
  beat(): void {
    const armed = this.#ports.armed();
    const now = this.#ports.now();
    const { us } = now;
    const isOver = us >= this.#ports.armedUntilUs() - 1e6;
    if (this.#wasArmed && !armed) void this.#writeDisarmed(isOver ? 'expired' : 'guardian');
    this.#wasArmed = armed;
    // Whatever let the loop be armed, or keeps it from its end.
    if (armed && this.#ports.isReal && us >= this.#nextDisarmUs && this.#night.reasons(now).length > 0) {
      this.#nextDisarmUs = us + retryUs;
      this.disarming(isOver ? 'expired' : 'window');
      this.#ports.disarm();
    }
    if (this.#owed.length > 0 && us >= this.#nextPayUs) {
      this.#nextPayUs = us + retryUs;
      void this.#pay();
    }
    if (!this.#pending || us < this.#nextUs) return;
    if (us > this.#pending.deadlineUs) {
      this.#pending = undefined;
      const reasons = this.#lastReasons;
      void this.#refuse(reasons.length > 0 ? reasons : ['it did not stand in time: no samples, or no guardian.']);
    } else if (this.#ports.stands()) {
      this.#nextUs = Infinity;
      void this.#tryAgain().finally(() => (this.#nextUs = this.#ports.now().us + retryUs));
    }
  }

  /** The run ends in order. */
  async end(recording: string): Promise<void> {
    this.#pending = undefined;
    await this.#writeDisarmed('shutdown');
    await this.#write({ kind: 'run', recording, state: 'ended', detail: '' });
  }

  async #tryAgain(): Promise<void> {
    const seconds = this.windowSeconds;
    this.#lastReasons = await this.#ports.check(seconds, this.#night.armedUnder ?? {});
    // Somebody may have ended the arming meanwhile.
    const held = this.#night.armedUnder;
    if (this.#lastReasons.length > 0 || !this.#pending || !held) return;
    const limits = tighter(held, this.#lowered);
    const rearmed = this.#night.rearmed + 1;
    const untilUs = this.#ports.now().us + seconds * 1e6;
    // On disk before anything can follow from it: a crash after this counts.
    if (!(await this.#write({ kind: 'armed', by: '', rearmed, limits }))) return;
    const times = this.#rearm?.times ?? 0;
    const words = `armed again by itself, ${rearmed} of ${times} times`;
    // Somebody may have disarmed while it was written.
    if (!this.#isPending()) return;
    this.#pending = undefined;
    const reasons = this.reasons;
    if (reasons.length > 0 || !this.#ports.arm(untilUs, tighter(limits, this.#lowered))) {
      await this.#refuse(reasons.length > 0 ? reasons : ['the loop does not take messages.']);
      return;
    }
    // After the line of the arming, whichever of them was written first.
    if (Object.keys(this.#lowered).length > 0) void this.#write({ kind: 'lowered', limits: this.#lowered });
    this.#ports.mark(words);
    this.#ports.say('warn', words);
  }

  #isPending(): boolean {
    return this.#pending !== undefined;
  }

  async #refuse(reasons: readonly string[]): Promise<void> {
    for (const reason of reasons) this.#ports.say('warn', `not armed again: ${reason}`);
    this.#ports.mark('not armed again');
    await this.#writeDisarmed('gone');
    await this.#write({ kind: 'rearmRefused', reasons: [...reasons] });
  }

  /** Once for each arming, though a mark, the next beat and the end of the run all notice it. */
  async #writeDisarmed(cause: string): Promise<void> {
    if (!this.#isArmed) return;
    this.#isArmed = false;
    await this.#write({ kind: 'disarmed', cause });
  }

  /** Rejects with what went wrong. */
  async #must(entry: NightEntry): Promise<void> {
    if (!(await this.#write(entry))) throw new Error(this.#problem);
  }

  /** False if it could not be written: then nothing may be armed, and what must not be lost is tried again. */
  async #write(entry: NightEntry): Promise<boolean> {
    if (entry.kind === 'armed') this.#isArmed = true;
    if (this.#owed.length === 0 || (await this.#pay())) return this.#try(entry);
    this.#owe(entry);
    return false;
  }

  #owe(entry: NightEntry): void {
    if (mustNotBeLost(entry) && !this.#owed.includes(entry)) this.#owed.push(entry);
  }

  /** Writes what is owed, once, whoever asks. False if some still is. */
  #pay(): Promise<boolean> {
    this.#paying ??= this.#payAll().finally(() => (this.#paying = undefined));
    return this.#paying;
  }

  async #payAll(): Promise<boolean> {
    for (let first = this.#owed[0]; first; first = this.#owed[0]) {
      if (!(await this.#try(first))) return false;
      this.#owed.shift();
    }
    this.#problem = '';
    return true;
  }

  async #try(entry: NightEntry): Promise<boolean> {
    try {
      for (const line of await this.#ports.append(entry)) this.#night.take(line);
      if (this.#owed.length === 0) this.#problem = '';
      return true;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) this.#ports.say('error', `night: ${problem}`);
      this.#problem = problem;
      this.#owe(entry);
      return false;
    }
  }
}

/** For status, page and alarms. */
export interface NightState {
  /** Left of the authorised window; 0 where none is open. */
  readonly windowSeconds: number;
  /** An adverse event holds the night. */
  readonly adverse: boolean;
  /** How often it was armed by itself. */
  readonly rearmed: number;
  readonly closed: boolean;
  /** That its log cannot be read or written; empty while it can. */
  readonly problem: string;
  readonly steps: readonly { readonly step: string; readonly result: string; readonly detail: string }[];
}

/** The file's name holds the participant's code, and this leaves the box. */
const withoutCode =
  'the log of the night cannot be read or written. What arms names the file and the reason: axond arm.';
/** What makes a night safer: a run after this one would arm by itself for want of it. */
const mustNotBeLost = (entry: NightEntry): boolean =>
  entry.kind === 'disarmed' || entry.kind === 'lightsOn' || (entry.kind === 'mark' && entry.mark === 'adverse');
const minutes = (seconds: number): string => `${Math.ceil(seconds / 60)} min`;

const retryUs = 2e6;
