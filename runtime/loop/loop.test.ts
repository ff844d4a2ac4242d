import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FrameFlag,
  ReceiptState,
  refusalReasons,
  type LoopEvent,
  type SampleBlock,
  type StreamInfo,
} from '../contracts.js';
import { openingMessages } from '../replay/simulated-guardian.js';
import { buildLoop } from './build.js';
import { createRecordList, type Loop } from './loop.js';
import type { LoopPlan } from './plan.js';
import { decodeEvent, encodeMessage } from './records.js';
import { createSampleBlock } from './sample-block.js';

const rate = 250;
const stream: StreamInfo = {
  device: 'test',
  rate,
  delayUs: 0,
  channels: [{ name: 'C3', unit: 'uV', scale: 1, railCounts: 1000 }],
};
const plan: LoopPlan = {
  signals: [{ name: 'raw', from: { derivation: 'C3' }, stages: [] }],
  detectors: [{ name: 'step', signal: 0, plan: { use: 'threshold', level: 100 } }],
  stimulation: {
    policy: { use: 'immediate', after: 0, delaySeconds: 0, refractorySeconds: 1, expiresUs: 1e5 },
    durationUs: 50e3,
    limits: { intervalUs: 1e6, perMinute: 30, perHour: 100, perNight: 100 },
  },
  trace: 0,
};

/** Drives a loop frame by frame at 4 ms, with a step above the threshold wherever `steps` says. */
class Bench {
  readonly loop: Loop;
  readonly events: LoopEvent[] = [];
  readonly fired: number[] = [];
  nowUs = 1e6;
  #index = 0;
  readonly #messages = createRecordList(64);
  readonly #block: SampleBlock = createSampleBlock(1, 64);

  constructor(loop: Loop, arm = true) {
    this.loop = loop;
    openingMessages(this.#messages, arm);
  }

  static async create(arm = true): Promise<Bench> {
    return new Bench(await buildLoop(plan, stream), arm);
  }

  tell(...message: Parameters<typeof encodeMessage>): void {
    this.#messages.records.set(encodeMessage(...message), this.#messages.length++ * 12);
  }

  frames(count: number, value: (frame: number) => number = () => NaN, flag = 0): void {
    for (let frame = 0; frame < count; frame++) {
      const given = value(frame);
      this.#block.counts[0] = Number.isNaN(given) ? this.#index % 3 : given; // never flat
      this.#block.flags[0] = flag;
      this.#block.frames = 1;
      this.#block.firstIndex = this.#index++;
      this.nowUs += 4000;
      this.cycle();
    }
  }

  step(): void {
    this.frames(1, () => 500);
    this.frames(1);
  }

  skip(frames: number): void {
    this.#index += frames;
    this.nowUs += frames * 4000;
  }

  /** Cycles of 10 ms without frames. */
  silence(us: number): void {
    this.#block.frames = 0;
    for (let waited = 0; waited < us; waited += 10e3) {
      this.nowUs += 10e3;
      this.cycle();
    }
  }

  cycle(): void {
    this.#block.arrivalUs = this.nowUs;
    this.loop.cycle(this.nowUs, this.#block, this.#messages);
    this.#messages.length = 0;
    for (let place = 0; place < this.loop.events.length; place++) {
      const event = decodeEvent(this.loop.events.records, place * 12);
      if (event) this.events.push(event);
    }
    for (let place = 0; place < this.loop.commandCount; place++) {
      const command = this.loop.commands[place]?.command ?? 0;
      this.fired.push(command);
      this.tell('receipt', [command, ReceiptState.ended, this.nowUs]);
    }
  }

  lastRefusal(): string[] {
    const refusal = this.events.filter((event) => event.kind === 'refusal').at(-1);
    return refusalReasons.filter((_, place) => ((refusal?.reasons ?? 0) & (1 << place)) !== 0);
  }
}

test('R-05 nothing fires within ten seconds of the start, and a step after them does', async () => {
  const bench = await Bench.create();
  bench.frames(9 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['settling']);
  bench.frames(rate);
  bench.step();
  assert.deepEqual(bench.fired, [1]);
});

test('R-05 a gap, flagged or jumped over, holds the gate for ten seconds again', async () => {
  for (const open of [(bench: Bench) => bench.frames(3, () => 1, FrameFlag.gap), (bench: Bench) => bench.skip(900)]) {
    const bench = await Bench.create();
    bench.frames(11 * rate);
    open(bench);
    bench.frames(rate / 2);
    bench.step();
    // Nothing is known of the signal's quality either, half a second after it.
    assert.deepEqual(bench.lastRefusal(), ['settling', 'gap', 'saturation', 'flat']);
    assert.equal(bench.events.filter(({ kind }) => kind === 'gap').length, 1);
    bench.frames(10 * rate);
    bench.step();
    assert.deepEqual(bench.fired, [1]);
  }
});

test('R-01 a disarmed loop detects, asks and refuses', async () => {
  const bench = await Bench.create(false);
  bench.frames(11 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['disarmed']);
});

test('R-06 saturation and a flat line hold the gate', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  bench.frames(1, () => 1000);
  assert.deepEqual(bench.lastRefusal(), ['saturation']);
  bench.frames(2 * rate, () => 7);
  bench.frames(1, () => 500);
  // The step itself ends the flat line: what is flat is refused only while it is.
  const flat = bench.events.filter((event) => event.kind === 'inhibitor' && refusalReasons[event.reason] === 'flat');
  assert.deepEqual(
    flat.map((event) => event.kind === 'inhibitor' && event.state),
    [0, 1, 0],
  );
});

test('R-06 no fresh sample for 100 ms is stale', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  bench.silence(150e3);
  const stale = bench.loop.inhibitors.find(({ name }) => name === 'stale');
  assert.equal(stale?.state, 'holds');
});

test('R-07 guardian, supervisor, source and ring losses hold the gate and are named together', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  bench.tell('guardian', [0, 3]); // beats-lost: on again once beats return
  bench.tell('supervisor', [0]);
  bench.tell('source', [1]);
  bench.tell('loss', [0, 5]);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['ring-loss', 'guardian', 'supervisor', 'source']);
  bench.tell('guardian', [1, 0]);
  bench.tell('supervisor', [1]);
  bench.tell('source', [2]);
  bench.frames(11 * rate);
  bench.step();
  assert.deepEqual(bench.fired, [1]);
});

test('R-07 a guardian that was silenced or died disarms: it needs a new arming', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  bench.tell('guardian', [0, 2]);
  bench.frames(1);
  bench.tell('guardian', [1, 0]);
  bench.frames(rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['disarmed']);
});

test('R-08 a stimulus whose end nobody reports holds the next one', async () => {
  const loop = await buildLoop(plan, stream);
  const bench = new Bench(loop);
  bench.frames(11 * rate);
  bench.step();
  bench.tell = () => undefined; // receipts are lost from now on
  bench.frames(2 * rate);
  bench.step();
  bench.frames(3 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['unconfirmed']);
});

test('R-08 a guardian that was replaced owes no receipts: the new one may fire', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  const tell = bench.tell.bind(bench);
  bench.tell = () => undefined; // the guardian dies before it says how the stimulus ended
  bench.step();
  bench.frames(4 * rate);
  bench.tell = tell;
  bench.tell('guardian', [0, 4]); // latched
  bench.frames(rate);
  bench.tell('guardian', [1, 0]);
  bench.tell('arm', [Infinity, NaN, NaN, NaN, NaN]);
  bench.frames(rate);
  bench.step();
  assert.deepEqual(bench.fired, [1, 2]);
});

test('the same cycles give the same events, bit for bit', async () => {
  const [a, b] = [await Bench.create(), await Bench.create()];
  for (const bench of [a, b]) {
    bench.frames(11 * rate);
    bench.step();
    bench.skip(3);
    bench.frames(11 * rate);
    bench.step();
  }
  assert.deepEqual(a.events, b.events);
});
