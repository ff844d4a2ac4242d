import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameFlag } from '../../runtime/contracts.js';
import { createSampleBlock } from '../../runtime/loop/sample-block.js';
import { blank } from '../protocol/messages.js';
import { FakeDevice } from './device.test.fixture.js';
import { openSerialTransport } from '../../drivers/serial/transport.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { noCompiler } from '../firmware/make.test.fixture.js';
import { BridgeProcess } from './bridge-process.test.fixture.js';
import { createBridgeSource } from './source.js';

/** A bridge with two analogue inputs at 250 Hz; what it samples is told by the test. */
class Rig {
  readonly device = new FakeDevice();
  readonly source = createBridgeSource({ rate: 250, inputs: ['light', 'tilt'] });
  readonly block = createSampleBlock(3, 64);
  readonly frames: { index: number; counts: number[]; counter: number; flags: number }[] = [];
  nowUs = 5e9;
  #counter = 0;

  constructor() {
    this.source.open(this.nowUs);
    this.pass(100e3);
  }

  /** Time goes on in steps of 10 ms. */
  pass(us: number): void {
    for (const untilUs = this.nowUs + us; this.nowUs < untilUs; this.nowUs += 10e3) this.exchange();
  }

  exchange(): void {
    const { source, device, block } = this;
    let bytes = Uint8Array.from(device.out.splice(0));
    do {
      source.push(bytes, bytes.length, this.nowUs, block);
      device.take(source.outgoing.slice(0, source.outgoingLength), this.nowUs);
      source.outgoingLength = 0;
      for (let frame = 0; frame < block.frames; frame++) {
        this.frames.push({
          index: block.firstIndex + frame,
          counts: [...block.counts.subarray(3 * frame, 3 * frame + 3)],
          counter: block.counters[frame]!,
          flags: block.flags[frame]!,
        });
      }
      bytes = new Uint8Array(0);
    } while (source.pending);
  }

  /** Sixteen samples of each input: 100 and 200, and on from there. `lost`: one of the two is damaged on the way. */
  samples(lost = false): void {
    const firstUs = this.#counter * 16 * 4000;
    for (const input of [0, 1]) {
      if (lost && input === 1) continue;
      const values = Int16Array.from({ length: 16 }, (_, n) => 100 * (input + 1) + n);
      this.device.say({ kind: 'samples', counter: this.#counter, firstUs, periodUs: 4000, input, values });
    }
    this.#counter++;
  }

  restartCounter(): void {
    this.#counter = 0;
  }
}

test('analogue inputs and digital levels become frames: each level from the sample on at which it had changed', () => {
  const rig = new Rig();
  assert.equal(rig.source.state, 'starting');
  rig.device.say({ ...blank.input(), atUs: 4000 * 5 - 1, levels: 1, changed: 1 });
  rig.device.say({ ...blank.input(), atUs: 4000 * 9, levels: 3, changed: 2 });
  rig.device.say({ ...blank.input(), atUs: 4000 * 16 + 1, levels: 0, changed: 3 });
  rig.samples();
  rig.samples();
  rig.exchange();
  assert.equal(rig.source.state, 'streaming');
  assert.equal(rig.source.notice, '');
  assert.deepEqual(
    rig.source.info.channels.map(({ name, unit }) => `${name} ${unit}`),
    ['light count', 'tilt count', 'digital count'],
  );
  assert.deepEqual(
    rig.frames.map(({ index }) => index),
    Array.from({ length: 32 }, (_, n) => n),
  );
  assert.deepEqual(rig.frames[0]?.counts, [100, 200, 0]);
  assert.deepEqual(rig.frames[15]?.counts, [115, 215, 3]);
  const levels = rig.frames.map(({ counts }) => counts[2]);
  assert.deepEqual(levels, [0, 0, 0, 0, 0, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, ...Array<number>(15).fill(0)]);
  assert.deepEqual({ ...rig.source.counts }, { frames: 32, gaps: 0, lostFrames: 0, discardedBytes: 0, duplicates: 0 });
});

test('a block of which one input was lost is a gap of sixteen frames, filled with what was there before', () => {
  const rig = new Rig();
  rig.samples();
  rig.samples(true);
  rig.samples();
  rig.exchange();
  assert.deepEqual(
    rig.frames.map(({ index }) => index),
    Array.from({ length: 48 }, (_, n) => n),
  );
  const gap = rig.frames.filter(({ flags }) => flags === FrameFlag.gap);
  assert.equal(gap.length, 16);
  for (const { counter, counts } of gap) assert.deepEqual([counter, counts], [-1, [115, 215, 0]]);
  assert.deepEqual([rig.source.counts.gaps, rig.source.counts.lostFrames], [1, 16]);
});

test('more than fits comes with the next calls, in order', () => {
  const rig = new Rig();
  for (let n = 0; n < 20; n++) rig.samples();
  rig.exchange();
  assert.deepEqual(
    rig.frames.map(({ counter }) => counter),
    Array.from({ length: 320 }, (_, n) => n),
  );
});

test('a device that was away, or lost its session, begins anew: the index goes on, with a gap for the time between', () => {
  const rig = new Rig();
  rig.samples();
  rig.exchange();
  rig.source.close(rig.nowUs);
  assert.equal(rig.source.state, 'closed');
  for (const awayUs of [1e6, 10e6]) {
    const before = rig.frames.length;
    const last = rig.frames.at(-1)!.index;
    rig.nowUs += awayUs;
    rig.source.open(rig.nowUs);
    rig.pass(100e3);
    rig.restartCounter();
    rig.samples();
    rig.exchange();
    const [first] = rig.frames.slice(before);
    assert.equal(first?.flags, FrameFlag.gap);
    const advanced = (rig.frames.at(-1)?.index ?? 0) - last;
    assert.ok(Math.abs(advanced - ((awayUs + 100e3) * 250) / 1e6) <= 17, `${advanced} frames for ${awayUs} us`);
    rig.source.close(rig.nowUs);
  }
});

test('its session may give nothing, and another version is told', () => {
  const rig = new Rig();
  assert.equal(rig.device.state.amplitudeLimit, 0);
  const other = new Rig();
  other.device.protocol = 9;
  other.source.close(other.nowUs);
  other.source.open(other.nowUs);
  other.pass(500e3);
  assert.equal(other.source.state, 'failed');
  assert.match(other.source.notice, /^bridge: the device speaks version 9 .*use a newer axond\.$/);
});

test('no samples for two seconds: it is told, and taken back with the next ones', () => {
  const rig = new Rig();
  rig.samples();
  rig.exchange();
  rig.pass(2.5e6);
  assert.deepEqual([rig.source.state, rig.source.notice.startsWith('bridge: no samples')], ['starting', true]);
  rig.samples();
  rig.exchange();
  assert.deepEqual([rig.source.state, rig.source.notice], ['streaming', '']);
});

test('the firmware’s own inputs come through its port', { skip: noCompiler }, async (t) => {
  const bridge = await BridgeProcess.start(t);
  const transport = openSerialTransport(bridge.port);
  t.after(() => transport.close());
  const source = createBridgeSource({ rate: 500, inputs: ['light', 'tilt'] });
  const block = createSampleBlock(3, 64);
  const bytes = new Uint8Array(4096);
  const seen = new Set<string>();
  bridge.tell('analogue 0 123');
  bridge.tell('analogue 1 -456');
  source.open(monotonicUs());
  const untilUs = monotonicUs() + 20e6;
  while (!seen.has('123,-456,0') || !seen.has('123,-456,5')) {
    assert.ok(monotonicUs() < untilUs, [...seen].join(' '));
    const length = source.pending ? 0 : Math.max(0, transport.read(bytes, 4));
    source.push(bytes, length, monotonicUs(), block);
    transport.write(source.outgoing, source.outgoingLength);
    source.outgoingLength = 0;
    for (let frame = 0; frame < block.frames; frame++) {
      const counts = [...block.counts.subarray(3 * frame, 3 * frame + 3)];
      if (seen.size === 0) bridge.tell('digital 5');
      seen.add(counts.join());
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual([source.state, source.notice], ['streaming', '']);
});
