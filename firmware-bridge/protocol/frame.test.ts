import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32 } from '../../runtime/crc32.js';
import { messages } from './description.js';
import { FrameReader, FrameWriter, longestFrame } from './frame.js';
import { golden, plainFields } from './golden.test.fixture.js';
import {
  blank,
  DeviceMessageDecoder,
  HostMessageDecoder,
  longestMessage,
  type DeviceMessage,
  type HostMessage,
} from './messages.js';

type Message = HostMessage | DeviceMessage;

function readers(): { host: FrameReader<HostMessage>; device: FrameReader<DeviceMessage> } {
  return { host: new FrameReader(new HostMessageDecoder()), device: new FrameReader(new DeviceMessageDecoder()) };
}

function read<M>(reader: FrameReader<M>, bytes: Iterable<number>): M[] {
  const found: M[] = [];
  for (const byte of bytes) {
    const message = reader.take(byte);
    if (message !== undefined) found.push(structuredClone(message));
  }
  return found;
}

function filled({ kind, fields }: (typeof golden)[number]): Message {
  const message = blank[kind]();
  const into = message as unknown as Record<string, number | Uint8Array | Int16Array>;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'number') into[name] = value;
    else (into[name] as Uint8Array).set(value);
  }
  return message;
}

function frame(message: Message): Uint8Array {
  const writer = new FrameWriter();
  writer.write(message);
  return writer.bytes.slice(0, writer.length);
}

/** CRC and stuffing around any bytes. */
function framed(message: Uint8Array): Uint8Array {
  const plain = new Uint8Array(message.length + 4);
  plain.set(message);
  new DataView(plain.buffer).setUint32(message.length, crc32(message, 0, message.length), true);
  const runs = Buffer.from(plain).toString('latin1').split('\0');
  return Uint8Array.from([...runs.flatMap((run) => [run.length + 1, ...Buffer.from(run, 'latin1')]), 0]);
}

test('every golden frame is written and read as the second implementation wrote it', () => {
  assert.deepEqual([...new Set(golden.map(({ kind }) => kind))], Object.keys(messages));
  for (const one of golden) {
    assert.deepEqual(frame(filled(one)), one.frame, one.kind);
    const both = readers();
    const reader = messages[one.kind].from === 'host' ? both.host : both.device;
    const [message, ...more] = read<Message>(reader, one.frame);
    assert.ok(message && message.kind === one.kind);
    assert.deepEqual(plainFields(message), one.fields);
    assert.equal(more.length, 0);
  }
});

test('a changed bit anywhere in a frame never gives a message other than the one that was sent', () => {
  for (const { kind, frame: sent } of golden) {
    for (let bit = 0; bit < sent.length * 8; bit++) {
      const changed = Uint8Array.from(sent);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const { host, device } = readers();
      const found = [...read<Message>(host, [...changed, 0]), ...read<Message>(device, [...changed, 0])];
      assert.deepEqual(found, [], `${kind}, bit ${bit}`);
      assert.ok(host.damagedFrames > 0);
    }
  }
});

test('after any bytes and a zero the next frame is read', () => {
  const sync = { ...blank.sync(), session: 7, sequence: 3 };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (noise) => {
      const { host } = readers();
      read(host, noise);
      read(host, [0]);
      assert.deepEqual(read(host, frame(sync)), [sync]);
    }),
  );
});

test('frames are counted: good, damaged, stray', () => {
  const { host } = readers();
  const pulse = frame(blank.pulse());
  read(host, [0, 0, ...pulse, 0, ...pulse.subarray(1), ...pulse.subarray(0, 9), ...pulse]);
  read(host, new Uint8Array(longestFrame + 99).fill(1));
  read(host, [0]);
  read(host, frame(blank.verdict()));
  read(host, framed(Uint8Array.of(0x77, 1, 2)));
  read(host, framed(Uint8Array.of(0x05, 0)));
  const { goodFrames, damagedFrames, strayFrames } = host;
  assert.deepEqual({ goodFrames, damagedFrames, strayFrames }, { goodFrames: 1, damagedFrames: 3, strayFrames: 3 });
});

test('the longest message fits, one that is a byte longer is damage', () => {
  const { host } = readers();
  read(host, framed(new Uint8Array(longestMessage).fill(0x99)));
  assert.deepEqual([host.damagedFrames, host.strayFrames], [0, 1]);
  read(host, framed(new Uint8Array(longestMessage + 1).fill(0x99)));
  assert.deepEqual([host.damagedFrames, host.strayFrames], [1, 1]);
});

test('a number that does not fit its field is refused before there is a frame', () => {
  const writer = new FrameWriter();
  const cases: [Partial<Record<string, number>>, RegExp][] = [
    [{ amplitude: 65_536 }, /^pulse\.amplitude: 65536 does not fit\. It must be a whole number from 0 to 65535\.$/],
    [{ amplitude: -1 }, /amplitude: -1/],
    [{ durationUs: 0.5 }, /durationUs: 0\.5/],
    [{ durationUs: NaN }, /durationUs: NaN/],
    [{ sequence: 2 ** 32 }, /sequence/],
    [{ atUs: 2 ** 53 }, /atUs/],
    [{ sham: 256 }, /sham/],
  ];
  for (const [fields, message] of cases) {
    writer.write(blank.beat());
    assert.throws(() => writer.write({ ...blank.pulse(), ...fields }), { name: 'RangeError', message });
    assert.equal(writer.length, 0);
  }
});

test('a time that is no whole number of a double is refused', () => {
  const { device } = readers();
  const body = new Uint8Array(17);
  body[0] = messages.synced.code;
  body.fill(0xff, 9);
  read(device, framed(body));
  assert.deepEqual([device.goodFrames, device.strayFrames], [0, 1]);
});

test('writing and reading beats and pulses allocates no object', () => {
  const writer = new FrameWriter();
  const { host } = readers();
  const beat = blank.beat();
  const pulse = blank.pulse();
  const cycle = (n: number): void => {
    beat.sequence = n;
    pulse.atUs = n * 1e9;
    writer.write(n % 2 === 0 ? beat : pulse);
    for (let i = 0; i < writer.length; i++) host.take(writer.bytes[i] as number);
  };
  for (let n = 0; n < 100_000; n++) cycle(n);
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 20_000; n++) cycle(n);
  const grown = process.memoryUsage().heapUsed - before;
  assert.equal(host.goodFrames, 120_000);
  // Numbers above 2^31 are boxed here and there, 16 bytes each; the smallest object would take 64 more.
  assert.ok(grown < 20_000 * 48, `20,000 messages took ${grown} bytes`);
});
