import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeviceSession } from '../../runtime/contracts.js';
import { framesOf, sampleBlock, type DeliveredFrame } from '../cyton/virtual-line.test.fixture.js';
import type { ImuOptions } from './options.js';
import { layoutOf, readElementType, readValue, type Element } from './protocol.js';
import { createImuSession } from './session.js';

const typeOf = (text: string) => {
  const type = readElementType(text);
  assert.ok(type, text);
  return type;
};
const read = (bytes: string, type: string): number => {
  const { buffer, byteOffset, byteLength } = Uint8Array.from(Buffer.from(bytes, 'hex'));
  return readValue(new DataView(buffer, byteOffset, byteLength), 0, typeOf(type));
};

test('values are stored as the ABI of the kernel says', () => {
  // 12 bits to the left in 16, the example of the kernel's documentation: 0x7ff and −1 with rubbish below.
  assert.equal(read('f07f', 'le:s12/16>>4'), 2047);
  assert.equal(read('f5ff', 'le:s12/16>>4'), -1);
  assert.equal(read('0080', 'le:s12/16>>4'), -2048);
  assert.equal(read('fffe', 'be:s16/16>>0'), -2);
  assert.equal(read('fffe', 'be:u16/16'), 65534);
  assert.equal(read('80', 'le:s8/8>>0'), -128);
  assert.equal(read('ffffffff', 'le:u32/32>>0'), 4294967295);
  assert.equal(read('00000080', 'le:s32/32>>0'), -2147483648);
  assert.equal(read('00ffff7f', 'le:s24/32>>8'), 8388607);
  for (const text of ['le:s16/16X4>>0', 'le:s12/16>>5', 'le:s0/16>>0', 'le:s16/24>>0', 's16/16>>0', ''])
    assert.equal(readElementType(text), undefined, text);
});

test('each value stands at a multiple of its size, and a scan is as long as a multiple of the largest', () => {
  const scan = (...types: string[]) =>
    layoutOf(
      types.map((text, index): Element => ({ name: `v${index}`, index, type: typeOf(text), scale: 1, offset: 0 })),
    );
  const places = (...types: string[]) => [...scan(...types).at.values(), scan(...types).bytes];
  const axis = 'le:s16/16>>0';
  const time = 'le:s64/64>>0';
  assert.deepEqual(places(axis, axis, axis, time), [0, 2, 4, 8, 16]);
  assert.deepEqual(places(axis, axis, axis, axis, axis, axis, time), [0, 2, 4, 6, 8, 10, 16, 24]);
  assert.deepEqual(places(axis, axis, axis), [0, 2, 4, 6]);
  assert.deepEqual(places('le:s8/8>>0', 'le:s24/32>>0', axis), [0, 4, 8, 12]);
});

const description =
  'rate 104\naccel_z 2 le:s16/16>>0 0.000598 0\naccel_x 0 le:s16/16>>0 0.000598 10\ntimestamp 3 le:s64/64>>0 1 0\n\n';
const periodNs = 1e9 / 104;

/** x, z and the time, as an LSM6DSO with its y switched off gives them. */
function scan(x: number, z: number, ns: number): Buffer {
  const bytes = Buffer.alloc(16, 0xee);
  bytes.writeInt16LE(x, 0);
  bytes.writeInt16LE(z, 2);
  bytes.writeBigInt64LE(BigInt(Math.round(ns)), 8);
  return bytes;
}

class Line {
  readonly session: DeviceSession;
  readonly frames: DeliveredFrame[] = [];
  nowUs = 5e6;
  readonly #block;

  constructor(given: Partial<ImuOptions> = {}) {
    this.session = createImuSession({ channels: ['accel_x', 'accel_z'], rate: 104, ...given });
    this.#block = sampleBlock(this.session.info.channels.length);
    this.session.open(this.nowUs);
  }

  push(bytes: Uint8Array | string): this {
    const given = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    this.session.push(given, given.length, this.nowUs, this.#block);
    this.frames.push(...framesOf(this.#block));
    while (this.session.pending) {
      this.session.push(given, 0, this.nowUs, this.#block);
      this.frames.push(...framesOf(this.#block));
    }
    return this;
  }
}

test('scans become frames in metres per second squared, however their bytes come', () => {
  const scans = Array.from({ length: 200 }, (_, n) => scan(n - 10, 16404, 7e15 + n * periodNs));
  const line = new Line().push(Buffer.concat([Buffer.from(description), ...scans]));
  assert.equal(line.session.state, 'streaming');
  assert.deepEqual(line.session.info.channels[1], { name: 'accel_z', unit: 'm/s2', scale: 1e-6, railCounts: 2e9 });
  // 16404 × 0.000598 m/s² is 9.809592, and an offset of 10 is added before the scale.
  assert.deepEqual(line.frames[0], { index: 0, counter: -1, gap: false, counts: [0, 9_809_592] });
  assert.deepEqual(line.frames[199], { index: 199, counter: -1, gap: false, counts: [119_002, 9_809_592] });
  assert.equal(line.session.counts.gaps, 0);
  const slow = new Line();
  for (const byte of Buffer.concat([Buffer.from(description), ...scans])) slow.push(Uint8Array.of(byte));
  assert.deepEqual(slow.frames, line.frames);
});

test('at the end of its range a sensor is saturated', () => {
  const line = new Line()
    .push(description)
    .push(scan(32767, -32768, 0))
    .push(scan(32766, -32767, periodNs));
  assert.deepEqual(
    line.frames.map(({ counts }) => counts),
    [
      [2e9, -2e9],
      [Math.round(32776 * 598), -Math.round(32767 * 598)],
    ],
  );
});

test('scans that the kernel had no room for are a gap; a late interrupt and a clock that was set are none', () => {
  const line = new Line().push(description);
  let ns = 1e18;
  const next = (elapsed: number): number => {
    const before = line.frames.length;
    line.push(scan(1, 1, (ns += elapsed)));
    return line.frames.length - before;
  };
  assert.equal(next(0), 1);
  assert.equal(next(periodNs + 7e6), 1);
  assert.equal(next(periodNs - 7e6), 1);
  assert.equal(next(2 * periodNs), 2);
  assert.equal(next(11 * periodNs), 11);
  assert.equal(next(-3.6e12), 1);
  assert.equal(next(7.2e12), 1);
  assert.deepEqual([line.session.counts.gaps, line.session.counts.lostFrames], [2, 11]);
  assert.deepEqual(
    line.frames.slice(3, 5).map(({ gap }) => gap),
    [true, false],
  );
});

test('a sensor that was away for a second leaves a gap of that length, and may come back otherwise', () => {
  const line = new Line().push(description).push(scan(1, 1, 0));
  line.session.close(line.nowUs);
  line.nowUs += 1e6;
  line.session.open(line.nowUs);
  line.push('rate 0\naccel_x 0 le:s16/16>>0 1 0\naccel_z 1 be:s16/16>>0 1 0\n\n').push(Uint8Array.of(2, 0, 0, 3));
  assert.equal(line.session.counts.lostFrames, 103);
  assert.deepEqual(line.frames.at(-1)?.counts, [2e6, 3e6]);
});

test('a sensor whose own clock is too far off is told, by its times', () => {
  const line = new Line().push(description);
  let ns = 0;
  const tenSecondsAt = (rate: number): string => {
    for (let scans = 0; scans <= 1040; scans++) line.push(scan(1, 1, (ns += 1e9 / rate)));
    return line.session.notice;
  };
  assert.equal(tenSecondsAt(105.9), '');
  assert.match(tenSecondsAt(107), /^imu: it gives 107\.0 samples a second, not 104/);
  assert.equal(line.session.state, 'streaming');
  assert.equal(tenSecondsAt(104), '');
});

test('silence is told, and what a sensor is not', () => {
  const silent = new Line().push(description).push(scan(1, 1, 0));
  silent.nowUs += 1_000_001;
  silent.push('');
  assert.equal(silent.session.state, 'starting');
  assert.match(silent.session.notice, /^imu: no scans come\. Is its interrupt wired/);
  silent.push(scan(1, 1, 1e9));
  assert.deepEqual([silent.session.state, silent.session.notice], ['streaming', '']);
  const faults: [string, string][] = [
    [description.replace('104', '52'), 'imu: it has 52 Hz: set source.rate to that.'],
    [description.replace('accel_z', 'accel_y'), 'imu: its scans are without accel_z.'],
    [
      description.replace('s16/16>>0', 's16/16X2>>0'),
      'imu: accel_z is stored as le:s16/16X2>>0, which is not supported.',
    ],
    [description.replace('s16/16>>0', 's48/64>>0'), 'imu: accel_z has 48 bits, and 32 are the most.'],
    [
      description.replace('0.000598', 'NaN'),
      'imu: what it says of accel_z cannot be read (accel_z 2 le:s16/16>>0 NaN 0).',
    ],
    ['rate x\n\n', 'imu: its rate cannot be read (rate x).'],
  ];
  for (const [text, notice] of faults) {
    const { session } = new Line().push(text);
    assert.deepEqual([session.state, session.notice], ['failed', notice]);
  }
});

test('whatever the bytes, nothing is thrown and frames are in order', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 20 }), fc.boolean(), (pieces, isDescribed) => {
      const line = new Line().push(isDescribed ? description : '');
      for (const piece of pieces) line.push(piece);
      for (let place = 1; place < line.frames.length; place++)
        assert.ok((line.frames[place]?.index ?? NaN) > (line.frames[place - 1]?.index ?? NaN));
    }),
    { numRuns: 50, seed: 1 },
  );
});
