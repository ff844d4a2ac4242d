import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordLength, type LoopEvent, type LoopMessage, type StreamInfo } from '../contracts.js';
import { CommandReader } from '../guardian/command.js';
import { buildLoop } from './build.js';
import { Cycle } from './cycle.js';
import { LoggedLoop } from './logged-loop.js';
import { decodeEvent, decodeMessage, isMessage } from './records.js';
import { SlotRing } from './ring.js';
import { createSampleBlock } from './sample-block.js';
import { sampleSlotBytes } from './sample-slot.js';
import { Control, ControlTime, createControl, createMailbox, createTimes, post } from './shared.js';

const stream: StreamInfo = {
  device: 'test',
  rate: 250,
  delayUs: 0,
  channels: [{ name: 'C3', unit: 'uV', scale: 1, railCounts: 1000 }],
};

/** A cycle every 10 ms without frames, and a channel that keeps its bytes. */
class Bench {
  readonly control = new Int32Array(createControl());
  readonly times = new Float64Array(createTimes());
  readonly mailboxes = [createMailbox(), createMailbox()] as const;
  readonly samples = SlotRing.create(16, sampleSlotBytes(1));
  readonly decisions = SlotRing.create(1024, recordLength * 8);
  readonly written: number[] = [];
  /** What the next writes do. */
  refuses = false;
  listened = true;
  opened = 0;
  nowUs = 1e6;
  /** The recorder keeps up. */
  recorded = true;
  readonly #block = createSampleBlock(1, 64);
  readonly #cycle: Cycle;

  private constructor(logged: (samples: SlotRing, decisions: SlotRing) => LoggedLoop) {
    const { samples, decisions, mailboxes, control, times } = this;
    const channel = {
      open: () => {
        if (this.listened) this.opened++;
        return this.listened;
      },
      write: (bytes: Uint8Array, length: number) => {
        if (!this.refuses) this.written.push(...bytes.subarray(0, length));
        return !this.refuses;
      },
      close: () => undefined,
    };
    const parts = { logged: logged(samples, decisions), samples, decisions, mailboxes, control, times, channel };
    this.#cycle = new Cycle(parts, this.nowUs);
  }

  static async create(): Promise<Bench> {
    const loop = await buildLoop({ signals: [], detectors: [], trace: -1 }, stream);
    return new Bench((samples, decisions) => new LoggedLoop(loop, samples, decisions));
  }

  run(cycles = 1, beats = true): void {
    for (let cycle = 0; cycle < cycles; cycle++) {
      this.nowUs += 10e3;
      if (beats) Atomics.add(this.control, Control.supervisorBeat, 1);
      if (this.recorded) this.times[ControlTime.committedUs] = this.nowUs;
      this.#cycle.run(this.nowUs, 'streaming', this.#block);
      this.samples.release(this.samples.waiting());
    }
  }

  /** What was logged since the last call. */
  log(): (LoopMessage | LoopEvent | undefined)[] {
    const waiting = this.decisions.waiting();
    const found = Array.from({ length: waiting }, (_, ahead) => {
      const at = this.decisions.oldest(ahead) * recordLength;
      return (isMessage(this.decisions.doubles, at) ? decodeMessage : decodeEvent)(this.decisions.doubles, at);
    });
    this.decisions.release(waiting);
    return found;
  }

  /** Number in the channel and kind of each record that was written since the last call. */
  records(): [number, string][] {
    const reader = new CommandReader();
    const found: [number, string][] = [];
    for (let at = 0; at < this.written.length; at += 64) {
      reader.push(Uint8Array.from(this.written.slice(at, at + 64)), 64);
      while (reader.next()) found.push([reader.command.sequence, reader.command.kind]);
    }
    this.written.length = 0;
    return found;
  }
}

test('each cycle ends with a beat, once a guardian waits and reads', async () => {
  const bench = await Bench.create();
  bench.run(2);
  bench.listened = false;
  Atomics.store(bench.control, Control.guardian, 1);
  bench.run(2);
  assert.deepEqual(bench.records(), []);
  bench.listened = true;
  bench.run(3);
  assert.equal(bench.opened, 1);
  assert.deepEqual(bench.records(), [
    [1, 'beat'],
    [2, 'beat'],
    [3, 'beat'],
  ]);
});

test('R-07 a channel that refuses is a guardian fault in the next cycle, and is not opened again for that guardian', async () => {
  const bench = await Bench.create();
  Atomics.store(bench.control, Control.guardian, 1);
  bench.run();
  bench.log();
  bench.refuses = true;
  bench.run();
  assert.deepEqual(bench.log(), []);
  bench.refuses = false;
  bench.run(5);
  assert.equal(bench.opened, 1);
  const [message, event] = bench.log();
  assert.deepEqual([message?.kind, message && 'cause' in message && message.cause], ['guardian', 6]);
  assert.equal(event?.kind, 'guardian');
});

test('a guardian that came while the loop still held the channel of the last one is not overlooked', async () => {
  const bench = await Bench.create();
  Atomics.store(bench.control, Control.guardian, 1);
  bench.run(2);
  bench.records();
  // The loop stood still: the old guardian is gone, and the next one waits already.
  Atomics.store(bench.control, Control.guardian, 2);
  bench.refuses = true;
  bench.run();
  bench.refuses = false;
  bench.run(2);
  assert.equal(bench.opened, 2);
  assert.deepEqual(bench.records(), [
    [1, 'beat'],
    [2, 'beat'],
  ]);
});

test('mailboxes are drained in their order, and at most 64 messages of each in one cycle', async () => {
  const bench = await Bench.create();
  bench.run();
  bench.log();
  for (let receipt = 1; receipt <= 70; receipt++) post(bench.mailboxes[1], 'receipt', receipt, 0, 0);
  post(bench.mailboxes[0], 'marker', 7);
  bench.run();
  const kinds = bench.log().map((entry) => entry?.kind);
  assert.equal(kinds.filter((kind) => kind === 'receipt').length, 2 * 64);
  assert.equal(kinds[0], 'marker');
  bench.run();
  assert.equal(bench.log().filter((entry) => entry?.kind === 'receipt').length, 2 * 6);
});

test('R-07 a supervisor that has not shown life for 500 ms is told, and told again when it lives', async () => {
  const bench = await Bench.create();
  bench.run();
  bench.log();
  bench.run(50, false);
  assert.deepEqual(bench.log(), []);
  bench.run(1, false);
  const [lost] = bench.log();
  assert.ok(lost?.kind === 'supervisor' && 'fresh' in lost);
  assert.equal(lost.fresh, 0);
  bench.run();
  const [back] = bench.log();
  assert.ok(back?.kind === 'supervisor' && 'fresh' in back);
  assert.equal(back.fresh, 1);
});

test('R-21 a recorder that has committed nothing yet is unknown, one that lags by more than a second holds', async () => {
  const bench = await Bench.create();
  bench.recorded = false;
  bench.times[ControlTime.committedUs] = NaN;
  const told = (): unknown[] =>
    bench.log().flatMap((entry) => (entry?.kind === 'recorder' && 'state' in entry ? [entry.state] : []));
  bench.run();
  assert.deepEqual(told(), [2]);
  bench.times[ControlTime.committedUs] = bench.nowUs;
  bench.run(100);
  assert.deepEqual(told(), [0]);
  bench.run();
  assert.deepEqual(told(), [1]);
  bench.recorded = true;
  bench.run();
  assert.deepEqual(told(), [0]);
});
