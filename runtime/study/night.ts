import type { Rearming } from '../contracts.js';
import type { NightEntry, NightLimits, NightLine, NightTime } from './night-log.js';

/** The authorised window: from lights off to lights on, or to the end that was named. */
interface Window {
  readonly opened: NightLine;
  readonly untilUs: number;
  readonly untilWallMs: number;
}

/** Somebody silenced, disarmed or marked an adverse event, whether a run heard of it or not. */
export type RestCall = Pick<NightTime, 'us' | 'boot'>;

/** What was found of the run before this one, in the same night. */
export interface RunBefore {
  /** Name of its recording. */
  readonly recording: string;
  /** How long ago it was last alive; NaN if that is not known. */
  readonly sinceSeconds: number;
  /** When its guardian was silenced last, by the clock of its boot; -Infinity where it was not. */
  readonly silencedUs: number;
  /** The last one; without, there was none. */
  readonly restCall?: RestCall | undefined;
}

/** What a night's log comes to. Pure (SAFETY.md R-50). */
export class Night {
  #window: Window | undefined;
  #adverse: string | undefined;
  #adverseMarks = 0;
  #closed: string | undefined;
  #armed:
    | {
        readonly limits: NightLimits;
        readonly us: number;
        readonly boot: string;
        readonly recording: string | undefined;
      }
    | undefined;
  #rearmed = 0;
  /** Recording of the run that began last, and whether it has ended. */
  #recording: { readonly name: string; readonly ended: boolean } | undefined;
  readonly #steps = new Map<string, NightEntry & { kind: 'step' }>();

  constructor(lines: readonly NightLine[] = []) {
    for (const line of lines) this.take(line);
  }

  take(line: NightLine): void {
    const { entry } = line;
    switch (entry.kind) {
      case 'lightsOff':
        this.#window = { opened: line, untilUs: entry.untilUs, untilWallMs: entry.untilWallMs };
        break;
      case 'lightsOn':
        this.#window = undefined;
        break;
      case 'run':
        this.#recording = { name: entry.recording, ended: entry.state !== 'began' };
        break;
      case 'armed':
        this.#armed = { limits: entry.limits ?? {}, us: line.us, boot: line.boot, recording: this.#recording?.name };
        this.#rearmed = Math.max(this.#rearmed, entry.rearmed);
        break;
      case 'lowered':
        if (this.#armed) this.#armed = { ...this.#armed, limits: tighter(this.#armed.limits, entry.limits) };
        break;
      case 'disarmed':
        this.#armed = undefined;
        break;
      case 'mark':
        if (entry.mark !== 'adverse') break;
        this.#adverse = entry.text;
        this.#adverseMarks++;
        break;
      case 'adverseCleared':
        this.#adverse = undefined;
        break;
      case 'closed':
        this.#closed = entry.outcome;
        break;
      case 'step':
        this.#steps.set(entry.step, entry);
    }
  }

  /** An adverse event that nobody has cleared. */
  get adverse(): boolean {
    return this.#adverse !== undefined;
  }

  /** How many were marked, cleared ones too. */
  get adverseMarks(): number {
    return this.#adverseMarks;
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** How often it was armed by itself. */
  get rearmed(): number {
    return this.#rearmed;
  }

  /** The last result of each step of the evening. */
  get steps(): readonly (NightEntry & { kind: 'step' })[] {
    return [...this.#steps.values()];
  }

  /** Of a run that began and has not ended in order: it runs, or is gone. */
  get unended(): string | undefined {
    return this.#recording && !this.#recording.ended ? this.#recording.name : undefined;
  }

  /** It has been begun to record. */
  get hasRun(): boolean {
    return this.#recording !== undefined;
  }

  /** The limits under which it was armed; undefined where it was not. */
  get armedUnder(): NightLimits | undefined {
    return this.#armed?.limits;
  }

  /**
   * Seconds that are left of the window; 0 where there is none. In another boot than it was opened in, the wall clocks of
   * both have to be right: where one is not, it is closed.
   */
  windowSeconds(now: NightTime): number {
    if (!this.#window) return 0;
    const { opened, untilUs, untilWallMs } = this.#window;
    if (opened.boot === now.boot) return Math.max(0, (untilUs - now.us) / 1e6);
    const known = opened.clock === 'set' && now.clock === 'set' && now.wallMs >= opened.wallMs;
    return known ? Math.max(0, (untilWallMs - now.wallMs) / 1000) : 0;
  }

  /** What speaks against arming it now, one line each. */
  reasons(now: NightTime): readonly string[] {
    const held = this.held;
    if (held.length > 0 || this.windowSeconds(now) > 0) return held;
    const why = this.#window ? 'the window of this night is over' : 'lights are not off: no window is open';
    return [`night: ${why}. Open one when the sleeper is ready: axond mark lightsOff.`];
  }

  /** What holds it even within its window. */
  get held(): readonly string[] {
    const reasons: string[] = [];
    if (this.#closed !== undefined) reasons.push(`night: it is closed (${this.#closed}). It takes another night.`);
    if (this.#adverse !== undefined) {
      const what = this.#adverse === '' ? '' : ` (${this.#adverse})`;
      reasons.push(
        `night: held by an adverse event${what}. Whoever has seen to it says so by name: axond mark clear TEXT --by INITIALS.`,
      );
    }
    return reasons;
  }

  /** Why a run that begins now must not arm by itself; empty where it may, once everything else is well too. */
  againstRearming(rearm: Rearming | undefined, before: RunBefore, now: NightTime): readonly string[] {
    if (!rearm) return ['study.rearm: never, as the protocol has it.'];
    const reasons = [...this.reasons(now)];
    const { recording, sinceSeconds, silencedUs, restCall } = before;
    if (this.#armed?.recording !== recording) reasons.push(`study.rearm: ${recording}, the run before, was not armed.`);
    else if (silencedUs >= this.#armed.us) reasons.push(`study.rearm: ${recording} was silenced after it was armed.`);
    else if (restCall && isAfter(restCall, this.#armed, now))
      reasons.push(`study.rearm: somebody asked for rest after ${recording} was armed, when no run may have heard it.`);
    if (this.#rearmed >= rearm.times)
      reasons.push(`study.rearm.times: it was armed again ${this.#rearmed} times already.`);
    const withinSeconds = rearm.withinUs / 1e6;
    if (!(sinceSeconds >= 0 && sinceSeconds <= withinSeconds)) {
      const since = Number.isNaN(sinceSeconds) ? 'not known' : `${Math.round(sinceSeconds)} s ago`;
      reasons.push(`study.rearm.within: the run before ended ${since}, not within ${withinSeconds} s.`);
    }
    return reasons;
  }
}

/** Clocks of two boots compare with none but this one: where neither moment is of it, a call counts as later. */
function isAfter(call: RestCall, armed: Pick<NightTime, 'us' | 'boot'>, now: NightTime): boolean {
  return call.boot === armed.boot ? call.us >= armed.us : armed.boot !== now.boot;
}

/** Of each limit the tighter one. An interval is tighter where it is longer. */
export function tighter(held: NightLimits, lower: NightLimits): NightLimits {
  const all = { ...held, ...lower };
  for (const key of ['perMinute', 'perHour', 'perNight', 'gainDb'] as const) {
    const [a, b] = [held[key], lower[key]];
    if (a !== undefined && b !== undefined) all[key] = Math.min(a, b);
  }
  const { intervalUs: a } = held;
  if (a !== undefined && all.intervalUs !== undefined) all.intervalUs = Math.max(a, all.intervalUs);
  return all;
}

/** No night is longer. */
export const longestWindowSeconds = 10 * 3600;
