import { alarmNames, alarmWords, type AlarmName, type Present } from './alarm-rules.js';
import type { NightLine } from './night-log.js';

/** As it stands in the night's log. */
export interface AlarmChange {
  readonly alarm: AlarmName;
  readonly state: 'raised' | 'acknowledged' | 'over';
  /** Initials of who acknowledged it; otherwise the empty string. */
  readonly by: string;
  readonly detail: string;
}

/** One that somebody has still to see to. */
export interface Alarm {
  readonly alarm: AlarmName;
  readonly words: string;
  readonly detail: string;
  readonly fix: string;
  /** Wall clock; for people. */
  readonly sinceWallMs: number;
  /** What it was raised for has gone. */
  readonly over: boolean;
  /** Who acknowledged it; empty while nobody has. */
  readonly by: string;
}

/** With when it was written. */
export type LoggedAlarm = AlarmChange & { readonly wallMs: number };

/** What a night's log tells of alarms, in its order; of a name that this version does not know nothing. */
export function alarmsOf(lines: readonly Pick<NightLine, 'entry' | 'wallMs'>[]): readonly LoggedAlarm[] {
  return lines.flatMap(({ entry, wallMs }) => {
    if (entry.kind !== 'alarm') return [];
    const alarm = alarmNames.find((name) => name === entry.alarm);
    const { state, by, detail } = entry;
    return alarm === undefined ? [] : [{ alarm, state, by, detail, wallMs }];
  });
}

/**
 * Alarms are latched: one stays until somebody has acknowledged it and its cause is over, in either order. Whatever the
 * cause, it can be raised again after that; an event that is marked again while the first still holds, at once. Pure.
 */
export class Alarms {
  readonly #alarms = new Map<AlarmName, Alarm>();

  /** `earlier` of the same night, oldest first: a restart acknowledges nothing. */
  constructor(earlier: readonly LoggedAlarm[] = []) {
    for (const { wallMs, ...change } of earlier) this.#apply(change, wallMs);
  }

  /** Those of now, worst first; among them what nobody has acknowledged comes first. */
  get list(): readonly Alarm[] {
    const known = alarmNames.map((name) => this.#alarms.get(name)).filter((alarm) => alarm !== undefined);
    return [...known.filter(({ by }) => by === ''), ...known.filter(({ by }) => by !== '')];
  }

  /** What has changed by what is present now. */
  look(present: Present, wallMs: number): readonly AlarmChange[] {
    const changes: AlarmChange[] = [];
    for (const alarm of alarmNames) {
      const held = this.#alarms.get(alarm);
      const detail = present.get(alarm);
      const again = held === undefined || held.over || (counted.has(alarm) && held.detail !== detail);
      if (detail !== undefined && again) changes.push({ alarm, state: 'raised', by: '', detail });
      else if (detail === undefined && held && !held.over) changes.push({ alarm, state: 'over', by: '', detail: '' });
    }
    for (const change of changes) this.#apply(change, wallMs);
    return changes;
  }

  /** `by` are initials. */
  acknowledge(alarm: string, by: string, wallMs: number): AlarmChange | { readonly refused: string } {
    const held = this.list.find((one) => one.alarm === alarm);
    const there = this.list.map((one) => one.alarm).join(', ');
    const others = there === '' ? 'There is none.' : `There are: ${there}.`;
    if (!held) return { refused: `acknowledge: there is no alarm ${alarm} now. ${others}` };
    if (held.by !== '')
      return { refused: `acknowledge: ${alarm} was acknowledged by ${held.by}. It stays until its cause is over.` };
    const change: AlarmChange = { alarm: held.alarm, state: 'acknowledged', by, detail: '' };
    this.#apply(change, wallMs);
    return change;
  }

  #apply({ alarm, state, by, detail }: AlarmChange, wallMs: number): void {
    const held = this.#alarms.get(alarm);
    if (state === 'raised') {
      const [words, fix] = alarmWords[alarm];
      this.#alarms.set(alarm, {
        alarm,
        words,
        detail,
        fix,
        sinceWallMs: held?.by === '' ? held.sinceWallMs : wallMs,
        over: false,
        by: '',
      });
      return;
    }
    if (!held) return;
    const next = state === 'over' ? { ...held, over: true } : { ...held, by };
    if (next.over && next.by !== '') this.#alarms.delete(alarm);
    else this.#alarms.set(alarm, next);
  }
}

/** Each is an event of its own, which the detail counts. */
const counted: ReadonlySet<AlarmName> = new Set(['adverse']);
