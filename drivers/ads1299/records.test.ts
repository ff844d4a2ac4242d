import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Kind, RecordReader, mostPayload, mostRecord, writeRecord } from './records.js';

interface Written {
  kind: Kind;
  payload: Uint8Array;
}

const record = fc.record(
  { kind: fc.constantFrom(...Object.values(Kind)), payload: fc.uint8Array({ maxLength: mostPayload }) },
  { noNullPrototype: true },
);

function bytesOf(records: readonly Written[]): Uint8Array {
  const out = new Uint8Array(records.length * mostRecord);
  let at = 0;
  for (const { kind, payload } of records) at = writeRecord(out, at, kind, payload, payload.length);
  return out.slice(0, at);
}

function taken(reader: RecordReader): Written[] {
  const found: Written[] = [];
  for (let kind = reader.next(); kind !== 0; kind = reader.next())
    found.push({ kind, payload: reader.payload.slice(0, reader.length) });
  return found;
}

test('records come out as they went in, however they are cut', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), fc.array(fc.nat(60)), (records, cuts) => {
      const reader = new RecordReader();
      const bytes = bytesOf(records);
      const found: Written[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        const part = bytes.subarray(at, Math.min(bytes.length, at + cut));
        reader.push(part, part.length);
        found.push(...taken(reader));
        at += part.length;
      }
      assert.deepEqual(found, records);
      assert.equal(reader.discarded, 0);
    }),
  );
});

test('whatever came before, whole records behind it are found: few are lost to bytes that look like a head', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
      const reader = new RecordReader();
      const records = Array.from({ length: 30 }, (_, number) => {
        return { kind: Kind.frame, payload: new Uint8Array(31).fill(number + 1) };
      });
      reader.push(garbage, garbage.length);
      const bytes = bytesOf(records);
      reader.push(bytes, bytes.length);
      const found = taken(reader).filter(({ payload }) => payload.length === 31);
      assert.ok(found.length >= records.length - 3, `${found.length} of ${records.length}`);
      assert.deepEqual(found.at(-1), records.at(-1));
    }),
  );
});

test('a record with a damaged byte is none', () => {
  const bytes = bytesOf([{ kind: Kind.answer, payload: Uint8Array.of(1, 2, 3) }]);
  for (let at = 0; at < bytes.length; at++) {
    const reader = new RecordReader();
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] as number) ^ 0x10;
    reader.push(damaged, damaged.length);
    assert.deepEqual(taken(reader), [], `byte ${at}`);
  }
});

test('what nobody takes is bounded: the oldest goes, and is counted', () => {
  const reader = new RecordReader(256);
  const bytes = bytesOf(Array.from({ length: 20 }, () => ({ kind: Kind.frame, payload: new Uint8Array(31) })));
  for (let at = 0; at < bytes.length; at += 35) reader.push(bytes.subarray(at, at + 35), 35);
  const found = taken(reader);
  assert.ok(found.length >= 6 && found.length <= 7, `${found.length}`);
  assert.ok(reader.discarded > 0);
});
