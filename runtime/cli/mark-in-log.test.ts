import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pino } from 'pino';
import { compileRun } from '../config/compile.js';
import { loadConfiguration } from '../config/load.js';
import { Recorded } from '../recording/recording.test.fixture.js';
import { readNightLog, type NightEntry, type NightLine } from '../study/night-log.js';
import { serveControl } from '../supervisor/control-socket.js';
import { RunMemory } from '../supervisor/memory.js';
import { RunArming } from '../supervisor/run-arming.js';
import { beginNight, findNight } from '../supervisor/run-night.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { markCommand } from './control.js';
import { Failure, UsageError } from './output.js';
import { begunEntry, emptyStudy, exported, nightLog, tableOf } from './study-export.test.fixture.js';

const time = { us: 1e6, wallMs: Date.UTC(2026, 9, 24, 23), clock: 'set' } as const;
const complete: NightEntry = { kind: 'closed', outcome: 'complete', reason: '' };

/** A night of P017 whose run is gone, and where runs would be found. */
class Gone {
  readonly folder: string;
  readonly log: string;
  readonly #t: TestContext;

  constructor(t: TestContext, ...entries: readonly NightEntry[]) {
    this.#t = t;
    this.folder = mkdtempSync(join(tmpdir(), 'axond-mark-'));
    const before = process.env['RUNTIME_DIRECTORY'];
    process.env['RUNTIME_DIRECTORY'] = join(this.folder, 'run');
    t.after(() => {
      if (before === undefined) delete process.env['RUNTIME_DIRECTORY'];
      else process.env['RUNTIME_DIRECTORY'] = before;
      rmSync(this.folder, { recursive: true });
    });
    for (const bed of ['bed-1', 'bed-2']) mkdirSync(join(this.folder, 'run', bed), { recursive: true });
    this.log = join(this.folder, 'cue-P017-03.night');
    const lines = [begunEntry('P017', 3), ...entries].map((entry) => [entry, time] as const);
    writeFileSync(this.log, nightLog(lines), { mode: 0o600 });
  }

  get lines(): NightLine[] {
    return readNightLog(readFileSync(this.log, 'utf8'));
  }

  mark(...words: string[]): Promise<string> {
    return runCommand(this.#t, markCommand(), ...words, '--log', this.log);
  }

  /** Why it was not followed; it has written nothing. */
  async refusal(kind: typeof Failure | typeof UsageError, ...words: string[]): Promise<string> {
    const before = readFileSync(this.log, 'utf8');
    const error: unknown = await this.mark(...words).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof kind, String(error));
    assert.ok(!error.message.includes('\n'), error.message);
    assert.equal(readFileSync(this.log, 'utf8'), before);
    return error.message;
  }

  /** A run answers at a bed, which records this night. */
  async runs(bed: string, night: number): Promise<() => Promise<unknown>> {
    const recording = join(this.folder, `${bed}.db`);
    const study = { name: 'cue', participant: 'P017', night, continued: false, sha256: null };
    new Recorded(recording, 1, { study }).close();
    const value = { recording, processes: { core: process.pid } };
    const answer = { ok: true, value } as const;
    const control = join(this.folder, 'run', bed, 'control.sock');
    const server = await serveControl(control, () => Promise.resolve(answer));
    const close = (): Promise<unknown> => new Promise((resolve) => server.close(resolve));
    this.#t.after(close);
    return close;
  }

  /** A run that hangs: its socket takes a connection and ends it. */
  async hangs(bed: string): Promise<void> {
    const server = createServer((socket) => socket.on('data', () => socket.destroy()).on('error', () => undefined));
    await new Promise<void>((resolve) =>
      server.listen(join(this.folder, 'run', bed, 'control.sock'), () => {
        resolve();
      }),
    );
    this.#t.after(() => server.close());
  }
}

test('what somebody says in the morning goes into the log of a night whose run is gone, in the zone of that night', async (t) => {
  const night = new Gone(t, complete);
  assert.match(await night.mark('note', 'slept', 'badly'), /cue-P017-03\.night, line 3: note slept badly\n$/);
  const json = await runJson(t, markCommand(), 'adverse', 'headache', '--by', 'AM', '--log', night.log);
  await night.mark('awake');
  await night.mark('clear', 'gone at noon', '--by', 'KL');
  const lines = night.lines;
  assert.deepEqual(json, { log: night.log, line: 4, head: `4:${lines[3]?.hash}` });
  assert.deepEqual(
    lines.slice(2).map(({ entry, zone }) => [entry, zone]),
    [
      [{ kind: 'mark', mark: 'note', text: 'slept badly', by: '' }, 'Europe/Zurich'],
      [{ kind: 'mark', mark: 'adverse', text: 'headache', by: 'AM' }, 'Europe/Zurich'],
      [{ kind: 'mark', mark: 'awake', text: '', by: '' }, 'Europe/Zurich'],
      [{ kind: 'adverseCleared', by: 'KL', text: 'gone at noon' }, 'Europe/Zurich'],
    ],
  );
  assert.equal(statSync(night.log).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(night.folder).sort(), ['cue-P017-03.night', 'run'], 'and nothing else is made');
});

test('what opens or ends a window, is nobody’s word, or has no log to go to is refused, and nothing is written', async (t) => {
  const night = new Gone(t);
  assert.match(await night.refusal(UsageError, 'lightsOff'), /lightsOff opens the window of a run/);
  assert.match(await night.refusal(UsageError, 'lightsOn'), /axond night P017 .* --lights-on/);
  assert.match(await night.refusal(UsageError, 'a', 'headache'), /--log takes note, adverse, awake or clear/);
  assert.match(await night.refusal(UsageError, 'clear', 'well'), /initials/);
  assert.match(await night.refusal(UsageError, 'adverse', '--by', 'A1'), /initials/);
  assert.match(await night.refusal(UsageError, 'note', 'x'.repeat(1001)), /longer than 1000/);
  assert.match(await night.refusal(UsageError, 'note', 'x', '--device', 'bed-1'), /leave out --socket and --device/);
  assert.match(await night.refusal(Failure, 'clear', 'well', '--by', 'AM'), /nothing to clear/);
  const elsewhere = join(night.folder, 'none.night');
  await assert.rejects(runCommand(t, markCommand(), 'note', 'x', '--log', elsewhere), /there is no such file/);
  writeFileSync(elsewhere, '');
  await assert.rejects(runCommand(t, markCommand(), 'note', 'x', '--log', elsewhere), /no night was begun/);
  assert.equal(readFileSync(elsewhere, 'utf8'), '');
  writeFileSync(night.log, readFileSync(night.log, 'utf8').replace('bed-1', 'bed-2'));
  assert.match(await night.refusal(Failure, 'adverse'), /is damaged in line 1\. Keep it/);
});

test('another user is told whose log it is', { skip: process.getuid?.() === 0 && 'root may write it' }, async (t) => {
  const night = new Gone(t);
  chmodSync(night.log, 0o400);
  assert.match(await night.refusal(Failure, 'note', 'x'), /is another user's/);
});

test('R-50 where a run has this night it hears of an adverse event itself; where it hangs the log takes it, and nobody clears one', async (t) => {
  const night = new Gone(t);
  const end = await night.runs('bed-2', 3);
  assert.match(
    await night.refusal(Failure, 'adverse', 'fever'),
    /^bed-2: its run has this night .* leave --log out\.$/,
  );
  await end();
  await night.runs('bed-1', 4);
  await night.hangs('bed-2');
  await night.mark('note', 'another night runs at this bed, and what hangs is at another');
  assert.equal(night.lines.length, 2);
  const hung = new Gone(t);
  await hung.hangs('bed-1');
  await assert.rejects(hung.mark('adverse', 'fever'), /bed-1: its run does not answer.* axond silence\.$/);
  assert.deepEqual(hung.lines.at(-1)?.entry, { kind: 'mark', mark: 'adverse', text: 'fever', by: '' });
  await hung.refusal(Failure, 'clear', 'well', '--by', 'AM');
});

test('R-50 an adverse event that was added when the run was gone holds the next run of that night, until it is cleared', async (t) => {
  const began: NightEntry = { kind: 'run', recording: 'run-1', state: 'began', detail: '' };
  const night = new Gone(t, began);
  await night.mark('adverse', 'headache');
  const text = `device: { name: bed-1, record: ${night.folder} }\nsource: { use: cyton, port: /dev/ttyUSB0 }\n`;
  const plan = compileRun(loadConfiguration({ files: [{ name: 'p.yaml', text }] }).configuration);
  const memory = new RunMemory(1);
  const counts = { gaps: 0, lostFrames: 0, discardedBytes: 0, duplicates: 0, driftPpm: 0 };
  const source = { samples: 0, notice: '', device: '', port: '', state: 'closed', ...counts } as const;
  const none = { stimulator: undefined, recorder: undefined, lock: undefined, night: undefined };
  const next = async () => {
    const study = { name: 'cue', participant: 'P017', night: 3, allocation: '/nowhere', continue: true };
    const arming = new RunArming(
      plan,
      memory,
      () => none,
      () => ({ source, stimulation: null }),
    );
    return beginNight(await findNight(plan, study), 'run-2.db', undefined, {
      ...{ plan, study, memory, arming, silenceSocket: '/nowhere' },
      ...{ stimulator: () => undefined, mark: () => undefined, log: pino({ enabled: false }) },
    });
  };
  const held = /^night: held by an adverse event \(headache\)\./;
  assert.match((await next()).held.join(), held);
  await night.mark('clear', 'slept on', '--by', 'AM');
  assert.deepEqual((await next()).held, []);
});

test('R-57 an adverse event that was added after the night was closed counts in the export', async (t) => {
  const row = { participant: 'P017', night: 3, block: 1, condition: 'sham' } as const;
  const shape = { participants: ['P017'], nights: 3, blocks: 1, blockSeconds: null };
  const study = await emptyStudy(t, { ...shape, rows: [1, 2, 3].map((night) => ({ ...row, night })) });
  const log = join(study.recordings, 'cue-P017-03.night');
  writeFileSync(
    log,
    nightLog([
      [begunEntry('P017', 3), time],
      [complete, time],
    ]),
  );
  await runCommand(t, markCommand(), 'adverse', 'headache', '--log', log);
  const out = join(study.folder, 'cue');
  await exported(t, study, out);
  const [night] = tableOf(join(out, 'nights.tsv'));
  const last = readNightLog(readFileSync(log, 'utf8')).at(-1);
  assert.deepEqual([night?.['outcome'], night?.['adverse'], night?.['log_head']], ['complete', '1', last?.hash]);
});
