import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ReceiptState, recordLength, type LoopMessage, type MessageKind } from '../contracts.js';
import { EventCode, decodeMessage } from '../loop/records.js';
import { SlotRing } from '../loop/ring.js';
import { ControlTime, createMailbox, createTimes } from '../loop/shared.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { pushCycle, sampleSlotBytes } from '../loop/sample-slot.js';
import { monotonicUs } from '../monotonic.js';
import { checkRecording } from '../recording/check.js';
import { openRecording } from '../recording/read.js';
import { describeRun, emptySummary, temporaryPath } from '../recording/recording.test.fixture.js';
import { evidenceNumber } from '../recording/writer.js';
import { readBudget } from './budget-file.js';
import type { RecorderReport } from './recorder.js';
import type { BudgetPlan, RecorderRequest, RecorderThreadData } from './thread.js';

/** The real thread, fed through its rings, with what it reports. */
class Recorder {
  readonly samples = SlotRing.create(1 << 12, sampleSlotBytes(2));
  readonly decisions = SlotRing.create(1 << 10, recordLength * 8);
  readonly mailbox = createMailbox();
  readonly times = new Float64Array(createTimes());
  readonly reports: RecorderReport[] = [];
  readonly #worker: Worker;
  readonly #block = createSampleBlock(2, 1);
  readonly #waiting: (() => void)[] = [];
  #cycle = 0;

  constructor(t: TestContext, path: string, budget?: BudgetPlan) {
    const data: RecorderThreadData = {
      path,
      run: { ...describeRun(2), startUs: monotonicUs() },
      ...(budget ? { budget } : {}),
      samples: this.samples.memory,
      decisions: this.decisions.memory,
      mailbox: this.mailbox.memory,
      times: this.times.buffer as SharedArrayBuffer,
      wake: new SharedArrayBuffer(4),
    };
    this.#worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (report: RecorderReport) => {
      this.reports.push(report);
      for (const look of this.#waiting) look();
    });
    this.#block.frames = 1;
    t.after(() => this.#worker.terminate());
  }

  stream(cycles: number): void {
    for (let n = 0; n < cycles; n++) {
      this.#block.firstIndex = this.#cycle;
      assert.ok(pushCycle(this.samples, ++this.#cycle, monotonicUs(), this.#block));
    }
  }

  event(kind: number, ...fields: number[]): void {
    const us = this.samples.doubles[this.samples.slot(-1) * (this.samples.slotBytes / 8) + 1] as number;
    this.decisions.doubles.set(
      [kind, this.#cycle, this.#cycle - 1, us, ...fields, ...new Array<number>(8 - fields.length).fill(0)],
      this.decisions.slot(0) * recordLength,
    );
    this.decisions.publish(1);
  }

  /** The messages to the loop up to the next one of this kind. */
  async posted(kind: MessageKind): Promise<LoopMessage[]> {
    for (const messages: LoopMessage[] = []; ;) {
      const waiting = this.mailbox.waiting();
      for (let ahead = 0; ahead < waiting; ahead++) {
        const message = decodeMessage(this.mailbox.doubles, this.mailbox.oldest() * recordLength);
        this.mailbox.release(1);
        if (message) messages.push(message);
        if (message?.kind === kind) return messages;
      }
      this.stream(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** As a killed process: at once, and whatever it was doing. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }

  ask(request: RecorderRequest): void {
    this.#worker.postMessage(request);
  }

  /** Resolves with the first report, of those that came or come, that has this key. */
  told<Key extends string>(key: Key): Promise<Extract<RecorderReport, Record<Key, unknown>>> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.reports.find((report) => key in report);
        if (found) resolve(found as Extract<RecorderReport, Record<Key, unknown>>);
      };
      this.#waiting.push(look);
      look();
    });
  }
}

test('a run goes on in another recording: each has its own cycles and events, however late the next one is named', async (t) => {
  const path = temporaryPath(t);
  const next = path.replace('night', 'next');
  const recorder = new Recorder(t, path);
  await recorder.told('ready');
  recorder.stream(60);
  recorder.event(EventCode.marker, 1);
  recorder.times[ControlTime.endCycle] = 60;
  recorder.stream(1);
  recorder.event(EventCode.marker, 2);
  recorder.stream(39);
  // All that waits is taken, but for what belongs to the next one.
  await recorder.told('lagMs');
  const run = { ...describeRun(2), startUs: monotonicUs(), continues: { recording: 'night', cycle: 60, index: 59 } };
  recorder.ask({ next: { path: next, run, summary: { ...emptySummary, samples: 60, continuedIn: 'next' } } });
  assert.equal((await recorder.told('continuedIn')).continuedIn, next);
  recorder.ask({ close: { ...emptySummary, samples: 40 } });
  await recorder.told('closed');
  const markers = [path, next].map((file) => {
    const { faults, warnings, closed } = checkRecording(file);
    assert.deepEqual({ faults, warnings, closed }, { faults: [], warnings: [], closed: true });
    const recording = openRecording(file);
    assert.equal(recording.frameCount(), file === path ? 60 : 40);
    const [record] = [...recording.events()];
    recording.close();
    return record?.[4];
  });
  assert.deepEqual(markers, [1, 2]);
});

test('what goes through the rings is committed by itself, then closed with the summary', async (t) => {
  const path = temporaryPath(t);
  const recorder = new Recorder(t, path);
  await recorder.told('ready');
  recorder.stream(300);
  recorder.ask({ number: 1, text: 'lights off' });
  recorder.event(EventCode.marker, 1);
  // What an actuator reports travels beside its receipt, by a number that no marker has.
  recorder.ask({ number: evidenceNumber(7, ReceiptState.refused), text: 'code 3' });
  recorder.event(EventCode.receipt, 7, ReceiptState.refused, 1, 2);
  const { lagMs, committedEvents, freeBytes, walBytes } = await recorder.told('lagMs');
  assert.equal(committedEvents, 2);
  // It commits every 240 ms at the latest; the rest is what a busy machine adds.
  assert.ok(lagMs > 0 && lagMs < 1000, `${lagMs} ms`);
  assert.ok(freeBytes > 0 && walBytes > 0);
  const running = openRecording(path);
  assert.equal(running.frameCount(), 300);
  assert.deepEqual(
    running.eventsAfter(0, 10).map(({ text }) => text),
    ['lights off', 'code 3'],
  );
  running.close();
  recorder.stream(50);
  recorder.ask({ close: { ...emptySummary, samples: 350 } });
  await recorder.told('closed');
  const { ok, faults, warnings, frames, closed } = checkRecording(path);
  assert.deepEqual([ok, faults, warnings, frames, closed], [true, [], [], 350, true]);
});

test('a place where nothing can be recorded is a problem, and the last word is that it is closed', async (t) => {
  const recorder = new Recorder(t, '/nowhere/night.db');
  const { problem, diskFull } = await recorder.told('problem');
  assert.match(problem, /\/nowhere\/night\.db: cannot be created/);
  assert.equal(diskFull, false);
  await recorder.told('closed');
});

test('the recording is ended before its disk is full', async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'axond-disk-'));
  t.after(() => {
    spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk]).status !== 0) {
    t.skip('no tmpfs can be mounted by this user: run as root to test a full disk');
    return;
  }
  const path = join(disk, 'night.db');
  const recorder = new Recorder(t, path);
  await recorder.told('ready');
  recorder.stream(100);
  const { problem, diskFull } = await recorder.told('problem');
  assert.match(problem, /night\.db: the disk is full\./);
  assert.equal(diskFull, true);
  await recorder.told('closed');
  const { ok, frames, warnings } = checkRecording(path);
  assert.deepEqual([ok, frames, warnings.length], [true, 100, 1]);
  assert.equal(existsSync(`${path}-wal`), false);
});

test('R-19 R-20 a lease is in both files before the loop hears of it, and what a killed run may have given counts in the next', async (t) => {
  const path = temporaryPath(t);
  const folder = join(dirname(path), 'state');
  const limits = { intervalUs: 0, perMinute: 6, perHour: 100, perNight: 100 };
  const budget: BudgetPlan = { folder, night: 'study/P017/1', limits };
  const killed = new Recorder(t, path, budget);
  const known = (await killed.posted('budget')).at(-1);
  assert.ok(known?.kind === 'budget' && known.state === 0);
  killed.stream(1);
  killed.event(EventCode.armed, monotonicUs() + 1e9, 6, 100, 100, 0, 0);
  const lease = (await killed.posted('lease')).at(-1);
  assert.ok(lease?.kind === 'lease');
  assert.equal(lease.stimuli, 6);
  const recording = openRecording(path);
  assert.deepEqual(
    [...recording.leases()].map(({ lease, stimuli, untilUs }) => [lease, stimuli, untilUs]),
    [[1, 6, lease.untilUs]],
  );
  recording.close();
  assert.equal(readBudget(folder)?.unfinished, path);

  // Taken up, and two stimuli permitted; the recorder keeps them, and then all goes dark.
  killed.event(EventCode.lease, 1, 6, lease.untilUs);
  for (const command of [1, 2]) killed.event(EventCode.permit, command, command, 0, 0, 1);
  const kept = killed.reports.length;
  while (!killed.reports.slice(kept).some((report) => 'committedEvents' in report && report.committedEvents === 4)) {
    killed.stream(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await killed.kill();
  const { possiblyDelivered } = checkRecording(path);
  assert.deepEqual(
    possiblyDelivered.map(({ stimuli }) => stimuli),
    [4],
  );

  const next = new Recorder(t, `${path}.next.db`, budget);
  const { notice } = await next.told('notice');
  assert.match(notice, /night\.db was not closed: 2 stimuli are proven .*, 4 more may have been given; all count/);
  const past = await next.posted('budget');
  assert.equal(
    past.reduce((sum, message) => sum + (message.kind === 'past' && message.night === 1 ? message.stimuli : 0), 0),
    6,
  );
  next.ask({ close: emptySummary });
  await next.told('closed');
  assert.deepEqual(readBudget(folder)?.counts().nights, { 'study/P017/1': 6 });
});
