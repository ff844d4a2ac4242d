import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordLength, type MessageKind } from '../contracts.js';
import { EventCode } from '../loop/records.js';
import { DiskFull } from '../recording/disk-full.js';
import { emptySummary } from '../recording/recording.test.fixture.js';
import type { Lease } from '../recording/rows.js';
import { Budget } from './budget.js';
import { LeaseKeeper } from './lease-keeper.js';
import { BudgetFailure, Recorder, type Continuation, type RecorderReport, type RecordingStore } from './recorder.js';

const bytesPerSecond = 10_000;

/** A disk whose every call takes as long as a test wants, and a clock that only it and the test move. */
class Bench implements RecordingStore {
  nowUs = 1e6;
  drainedUs = NaN;
  oldestUncommittedUs = NaN;
  committedEvents = 0;
  head = { seal: 1, events: 0, hash: 'ab' };
  freeBytes = 1e12;
  commitTakesUs = 0;
  /** What a call of this name throws. */
  fails: { call: string; error: Error } | undefined;
  takes = true;
  /** Calls and messages, in the order in which they happened. */
  readonly done: string[] = [];
  readonly reports: RecorderReport[] = [];
  readonly posted: [MessageKind, ...number[]][] = [];
  readonly saved: string[] = [];
  readonly recorder: Recorder;
  #ring: Float64Array[] = [];

  constructor(budget: Budget | string = Bench.begun()) {
    const ports = {
      store: this,
      nowUs: () => this.nowUs,
      wallMs: () => 0,
      tell: (report: RecorderReport) => void this.reports.push(report),
      post: (kind: MessageKind, ...fields: number[]) => {
        if (this.takes) this.posted.push([kind, ...fields]);
        if (this.takes) this.done.push(kind);
        return this.takes;
      },
    };
    const limits = { perHour: 10, perNight: 20 };
    const keeper = typeof budget === 'string' ? { problem: budget } : new LeaseKeeper(budget, limits);
    this.recorder = new Recorder(ports, bytesPerSecond, keeper);
  }

  static begun(): Budget {
    const budget = Budget.first();
    budget.continueIn('boot', 1e6);
    budget.begin('night.db', '');
    return budget;
  }

  event(kind: number, ...fields: number[]): void {
    const record = new Float64Array(recordLength);
    record.set([kind, 1, 0, this.nowUs, ...fields]);
    this.#ring.push(record);
  }

  arm(): void {
    this.event(EventCode.armed, 1e12, 4, 10, 20, 0, 0);
  }

  /** What the loop answers to the lease that was posted last. */
  answer(taken = true): void {
    const [, lease = 0, stimuli = 0, untilUs = 0] = this.posted.filter(([kind]) => kind === 'lease').at(-1) ?? [];
    this.event(EventCode.lease, lease, taken ? stimuli : 0, untilUs);
  }

  permit(command: number): void {
    this.event(EventCode.permit, command, command, 0, 0, this.messages('lease').at(-1) ?? 0);
  }

  steps(us: number): void {
    for (const end = this.nowUs + us; this.nowUs < end;) {
      this.nowUs += 40e3;
      this.recorder.step();
    }
  }

  leases(): (string | number)[][] {
    return this.posted.filter(([kind]) => kind === 'lease');
  }

  messages(kind: MessageKind): number[] {
    return this.posted.flatMap(([one, state = NaN]) => (one === kind ? [state] : []));
  }

  drain(seen: (record: Float64Array) => void): void {
    this.drainedUs = this.nowUs;
    if (Number.isNaN(this.oldestUncommittedUs)) this.oldestUncommittedUs = this.nowUs;
    for (const record of this.#ring.splice(0)) seen(record);
  }
  commit(): void {
    this.#do('commit');
    this.nowUs += this.commitTakesUs;
    this.oldestUncommittedUs = NaN;
  }
  anchor(): void {
    this.#do('anchor');
  }
  grant(_lease: Lease, budget: string): void {
    this.#do('grant');
    this.saved.push(budget);
  }
  saveBudget(budget: string): void {
    this.#do('save');
    this.saved.push(budget);
  }
  room(): { freeBytes: number; walBytes: number } {
    return { freeBytes: this.freeBytes, walBytes: 0 };
  }
  continueIn({ path }: Continuation): void {
    this.#do(`continue in ${path}`);
  }
  endForWantOfSpace(): Error {
    this.#do('end');
    return new DiskFull('full');
  }
  close(): void {
    this.#do('close');
  }

  #do(call: string): void {
    if (this.fails?.call === call) throw this.fails.error;
    this.done.push(call);
  }
}

test('R-19 a lease is posted only after it is on disk, while armed, and renewed at half of its time or of its count', () => {
  const bench = new Bench();
  bench.steps(5e6);
  assert.deepEqual(bench.leases(), [], 'nobody has armed');
  bench.arm();
  bench.steps(40e3);
  assert.deepEqual(bench.leases(), [['lease', 1, 4, bench.nowUs + 60e6]]);
  assert.deepEqual(bench.done.slice(-2), ['grant', 'lease']);
  bench.steps(10e6);
  assert.equal(bench.leases().length, 1, 'not another one before the loop has answered');
  bench.answer();
  bench.steps(10e6);
  bench.permit(1);
  bench.steps(5e6);
  assert.equal(bench.leases().length, 1);
  bench.permit(2);
  bench.steps(40e3);
  assert.equal(bench.leases().length, 2, 'half of its count');
  bench.answer();
  bench.steps(29e6);
  assert.equal(bench.leases().length, 2);
  bench.steps(1.1e6);
  assert.equal(bench.leases().length, 3, 'half of its time');
  bench.answer();
  bench.event(EventCode.disarmed, 0);
  bench.steps(100e6);
  assert.equal(bench.leases().length, 3);
});

test('R-20 what is granted never exceeds what is left, and what was not used comes back', () => {
  const bench = new Bench();
  bench.arm();
  const granted = (): number => {
    bench.steps(40e3);
    const [, , stimuli] = bench.leases().at(-1) ?? [];
    bench.answer();
    return Number(stimuli);
  };
  assert.equal(granted(), 4);
  for (let command = 1; command <= 4; command++) bench.permit(command);
  assert.equal(granted(), 4);
  for (let command = 5; command <= 8; command++) bench.permit(command);
  assert.equal(granted(), 2, 'of ten an hour');
  bench.permit(9);
  bench.permit(10);
  bench.steps(120e6);
  assert.equal(bench.leases().length, 3);
  bench.steps(3480e6);
  assert.ok(bench.leases().length > 3, 'an hour later');
  bench.recorder.close(emptySummary);
  const budget = Budget.parse(bench.saved.at(-1) ?? '');
  assert.deepEqual([budget.counts().day, budget.unfinished], [10, undefined]);
});

test('R-19 one that comes too late is void, and so is its reservation', () => {
  const bench = new Bench();
  bench.arm();
  bench.steps(40e3);
  bench.event(EventCode.disarmed, 0);
  bench.arm();
  bench.steps(200e3);
  assert.equal(bench.leases().length, 1, 'the loop has not answered the first one');
  bench.answer(false);
  bench.steps(40e3);
  assert.deepEqual(bench.leases().at(-1)?.slice(0, 3), ['lease', 2, 4]);
});

test('R-20 a budget that cannot be written stops leases and not the recording', () => {
  const bench = new Bench();
  bench.fails = { call: 'grant', error: new BudgetFailure('budget.db: cannot be written') };
  bench.arm();
  bench.steps(5e6);
  assert.deepEqual(bench.leases(), []);
  assert.deepEqual(bench.messages('budget'), [0, 1]);
  assert.ok(bench.reports.some((report) => 'budgetProblem' in report));
  assert.equal(bench.recorder.ended, false);
  const damaged = new Bench('budget.db: is damaged');
  damaged.arm();
  damaged.steps(5e6);
  assert.deepEqual([damaged.messages('budget'), damaged.leases()], [[1], []]);
  damaged.recorder.close(emptySummary);
  assert.equal(damaged.done.at(-1), 'close');
});

test('R-20 what was given before is told first, in order, however small the mailbox', () => {
  const budget = Bench.begun();
  budget.give(1, 0.5e6);
  budget.give(2, 3e6);
  const bench = new Bench(budget);
  bench.takes = false;
  bench.steps(1e6);
  assert.deepEqual(bench.posted, []);
  bench.takes = true;
  bench.steps(40e3);
  assert.deepEqual(bench.posted.slice(-3), [
    ['past', 0.5e6, 1, 0],
    ['past', 3e6, 1, 0],
    ['budget', 0],
  ]);
});

test('R-21 a disk with less room than hours need holds the gate, and clears with a quarter more', () => {
  const bench = new Bench();
  const needed = bytesPerSecond * 4 * 3600;
  const told = [needed, needed - 1, needed, needed * 1.25 - 1, needed * 1.25].map((free) => {
    bench.freeBytes = free;
    bench.steps(1.2e6);
    return bench.messages('disk');
  });
  assert.deepEqual(told, [[0], [0, 1], [0, 1], [0, 1], [0, 1, 0]]);
});

test('R-21 what is committed is told with the time of its newest cycle, and a slow disk shows as lag', () => {
  const bench = new Bench();
  assert.ok(Number.isNaN(bench.recorder.committedUs));
  bench.steps(200e3);
  assert.equal(bench.recorder.committedUs, bench.nowUs);
  bench.commitTakesUs = 3e6;
  bench.steps(4e6);
  const lags = bench.reports.flatMap((report) => ('lagMs' in report ? [report.lagMs] : []));
  assert.ok(Math.max(...lags) >= 3000, String(lags));
});

test('R-21 an error of the disk is the end, with its reason, and nothing is done after it', () => {
  const bench = new Bench();
  bench.fails = { call: 'commit', error: new DiskFull('night.db: the disk is full') };
  bench.steps(1e6);
  assert.deepEqual(bench.reports.slice(-2), [
    { problem: 'night.db: the disk is full', diskFull: true },
    { closed: true },
  ]);
  const before = bench.done.length;
  bench.steps(1e6);
  bench.recorder.close(emptySummary);
  assert.equal(bench.done.length, before);
});
