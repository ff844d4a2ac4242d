import { z } from 'zod';
import { alarmNames } from '../study/alarm-rules.js';
import { bedReport, type BedReport } from './bed.js';

/** An alarm of a bed, or of whoever hears it. */
export type BedAlarm = BedReport['alarms'][number];

/** One row of the list of beds. */
export interface BedRow extends Omit<BedReport, 'sample_age_s'> {
  readonly name: string;
  /** Seconds, as it must be by now; null before its first sample. */
  readonly sampleAge: number | null;
  /** Its run ended in order. */
  readonly ended: boolean;
}

interface Bed {
  report: BedReport;
  heardMs: number;
  /** As on its topic `state`: `lost` by its will, `offline` where it ended in order. */
  state: string;
  silence?: BedAlarm;
}

/**
 * The beds whose retained topics `axond/1/NAME/bed` and `…/state` come in, and this one. A bed that is not heard for 60 s,
 * or that the broker has lost, is an alarm here: latched as the beds' own are. What the broker kept is as old as nobody
 * knows, so that such a bed has 60 s to be heard. An empty payload takes a bed out. Pure.
 */
export class Beds {
  readonly #own: string;
  readonly #beds = new Map<string, Bed>();
  /** Of beds that were not heard yet. */
  readonly #states = new Map<string, string>();

  /** `own` is this device: it is told by `hear` past the broker. */
  constructor(own: string) {
    this.#own = own;
  }

  /** What this run says of itself. */
  hear(report: BedReport, nowMs: number): void {
    this.#take(this.#own, report, nowMs);
  }

  /** A message of the broker. False: it is none of a bed's. */
  take(topic: string, payload: Uint8Array, nowMs: number): boolean {
    const [, name = '', kind] = /^axond\/1\/([^/]+)\/(bed|state)$/.exec(topic) ?? [];
    if (kind === undefined) return false;
    if (name === this.#own || name.length > longestName || payload.length > largestBytes) return true;
    if (payload.length === 0 && kind === 'bed') this.#beds.delete(name);
    const given = parsed(payload);
    if (kind === 'bed') {
      const report = bedReport.safeParse(given).data;
      if (report) this.#take(name, report, nowMs);
    } else {
      const state = stateReport.safeParse(given).data?.state;
      const bed = this.#beds.get(name);
      if (state === undefined) return true;
      if (bed) bed.state = state;
      else if (this.#states.size < mostBeds) this.#states.set(name, state);
    }
    return true;
  }

  /**
   * Worst first. `wallMs` is for people. Whoever listens asks once a second, whether somebody looks or not: a silence is
   * noticed when this is asked.
   */
  rows(nowMs: number, wallMs: number): readonly BedRow[] {
    const rows = [...this.#beds].map(([name, bed]): BedRow => {
      this.#watch(bed, nowMs, wallMs);
      const { sample_age_s: age, ...report } = bed.report;
      const heard = Math.max(0, (nowMs - bed.heardMs) / 1000);
      return {
        ...report,
        name,
        ended: bed.state === 'offline',
        sampleAge: age === null ? null : age + (heard < freshSeconds ? 0 : Math.round(heard)),
        alarms: bed.silence ? sorted([bed.silence, ...report.alarms]) : report.alarms,
      };
    });
    return rows.sort((a, b) => rankOf(a) - rankOf(b) || a.name.localeCompare(b.name, 'en'));
  }

  /** Of a silent bed, by initials: false where it is not. */
  acknowledgeSilence(name: string, by: string): boolean {
    const bed = this.#beds.get(name);
    if (!bed?.silence || bed.silence.by !== '') return false;
    bed.silence = { ...bed.silence, by };
    return true;
  }

  #take(name: string, report: BedReport, nowMs: number): void {
    const bed = this.#beds.get(name);
    if (bed) {
      bed.report = report;
      bed.heardMs = nowMs;
    } else if (this.#beds.size < mostBeds) {
      this.#beds.set(name, { report, heardMs: nowMs, state: this.#states.get(name) ?? '' });
      this.#states.delete(name);
    }
  }

  #watch(bed: Bed, nowMs: number, wallMs: number): void {
    const lost = bed.state === 'lost';
    const silent = bed.state !== 'offline' && (lost || nowMs - bed.heardMs >= silentMs);
    const held = bed.silence;
    if (silent && (held?.over ?? true)) {
      const detail = lost ? 'the broker has lost it' : 'nothing was heard of it for 60 s';
      const heard = new Date(wallMs - (nowMs - bed.heardMs));
      bed.silence = { ...silence, detail, since: heard.toISOString(), over: false, by: '' };
    } else if (!silent && held) {
      if (held.by === '') bed.silence = { ...held, over: true };
      else delete bed.silence;
    }
  }
}

/** What nobody has acknowledged comes first, what is over after what is not; then what is well, and what has ended. */
function rankOf({ alarms, ended }: BedRow): number {
  const [worst] = alarms;
  if (worst) return weightOf(worst);
  return ended ? 400 : 300;
}

function weightOf({ alarm, over, by }: BedAlarm): number {
  const known = alarmNames.findIndex((name) => name === alarm);
  // A silent bed may hide everything but what was marked before.
  const place = alarm === silence.alarm ? 0.5 : known < 0 ? alarmNames.length : known;
  return place + (over ? 50 : 0) + (by === '' ? 0 : 100);
}

function sorted(alarms: readonly BedAlarm[]): readonly BedAlarm[] {
  return [...alarms].sort((a, b) => weightOf(a) - weightOf(b));
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}

const silence = {
  alarm: 'silent',
  words: 'the bed has gone silent',
  fix: 'Go and look: power and network of the box, then axond status on it.',
};
const stateReport = z.object({ state: z.string().max(40) });
/** Beds tell every fifteen. */
const silentMs = 60_000;
const freshSeconds = 20;
const mostBeds = 200;
const longestName = 100;
const largestBytes = 16 * 1024;
