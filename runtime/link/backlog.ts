import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { RunDescription } from '../contracts.js';
import { EventCode, decodeEvent } from '../loop/records.js';
import { readDeliveries } from '../recording/deliveries.js';
import { openRecording, type Recording } from '../recording/read.js';
import { missingReceipts } from '../recording/reconcile.js';
import { Cursor, cursorEnding, type Progress } from './cursor.js';
import { healthAfter, markTime, marksBy } from './recorded-health.js';
import { healthReport, reportOf, type EventNames, type Report } from './reports.js';

/** A report that waits in a recording, or an event of which nothing is reported. */
export interface Waiting {
  readonly report: Report | undefined;
  /** The same in every reading of the recording: who has seen it before has seen this event before. */
  readonly eventId: string;
  readonly bootId: string;
  readonly us: number;
  readonly wall: Date;
  /** Once this has arrived, and all before it. */
  readonly after: Progress;
}

/** A recording that cannot be read on; the rest of it stays unreported. */
export class UnreadableRecording extends Error {
  /** There is another to go on with. */
  readonly another: boolean;

  constructor(message: string, another: boolean) {
    super(message);
    this.another = another;
  }
}

interface Opened {
  readonly recording: Recording;
  readonly names: EventNames;
  readonly cursor: Cursor;
  /** What follows its last event; undefined before that was reached. */
  rest: readonly Waiting[] | undefined;
}

/**
 * What has not been reported yet: earlier recordings of this device in the folder of the one that is being written, then
 * that one. A few rows are in memory at a time, however long the broker was away.
 */
export class Backlog {
  #newest: string;
  readonly #node: string;
  readonly #notes: boolean;
  readonly #earlier: string[];
  #open: Opened | undefined;
  #savedMs = -Infinity;

  /** `notes`: with the texts of marks, which people write of people. */
  constructor(newest: string, node: string, notes = false) {
    this.#newest = newest;
    this.#node = node;
    this.#notes = notes;
    this.#earlier = recordingsBefore(newest);
  }

  /** Before anything was reported, and even if nothing ever is: the next run then knows of this one. */
  remember(): void {
    new Cursor(this.#newest).save();
  }

  /** The run goes on in this one, which comes when everything before has arrived. */
  follow(newest: string): void {
    if (this.#open?.recording.path !== this.#newest) this.#earlier.push(this.#newest);
    this.#newest = newest;
  }

  /**
   * The next rows, with at most `reports` reports among them; none if there is nothing to report now. What was given
   * before and was not counted off by `arrived` is given again. Throws `UnreadableRecording`.
   */
  next(reports: number): readonly Waiting[] {
    for (;;) {
      const open = (this.#open ??= this.#openNext());
      const { recording, cursor } = open;
      const waiting = this.#read(open, reports);
      if (waiting.length > 0) return waiting;
      if (recording.path === this.#newest) {
        cursor.save();
        return [];
      }
      open.rest ??= this.#guardianAlone(open);
      if (open.rest.length > 0) return open.rest.slice(0, reports);
      this.#close();
      cursor.done();
    }
  }

  /** This one has arrived, and all that were given before it. */
  arrived(one: Waiting, nowMs: number): void {
    if (!this.#open) return;
    this.#open.cursor.progress = one.after;
    if (this.#open.rest) this.#open.rest = this.#open.rest.slice(this.#open.rest.indexOf(one) + 1);
    if (nowMs - this.#savedMs < saveMs) return;
    this.#savedMs = nowMs;
    this.#open.cursor.save();
  }

  /** Keeps how far it came. A recording that has ended, and of which everything has arrived, is done with. */
  finish(): void {
    const open = this.#open;
    if (!open) return;
    open.cursor.save();
    const all = this.#isWhole() && this.#read(open, 1).length === 0;
    this.#close();
    if (all) open.cursor.done();
  }

  /** After its run a recording gets no more rows; that of a killed run may get some when the next one has begun. */
  #isWhole(): boolean {
    if (this.#open?.recording.path !== this.#newest) return false;
    try {
      const recording = openRecording(this.#newest);
      recording.close();
      return recording.ending !== undefined;
    } catch {
      return false;
    }
  }

  #openNext(): Opened {
    for (;;) {
      const path = this.#earlier.shift() ?? this.#newest;
      const recording = this.#reading(path, () => openRecording(path));
      // Two devices may record into one folder.
      if (recording.run.name === this.#node || path === this.#newest)
        return { recording, names: namesOf(recording.run), cursor: new Cursor(path), rest: undefined };
      recording.close();
    }
  }

  #close(): void {
    this.#open?.recording.close();
    this.#open = undefined;
  }

  #read({ recording, cursor, names }: Opened, reports: number): Waiting[] {
    const { bootId, startUs } = recording.run;
    const name = basename(recording.path, '.db');
    const { anchor, events } = this.#reading(recording.path, () => ({
      anchor: recording.newestAnchor(),
      events: recording.eventsAfter(cursor.progress.event, mostRows),
    }));
    const waiting: Waiting[] = [];
    let { progress } = cursor;
    let left = reports;
    const give = (report: Report | undefined, eventId: string, us: number): void => {
      const wall = new Date(anchor.wallMs + (us - anchor.us) / 1000);
      waiting.push({ report, eventId: `${name}/${eventId}`, bootId, us, wall, after: progress });
      if (report) left--;
    };
    for (const { id, event, text } of events) {
      const marks = event ? marksBy(event.us, startUs) : 0;
      if (marks > progress.health.marks) {
        progress = { ...progress, health: { ...progress.health, marks } };
        give(healthReport(progress.health), `health-${marks}`, markTime(marks, startUs));
        if (left <= 0) break;
      }
      progress = { event: id, health: event ? healthAfter(progress.health, event) : progress.health };
      const told = event?.kind === 'marker' && !this.#notes ? null : text;
      give(event && reportOf(event, told, names), String(id), event?.us ?? startUs);
      if (left <= 0) break;
    }
    return waiting;
  }

  /** Stimuli of a killed run that its recording lacks: the guardian wrote them down, and the loop never heard of them. */
  #guardianAlone({ recording, names, cursor }: Opened): Waiting[] {
    const { bootId } = recording.run;
    const name = basename(recording.path, '.db');
    return this.#reading(recording.path, () => {
      const { deliveries } = readDeliveries(recording.path);
      if (deliveries.length === 0) return [];
      const receipts: Float64Array[] = [];
      for (const record of recording.events()) if (record[0] === EventCode.receipt) receipts.push(record);
      const { us: anchorUs, wallMs } = recording.newestAnchor();
      return missingReceipts(deliveries, receipts, 0, 0).flatMap((record): Waiting[] => {
        const event = decodeEvent(record);
        const report = event && reportOf(event, null, names);
        if (!report || event.kind !== 'receipt') return [];
        // One of which only the end is known has no time of its own.
        const us = Number.isFinite(event.us) ? event.us : anchorUs;
        const wall = new Date(wallMs + (us - anchorUs) / 1000);
        return [{ report, eventId: `${name}/guardian-${event.command}`, bootId, us, wall, after: cursor.progress }];
      });
    });
  }

  #reading<Result>(path: string, act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      // Its cursor stays: a later run tries again. Meanwhile the next one is reported.
      this.#close();
      const what = error instanceof Error ? error.message : String(error);
      const message = `${what} What follows in it is not reported. See: axond check ${path}`;
      throw new UnreadableRecording(message, path !== this.#newest);
    }
  }
}

function recordingsBefore(newest: string): string[] {
  const folder = dirname(newest);
  return readdirSync(folder)
    .filter((name) => name.endsWith(cursorEnding))
    .map((name) => join(folder, `${name.slice(0, -cursorEnding.length)}.db`))
    .filter((path) => path !== newest && existsSync(path))
    .sort();
}

function namesOf({ detectors, estimates, configuration }: RunDescription): EventNames {
  const given = stimulating.safeParse(parse(configuration));
  return { detectors, estimates, actuator: given.data?.stimulus.actuator ?? '' };
}

const stimulating = z.object({ stimulus: z.object({ actuator: z.string() }) });

const mostRows = 200;
/** Between two times that the cursor is written: after a power cut, what arrived meanwhile is sent again. */
const saveMs = 1000;
