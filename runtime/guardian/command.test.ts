import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import type { Command } from '../contracts.js';
import { crc32 } from '../crc32.js';
import { CommandReader, CommandWriter, commandBytes } from './command.js';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const commands = fc.array(
  fc.record({
    kind: fc.constantFrom('beat' as const, 'fire' as const, 'rest' as const),
    cycle: fc.nat(),
    command: fc.nat(),
    fireAtUs: finite,
    expiresUs: finite,
    durationUs: finite,
    variant: fc.nat(),
    gainDb: finite,
    lease: fc.nat(),
  }),
  { minLength: 1, maxLength: 16 },
);
type Written = Omit<Command, 'sequence'>;
const nothing = { command: 0, fireAtUs: 0, expiresUs: 0, durationUs: 0, variant: 0, gainDb: 0, lease: 0 };

/** The bytes of all commands in a row, numbered from 1. */
function written(list: readonly Written[]): Uint8Array {
  const writer = new CommandWriter();
  for (const command of list) {
    if (command.kind === 'beat') writer.beat(command.cycle);
    else if (command.kind === 'rest') writer.rest(command.cycle);
    else writer.fire({ ...command, sequence: 0 });
  }
  return writer.bytes.slice(0, writer.length);
}

function readAll(reader: CommandReader, bytes: Uint8Array, chunks: readonly number[] = [bytes.length]): Command[] {
  const read: Command[] = [];
  let at = 0;
  for (let place = 0; at < bytes.length; place++) {
    const chunk = bytes.subarray(at, at + chunks[place % chunks.length]!);
    reader.push(chunk, chunk.length);
    while (reader.next()) read.push({ ...reader.command });
    at += chunk.length;
  }
  return read;
}

test('R-12 what is written is read, whatever the pieces it comes in', () => {
  fc.assert(
    fc.property(commands, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (list, chunks) => {
      const reader = new CommandReader();
      const expected = list.map((command, place): Command => ({
        ...(command.kind === 'fire' ? command : { ...nothing, kind: command.kind, cycle: command.cycle }),
        sequence: place + 1,
      }));
      assert.deepEqual(readAll(reader, written(list), chunks), expected);
      assert.equal(reader.fault, '');
    }),
  );
});

test('R-12 any single flipped bit stops the channel at that record, for good', () => {
  fc.assert(
    fc.property(commands, fc.nat(), (list, seed) => {
      const bytes = written(list);
      const flipped = seed % (bytes.length * 8);
      bytes[flipped >> 3]! ^= 1 << (flipped & 7);
      const reader = new CommandReader();
      assert.equal(readAll(reader, bytes).length, Math.floor((flipped >> 3) / commandBytes));
      assert.notEqual(reader.fault, '');
      const before = reader.fault;
      assert.deepEqual(readAll(reader, written(list)), []);
      assert.equal(reader.fault, before);
    }),
    { numRuns: 500 },
  );
});

test('R-12 every single bit of a record is protected', () => {
  const whole = written([
    {
      kind: 'fire',
      cycle: 3,
      command: 1,
      fireAtUs: 0,
      expiresUs: 5e6,
      durationUs: 5e4,
      variant: 1,
      gainDb: -3,
      lease: 2,
    },
  ]);
  for (let bit = 0; bit < commandBytes * 8; bit++) {
    const bytes = whole.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    assert.deepEqual(readAll(new CommandReader(), bytes), [], `bit ${bit}`);
  }
});

test('R-12 a record left out, repeated or out of order stops the channel', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 16 }), fc.nat(), fc.nat(), (count, a, b) => {
      const bytes = written(
        Array.from({ length: count }, (_, cycle) => ({
          kind: 'beat',
          cycle,
          ...nothing,
        })),
      );
      const expected = a % count;
      const instead = b % count;
      fc.pre(expected !== instead);
      const record = (place: number): Uint8Array => bytes.subarray(place * commandBytes, (place + 1) * commandBytes);
      const reader = new CommandReader();
      assert.equal(readAll(reader, bytes.subarray(0, expected * commandBytes)).length, expected);
      assert.deepEqual(readAll(reader, record(instead)), []);
      assert.equal(reader.fault, `record ${instead + 1} after ${expected}`);
    }),
  );
});

test('R-12 bytes that are no record stop the channel, and so does more than it holds', () => {
  const garbage = new CommandReader();
  assert.deepEqual(readAll(garbage, new Uint8Array(commandBytes).fill(0x5a)), []);
  assert.equal(garbage.fault, 'bytes that are no record');
  const flood = new CommandReader();
  flood.push(new Uint8Array(64 * commandBytes), 64 * commandBytes);
  flood.push(new Uint8Array(1), 1);
  assert.equal(flood.fault, 'more bytes than a channel holds');
  assert.equal(flood.next(), false);
});

test('a writer begins again at 1, and refuses more records than one write holds', () => {
  const writer = new CommandWriter();
  for (let i = 0; i < 16; i++) writer.beat(i);
  assert.throws(() => writer.beat(16), /more than 16 records/);
  writer.restart();
  writer.rest(17);
  const [command] = readAll(new CommandReader(), writer.bytes.slice(0, writer.length));
  assert.equal(command?.sequence, 1);
  assert.equal(command.kind, 'rest');
});

test('R-12 the check sum is that of zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, from) => {
      const start = Math.min(from, bytes.length);
      assert.equal(crc32(bytes, start, bytes.length), zlibCrc32(bytes.subarray(start)));
    }),
  );
});
