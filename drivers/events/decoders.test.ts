import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Aedat2Decoder } from './aedat2.js';
import { Aedat31Decoder } from './aedat31.js';
import { Aedat4Decoder } from './aedat4.js';
import { decoded, hex } from './decoded.test.fixture.js';
import {
  encode,
  encodeAedat4,
  generator,
  joined,
  randomEvents,
  testHeight,
  testWidth,
} from './encoders.test.fixture.js';
import { createEventBlock } from './event-block.js';
import { Evt2Decoder } from './evt2.js';
import { Evt21Decoder } from './evt21.js';
import { Evt3Decoder } from './evt3.js';
import { createEventDecoder, eventFormats, formatOf } from './formats.js';
import { unpackLz4 } from './lz4-frame.js';
import { zstdOfNode, type UnpackZstd } from './zstd.js';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

test('EVT 3.0, word by word: time, row, single pixels, vectors', () => {
  // time high 1, low 2; row 100; x 300 on; base 64 off; 12 pixels 1000 0000 0101; 8 pixels 1000 0001; trigger; time low 5; x 7 off
  const bytes = hex('0180 0260 6400 2c29 4030 0548 8150 00a1 0560 0720');
  const at = { y: 100, timeUs: 4098 };
  assert.deepEqual(decoded(new Evt3Decoder(), bytes), [
    { x: 300, polarity: 1, ...at },
    ...[64, 66, 75, 76, 83].map((x) => ({ x, polarity: 0, ...at })),
    { x: 7, polarity: 0, y: 100, timeUs: 4101 },
  ]);
});

test('EVT 3.0: what comes before time and row are known is discarded, and counted', () => {
  const decoder = new Evt3Decoder();
  // x 7; base 0; vector; time low; x 7 | time high; x 8 without a row; row 0; x 9; a word of no known type
  const bytes = hex('0720 0030 ff4f 0560 0720 0180 0820 0000 0928 0010');
  assert.deepEqual(decoded(decoder, bytes), [{ x: 9, y: 0, polarity: 1, timeUs: 4096 }]);
  assert.equal(decoder.counts.discardedBytes, 2 * 6);
});

test('EVT 3.0: the 24-bit clock goes on when it wraps, and a step back is counted', () => {
  const decoder = new Evt3Decoder();
  // 0xfff|0xffe; row 1, x 1; 0x000|0x001, x 2; repeated time high 0, x 3; low 0x000 (back by 1), x 4
  const bytes = hex('ff8f fe6f 0100 0120 0080 0160 0220 0080 0320 0060 0420');
  assert.deepEqual(
    decoded(decoder, bytes).map(({ x, timeUs }) => [x, timeUs]),
    [
      [1, 0xfffffe],
      [2, 2 ** 24 + 1],
      [3, 2 ** 24 + 1],
      [4, 2 ** 24],
    ],
  );
  assert.equal(decoder.counts.timeErrors, 1);
});

test('EVT 2.0, word by word', () => {
  // time high 16; on, low 5, x 300, y 100; off, low 63, x 1, y 2; trigger; others; time high 0xfffffff; then it wraps to 0
  const bytes = hex('10000080 64604911 0208c00f 000000a0 000000e0 ffffff8f 00000010 00000080 00000010');
  assert.deepEqual(decoded(new Evt2Decoder(), bytes), [
    { x: 300, y: 100, polarity: 1, timeUs: 16 * 64 + 5 },
    { x: 1, y: 2, polarity: 0, timeUs: 16 * 64 + 63 },
    { x: 0, y: 0, polarity: 1, timeUs: 0xfffffff * 64 },
    { x: 0, y: 0, polarity: 1, timeUs: 2 ** 34 },
  ]);
});

test('EVT 2.1: both byte orders, as set and as a header tells', () => {
  // time high 16; on, low 5, base 320, y 100, first and last of 32 pixels
  const whole = hex('00000000 10000080  01000080 64004a11');
  const halves = hex('10000080 00000000  64004a11 01000080');
  const expected = [320, 351].map((x) => ({ x, y: 100, polarity: 1, timeUs: 16 * 64 + 5 }));
  assert.deepEqual(decoded(new Evt21Decoder(), whole), expected);
  assert.deepEqual(decoded(new Evt21Decoder(undefined, true), halves), expected);
  const header = ascii('% format EVT21;height=720;width=1280;endianness=legacy\n');
  const told = new Evt21Decoder();
  assert.deepEqual(decoded(told, joined([header, halves])), expected);
  assert.deepEqual([told.width, told.height], [1280, 720]);
});

test('a RAW header of older files tells format and size too; a wrong format is refused by name', () => {
  const header = ascii('% date 2020-01-01\n% evt 3.0\n% geometry 640x480\n% end\n');
  const decoder = new Evt3Decoder();
  decoded(decoder, joined([header, hex('0180')]));
  assert.deepEqual([decoder.width, decoder.height], [640, 480]);
  assert.equal(formatOf(header), 'evt3');
  const wrong = new Evt2Decoder();
  decoded(wrong, joined([header, hex('01800180')]));
  assert.equal(wrong.failure, 'the header says EVT3, the format set is evt2. Set it to evt3.');
  assert.equal(wrong.counts.discardedBytes, 4);
});

test('data that begins like a header line is data', () => {
  // EVT 2.0: a time high word whose first byte is %, right behind a header without an end
  const bytes = joined([ascii('% evt 2.0\n'), hex('25000080 00000010')]);
  assert.deepEqual(
    decoded(new Evt2Decoder(), bytes, () => 1),
    [{ x: 0, y: 0, polarity: 1, timeUs: 0x25 * 64 }],
  );
});

test('events beside the sensor are dropped and counted', () => {
  const decoder = new Evt3Decoder({ width: 320, height: 320 });
  // row 319: x 319, x 320; vector from 312, 12 pixels; row 320: x 0
  const bytes = hex('0180 3f01 3f21 4021 3831 ff4f 4001 0020');
  assert.deepEqual(
    decoded(decoder, bytes).map(({ x }) => x),
    [319, 312, 313, 314, 315, 316, 317, 318, 319],
  );
  assert.equal(decoder.counts.outside, 1 + 4 + 1);
  assert.equal(decoder.counts.events, 9);
});

test('AEDAT 2.0 of a DVS128: mirrored columns, rows from below, bit 0 is darker, special events left out', () => {
  const header = ascii('#!AER-DAT2.0\r\n# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128\r\n');
  const decoder = new Aedat2Decoder();
  const bytes = joined([header, hex('0000030a 00000100  0000030b 00000101  0000830a 00000102')]);
  assert.deepEqual(decoded(decoder, bytes), [
    { x: 122, y: 124, polarity: 1, timeUs: 256 },
    { x: 122, y: 124, polarity: 0, timeUs: 257 },
  ]);
  assert.deepEqual([decoder.width, decoder.height], [128, 128]);
});

test('AEDAT 2.0 of a DAVIS: pictures and inertial samples left out; time wraps', () => {
  const decoder = new Aedat2Decoder('davis240');
  // y 3, x 10, on, just before the wrap; a picture's sample; an inertial one; the same pixel, off, after it; y 200
  const bytes = hex('00c0a800 ffffffff  80c0a800 00000000  00c0ac00 00000000  00c0a000 00000005  32000000 00000006');
  assert.deepEqual(decoded(decoder, bytes), [
    { x: 10, y: 176, polarity: 1, timeUs: 0xffffffff },
    { x: 10, y: 176, polarity: 0, timeUs: 2 ** 32 + 5 },
  ]);
  assert.equal(decoder.counts.outside, 1);
});

test('AEDAT 2.0 without a sensor, and another AEDAT, are refused with what to do', () => {
  const refusal = (text: string): string => {
    const decoder = new Aedat2Decoder();
    decoded(decoder, joined([ascii(text), hex('0000030a 00000100')]));
    return decoder.failure;
  };
  assert.equal(
    refusal('#!AER-DAT2.0\r\n'),
    'the header names no sensor that is known. Name it: sensor: dvs128, davis240 or davis346.',
  );
  assert.match(refusal('#!AER-DAT3.1\r\n#!END-HEADER\r\n'), /^the first line is #!AER-DAT3.1, not #!AER-DAT2.0/);
});

const aedat31Header = ascii('#!AER-DAT3.1\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n');

test('AEDAT 3.1: upper bits of time from the packet; events struck out and other packets are passed over', () => {
  // a packet of 3 bytes of another kind; then two events of overflow 1: x 10, y 20, on, valid; the same, struck out
  const other = '0200 0100 01000000 00000000 00000000 03000000 03000000 03000000 aabbcc';
  const packet = '0100 0100 08000000 04000000 01000000 02000000 02000000 01000000 53001400 07000000 52001400 08000000';
  const decoder = new Aedat31Decoder();
  const bytes = joined([aedat31Header, hex(other), hex(packet)]);
  assert.deepEqual(decoded(decoder, bytes), [{ x: 10, y: 20, polarity: 1, timeUs: 2 ** 31 + 7 }]);
  assert.deepEqual([decoder.width, decoder.height], [128, 128]);
});

test('AEDAT 3.1: a packet that contradicts itself ends the reading with one line', () => {
  const decoder = new Aedat31Decoder();
  const packet = '0100 0100 08000000 04000000 00000000 02000000 03000000 01000000';
  assert.deepEqual(decoded(decoder, joined([aedat31Header, hex(packet), new Uint8Array(100)])), []);
  assert.equal(
    decoder.failure,
    'a packet says type 1, 3 events of 8 bytes, room for 2. The file is damaged here: what came before is read.',
  );
});

test('AEDAT 4.0: description and packet, byte by byte', () => {
  const description =
    '1c000000' /* bytes */ +
    '0c000000' /* root */ +
    '0800 1000 0400 0800' /* fields */ +
    '08000000 00000000 ffffffffffffffff';
  const packet =
    '00000000 30000000' + // stream 0, 48 bytes
    '2c000000 10000000 45565453' + // bytes, root, EVTS
    '0600 0800 0400 0000 08000000 04000000 01000000' + // fields, table, one element
    '40420f0000000000 0a00 1400 01 000000'; // 1 s, x 10, y 20, on
  const bytes = joined([ascii('#!AER-DAT4.0\r\n'), hex(description), hex(packet)]);
  assert.deepEqual(decoded(new Aedat4Decoder(), bytes), [{ x: 10, y: 20, polarity: 1, timeUs: 1_000_000 }]);
});

test('AEDAT 4.0: plain or LZ4, the table at the end is no packet; Zstandard is refused by name where Node.js lacks it', () => {
  const events = randomEvents(4000, 4, testWidth, testHeight, 50);
  assert.deepEqual(decoded(new Aedat4Decoder(), encodeAedat4(events, 0)), events);
  assert.deepEqual(decoded(new Aedat4Decoder(), encodeAedat4(events, 1, true)), events);
  if (zstdOfNode) return;
  const decoder = new Aedat4Decoder();
  assert.deepEqual(decoded(decoder, encodeAedat4(events, 3)), []);
  assert.equal(
    decoder.failure,
    'the packets are compressed with Zstandard, which Node.js reads from 22.15 on. Use that, or export without compression, or with LZ4.',
  );
});

/** The zstd tool, where Node.js has none of its own. */
function zstdTool(): UnpackZstd | undefined {
  const unpack = (packed: Uint8Array): Buffer | undefined => {
    const { status, stdout } = spawnSync('zstd', ['-dcq'], { input: packed });
    return status === 0 ? stdout : undefined;
  };
  return spawnSync('zstd', ['--version']).status === 0 ? unpack : undefined;
}

test('AEDAT 4.0 whose packets the zstd tool 1.5.4 has compressed; a damaged one costs its events alone', (t) => {
  const unpack = zstdOfNode ?? zstdTool();
  if (!unpack) {
    t.skip('neither Node.js nor this machine has Zstandard');
    return;
  }
  const bytes = new Uint8Array(readFileSync('drivers/events/fixtures/zstd.aedat4'));
  const events = randomEvents(1600, 9, 64, 48, 20);
  assert.deepEqual(decoded(new Aedat4Decoder(unpack), bytes), events);
  // In the middle of the first of two packets, of 1500 events.
  bytes.fill(0, 3000, 3100);
  const decoder = new Aedat4Decoder(unpack);
  assert.deepEqual(decoded(decoder, bytes), events.slice(1500));
  assert.ok(decoder.counts.discardedBytes > 1000);
});

test('an LZ4 frame of the lz4 tool 1.9.4 is unpacked, with and without checksums', () => {
  const text = 'abcabcabcabcabcabcabcabc,abcabcabcabc-0123456789-0123456789';
  const out = new Uint8Array(1000);
  for (const frame of [
    '04224d18604082230000003f616263030002182c1600f0072d303132333435363738392d3031323334353637383900000000',
    '04224d187440bd230000003f616263030002182c1600f0072d303132333435363738392d3031323334353637383997af79da00000000910d79fa',
  ]) {
    const bytes = hex(frame);
    const length = unpackLz4(bytes, 0, bytes.length, out);
    assert.equal(String.fromCharCode(...out.subarray(0, length)), text);
  }
});

for (const format of eventFormats) {
  test(`${format}: events come back from a file as they were, however it is cut`, () => {
    const events = randomEvents(4000, 1, testWidth, testHeight, 40);
    const bytes = encode(format, events);
    assert.equal(formatOf(bytes), format);
    const decoder = createEventDecoder(format);
    assert.deepEqual(decoded(decoder, bytes), events);
    assert.deepEqual([decoder.width, decoder.height], [testWidth, testHeight]);
    assert.deepEqual(decoder.counts, { events: events.length, discardedBytes: 0, outside: 0, timeErrors: 0 });
    const random = generator(7);
    for (const [longest, capacity] of [
      [1, 4096],
      [3, 32],
      [50, 33],
      [9000, 32],
      [100_000, 40],
    ] as const) {
      decoder.reset();
      const block = createEventBlock(capacity);
      const pieces = (): number => 1 + Math.floor(random() * longest);
      assert.deepEqual(decoded(decoder, bytes, pieces, block), events);
    }
  });

  test(`${format}: hours of time go on where the clock of the format wraps`, () => {
    const events = randomEvents(3000, 2, testWidth, testHeight, 8e6);
    assert.deepEqual(decoded(createEventDecoder(format), encode(format, events)), events);
  });
}
