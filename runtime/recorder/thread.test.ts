import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { recordLength } from '../contracts.js';
import { EventCode } from '../loop/records.js';
import { SlotRing } from '../loop/ring.js';
import { createMailbox, createTimes } from '../loop/shared.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { pushCycle, sampleSlotBytes } from '../loop/sample-slot.js';
import { monotonicUs } from '../monotonic.js';
import { checkRecording } from '../recording/check.js';
import { openRecording } from '../recording/read.js';
import { describeRun, emptySummary, temporaryPath } from '../recording/recording.test.fixture.js';
import type { RecorderReport } from './recorder.js';
import type { RecorderRequest, RecorderThreadData } from './thread.js';

/** The real thread, fed through its rings, with what it reports. */
class Recorder {
  readonly samples = SlotRing.create(1 << 12, sampleSlotBytes(2));
  readonly decisions = SlotRing.create(1 << 10, recordLength * 8);
  readonly reports: RecorderReport[] = [];
  readonly #worker: Worker;
  readonly #block = createSampleBlock(2, 1);
  readonly #waiting: (() => void)[] = [];
  #cycle = 0;

  constructor(t: TestContext, path: string) {
    const data: RecorderThreadData = {
      path,
      run: { ...describeRun(2), startUs: monotonicUs() },
      samples: this.samples.memory,
      decisions: this.decisions.memory,
      mailbox: createMailbox().memory,
      times: createTimes(),
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

test('what goes through the rings is committed by itself, then closed with the summary', async (t) => {
  const path = temporaryPath(t);
  const recorder = new Recorder(t, path);
  await recorder.told('ready');
  recorder.stream(300);
  recorder.ask({ marker: 1, text: 'lights off' });
  recorder.event(EventCode.marker, 1);
  const { lagMs, committedEvents, freeBytes, walBytes } = await recorder.told('lagMs');
  assert.equal(committedEvents, 1);
  // It commits every 240 ms at the latest; the rest is what a busy machine adds.
  assert.ok(lagMs > 0 && lagMs < 1000, `${lagMs} ms`);
  assert.ok(freeBytes > 0 && walBytes > 0);
  const running = openRecording(path);
  assert.equal(running.frameCount(), 300);
  assert.equal(running.eventsAfter(0, 10)[0]?.text, 'lights off');
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
