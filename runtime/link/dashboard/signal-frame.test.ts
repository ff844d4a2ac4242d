import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, encodePicture, encodeSignal, gapValue } from './signal-frame.js';

const buffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

test('a signal frame has the bytes that its description says', () => {
  const values = Int16Array.from([1, -2, gapValue, 300]);
  const bytes = encodeSignal({ channels: 2, sequence: 7, firstIndex: 250, frames: 2, values });
  // Put down by hand from the comment in signal-frame.ts.
  const expected =
    '01' + '01' + '0200' + '07000000' + '0000000000406f40' + '02000000' + '00000000' + '0100feff00802c01';
  assert.equal(Buffer.from(bytes).toString('hex'), expected);
  assert.deepEqual(decodeFrame(buffer(bytes)), { channels: 2, sequence: 7, firstIndex: 250, frames: 2, values });
});

test('a picture comes back', () => {
  const pixels = Uint8Array.from([0, 1, 2, 3, 4, 255]);
  const bytes = encodePicture({ width: 3, height: 2, number: 99, pixels });
  assert.deepEqual(decodeFrame(buffer(bytes)), { width: 3, height: 2, number: 99, pixels });
});

test('what is cut, longer, of another version or of another kind is no frame', () => {
  const bytes = encodeSignal({ channels: 1, sequence: 1, firstIndex: 0, frames: 1, values: Int16Array.of(5) });
  assert.equal(decodeFrame(buffer(bytes.subarray(0, 25))), undefined);
  assert.equal(decodeFrame(buffer(bytes.subarray(0, 10))), undefined);
  assert.equal(decodeFrame(buffer(Uint8Array.from([...bytes, 0]))), undefined);
  for (const [place, value] of [
    [0, 2],
    [1, 9],
  ] as const) {
    const other = Uint8Array.from(bytes);
    other[place] = value;
    assert.equal(decodeFrame(buffer(other)), undefined);
  }
});
