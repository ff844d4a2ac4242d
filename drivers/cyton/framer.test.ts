import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PacketFramer } from './framer.js';
import { firstByte, isFooter, packetBytes, writePacket } from './protocol.js';

/** Packets with consecutive counters whose data are full of bytes that look like the start and the end of packets. */
function packets(first: number, data: readonly number[], count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, place) => {
    const packet = new Uint8Array(packetBytes);
    writePacket(packet, 0, (first + place) & 255, [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0]);
    for (let at = 2; at < 32; at++) packet[at] = data[(place * 30 + at) % data.length] ?? 0;
    return packet;
  });
}

interface Found {
  counters: number[];
  packets: string[];
  outside: number[];
  discarded: number;
}

function frame(bytes: Uint8Array, cuts: readonly number[] = []): Found {
  const outside: number[] = [];
  const framer = new PacketFramer((byte) => outside.push(byte));
  const found: Found = { counters: [], packets: [], outside, discarded: 0 };
  let from = 0;
  for (const to of [...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]) {
    framer.push(bytes.subarray(from, to), to - from);
    from = to;
    for (let counter = framer.next(); counter >= 0; counter = framer.next()) {
      found.counters.push(counter);
      found.packets.push(Buffer.from(framer.bytes.slice(framer.at, framer.at + packetBytes)).toString('hex'));
    }
  }
  found.discarded = framer.discarded;
  return found;
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const hexOf = (parts: readonly Uint8Array[]): string[] => parts.map((part) => Buffer.from(part).toString('hex'));

const anyByte = fc.nat(255);
const trickyByte = fc.constantFrom(0xa0, 0xc0, 0xc1, 0xc6, 0x00);
const data = fc.array(fc.oneof(anyByte, trickyByte), { minLength: 1, maxLength: 90, size: 'max' });
const garbage = fc.oneof(
  fc.array(anyByte, { maxLength: 66, size: 'max' }),
  fc.array(trickyByte, { maxLength: 66, size: 'max' }),
  fc.array(fc.constant(0xa0), { maxLength: 66, size: 'max' }),
  fc.array(fc.constant(0xc0), { maxLength: 66, size: 'max' }),
);

test('any chunking gives the same packets', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(garbage, fc.nat(255), data), { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(2000), { maxLength: 40 }),
      (parts, cuts) => {
        const bytes = joined(
          parts.flatMap(([noise, first, bits]) => [Uint8Array.from(noise), ...packets(first, bits, 3)]),
        );
        assert.deepEqual(frame(bytes, cuts), frame(bytes));
      },
    ),
    { numRuns: 300 },
  );
});

interface Noise {
  readonly at: number;
  readonly length: number;
  /** Counter of the packet behind it. */
  readonly next: number;
}

function falseStart(stream: Uint8Array, place: number): boolean {
  return stream[place] === firstByte && isFooter(stream[place + packetBytes - 1] ?? 0);
}

/** True if chance has made a packet with a counter near the right one, or two that follow each other: nothing tells them from real ones. */
function makesPackets(stream: Uint8Array, noises: readonly Noise[]): boolean {
  const starts = new Set(noises.map(({ at, length }) => at + length));
  for (const { at, length, next } of noises) {
    for (let place = at; place < at + length; place++) {
      if (!falseStart(stream, place)) continue;
      const counter = stream[place + 1] ?? 0;
      if (((counter - next + 1) & 255) <= 3) return true;
      for (let second = place + packetBytes; second <= place + packetBytes + 66; second++)
        if (!starts.has(second) && falseStart(stream, second) && stream[second + 1] === ((counter + 1) & 255))
          return true;
    }
  }
  return false;
}

test('up to 66 bytes of garbage between packets cost no packet', () => {
  let lookalikes = 0;
  fc.assert(
    fc.property(fc.array(garbage, { minLength: 1, maxLength: 20 }), fc.nat(255), data, (noises, first, bits) => {
      const whole = packets(first, bits, noises.length + 6);
      const parts: Uint8Array[] = [];
      const noiseAt: Noise[] = [];
      let length = 0;
      whole.forEach((packet, place) => {
        const noise = place === 0 ? [] : (noises[place - 1] ?? []);
        noiseAt.push({ at: length, length: noise.length, next: (first + place) & 255 });
        parts.push(Uint8Array.from(noise), packet);
        length += noise.length + packetBytes;
      });
      const stream = joined(parts);
      fc.pre(!makesPackets(stream, noiseAt));
      for (const noise of noiseAt)
        for (let place = noise.at; place < noise.at + noise.length; place++)
          if (falseStart(stream, place)) lookalikes++;
      const found = frame(stream);
      assert.deepEqual(found.packets, hexOf(whole));
      assert.deepEqual(found.outside, noises.flat());
      assert.equal(found.discarded, noises.flat().length);
    }),
    { numRuns: 1000 },
  );
  assert.ok(lookalikes > 1000, `${lookalikes} false starts with a footer in the right place`);
});

test('a packet after a loss is confirmed across 66 bytes of garbage', () => {
  const whole = packets(250, [7], 8);
  const stream = joined([...whole.slice(0, 3), whole[4]!, new Uint8Array(66).fill(firstByte), ...whole.slice(5)]);
  assert.deepEqual(frame(stream).counters, [250, 251, 252, 254, 255, 0, 1]);
});

test('a bad footer loses that packet alone', () => {
  fc.assert(
    fc.property(fc.nat(255), fc.integer({ min: 2, max: 8 }), anyByte, (first, bad, footer) => {
      fc.pre(!isFooter(footer));
      const whole = packets(first, [1, 2, 3], 12);
      whole[bad]![packetBytes - 1] = footer;
      const found = frame(joined(whole));
      // No other packet ends where a start byte of this one would want it, so the others all count.
      assert.deepEqual(found.packets, hexOf(whole.filter((_, place) => place !== bad)));
      assert.equal(found.discarded, packetBytes);
    }),
  );
});

test('after a false start the next byte is tried, not the one 33 bytes on', () => {
  // Cut short by ten bytes: its footer would lie within the packet behind it.
  const whole = packets(10, [5], 6);
  const stream = joined([...whole.slice(0, 2), whole[2]!.subarray(0, 23), ...whole.slice(3)]);
  const found = frame(stream);
  assert.deepEqual(found.counters, [10, 11, 13, 14, 15]);
  assert.equal(found.discarded, 23);
});

test('the first packet is taken when its successor is there', () => {
  const [only, next] = packets(77, [9], 2);
  assert.deepEqual(frame(only!).counters, []);
  assert.deepEqual(frame(joined([only!, next!])).counters, [77, 78]);
});

test('random bytes never throw, however many come at once', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3000, size: 'max' }), { maxLength: 8 }), (chunks) => {
      const framer = new PacketFramer(() => undefined);
      for (const chunk of chunks) {
        framer.push(chunk, chunk.length);
        while (framer.next() >= 0);
      }
    }),
  );
  const framer = new PacketFramer(() => undefined);
  const much = joined(packets(0, [1], 1000));
  framer.push(much, much.length);
  let taken = 0;
  while (framer.next() >= 0) taken++;
  assert.ok(taken > 400, 'the newest 16 KiB are kept');
  assert.ok(framer.discarded >= much.length - 16384);
});
