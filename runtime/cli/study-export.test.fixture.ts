import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { DetectionPhase, ReceiptState, inhibitorStates, refusalReasons, type RunDescription } from '../contracts.js';
import { EventCode } from '../loop/records.js';
import { Recorded } from '../recording/recording.test.fixture.js';
import { encodeAllocation, type Allocation } from '../study/allocation.js';
import { nextNightLine, type NightEntry, type NightLine, type NightTime } from '../study/night-log.js';
import { writeSealed } from '../study/sealed-files.js';
import { runJson } from './command.test.fixture.js';
import { studyCommand } from './study.js';

/** Folders of recordings of a study, as an export finds them. */

const rate = 250;
const configuration = `
source: { use: cyton, port: /dev/ttyUSB0 }
device: { name: bed-1, timeZone: Europe/Zurich }
signals: { c3: { from: c0 } }
detectors: { spindle: { use: threshold, signal: c3, level: 90uV } }
actuators: { sound: { use: virtual } }
`;

export interface Studied {
  readonly folder: string;
  readonly recordings: string;
  readonly allocation: string;
  readonly sha256: string;
}

/** An empty folder, and a sealed file. */
export async function emptyStudy(
  t: TestContext,
  allocation: Pick<Allocation, 'participants' | 'nights' | 'blocks' | 'blockSeconds' | 'rows'>,
  study = 'cue',
): Promise<Studied> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-export-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const recordings = join(folder, 'recordings');
  mkdirSync(recordings);
  const sealed = join(folder, 'cue.sealed');
  const head = { study, made: '2026-11-28T09:00:00.000Z', nonce: '5a'.repeat(32) };
  const sha256 = await writeSealed(sealed, encodeAllocation({ ...head, ...allocation }));
  return { folder, recordings, allocation: sealed, sha256 };
}

export interface WrittenRecording {
  readonly name: string;
  readonly participant: string;
  readonly night?: number;
  readonly continued?: boolean;
  readonly startUs: number;
  /** Seconds of it at which a stimulus was permitted. */
  readonly stimuli: readonly number[];
  readonly run?: Partial<RunDescription>;
  /** Seconds of it, and what the wall clock showed then. */
  readonly anchors?: readonly (readonly [seconds: number, wallMs: number])[];
}

/** A minute, armed from its tenth second on; sleep is known from its fifteenth on. */
export function writeRecording({ recordings, sha256 }: Studied, written: WrittenRecording): void {
  const { name, participant, night = 1, continued = false, startUs, stimuli, run = {}, anchors = [] } = written;
  const recorded = new Recorded(join(recordings, `${name}.db`), 1, {
    ...{ study: { name: 'cue', participant, night, continued, sha256 }, configuration },
    ...{ startUs, startWallMs: Date.UTC(2026, 9, 24, 23, 0) + startUs / 1000 },
    ...run,
  });
  let command = 0;
  for (let n = 0; n < 60 * rate; n += 10) {
    const us = startUs + (n + 10) * 4000;
    const frames = Array.from({ length: 10 }, (_, place) => ({
      counts: [Math.round(1500 * Math.sin((2 * Math.PI * 13 * (n + place)) / rate))],
      ...{ counter: 0, flags: 0 },
    }));
    recorded.push(frames, us);
    for (const [seconds, wallMs] of anchors) {
      if (seconds * rate === n) recorded.writer.anchor(startUs + seconds * 1e6, wallMs);
    }
    if (n === 10 * rate) recorded.record(EventCode.armed, 1e12, 6, 60, 600, 1.5e6, -3);
    if (n === 15 * rate)
      recorded.record(EventCode.inhibitor, refusalReasons.indexOf('sleep'), inhibitorStates.indexOf('clear'));
    if (stimuli.some((at) => at * rate === n)) {
      command++;
      if (command === 1) recorded.lease(1, 50, 1e12);
      recorded.record(EventCode.detection, 0, DetectionPhase.confirmed, n - 100, n, NaN, 2.5);
      recorded.record(EventCode.request, command, 0, n - 100, 0, 1e12);
      recorded.record(EventCode.permit, command, command, 0, 0, 1);
      recorded.record(EventCode.receipt, command, ReceiptState.accepted, us + 150, us);
      recorded.record(EventCode.receipt, command, ReceiptState.started, us + 2000, us);
      recorded.record(EventCode.receipt, command, ReceiptState.ended, us + 50_000, us);
      recorded.record(EventCode.phase, command, -30, 120);
    }
    recorded.drain();
  }
  recorded.close();
}

/** The text of a night's log. */
export function nightLog(
  lines: readonly (readonly [NightEntry, Pick<NightTime, 'us' | 'wallMs' | 'clock'>])[],
): string {
  let last: NightLine | undefined;
  return lines
    .map(([entry, time]) => {
      const next = nextNightLine(last, entry, { boot: 'boot', zone: 'Europe/Zurich', ...time });
      last = next.line;
      return next.text;
    })
    .join('');
}

export const begunEntry = (participant: string, night: number): NightEntry => ({
  ...{ kind: 'begun', study: 'cue', participant, night, device: 'bed-1', protocol: null, approval: null, by: 'AM' },
});

export function tableOf(file: string): Record<string, string>[] {
  const [head = [], ...rows] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  for (const row of rows) {
    if (row.length !== head.length) throw new Error(`${file}: ${row.length} cells in a row of ${head.length}`);
  }
  return rows.map((row) => Object.fromEntries(head.map((name, place) => [name, row[place] ?? ''])));
}

export const columnsOf = (rows: readonly Record<string, string>[], ...names: string[]): (string | undefined)[][] =>
  rows.map((row) => names.map((name) => row[name]));

export const exported = (t: TestContext, { recordings }: Studied, out: string, ...more: string[]) =>
  runJson(t, studyCommand(), 'export', out, '--recordings', recordings, ...more);
