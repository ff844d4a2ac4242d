import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeWav } from './wav.js';
import { wavFile } from './wav.test.fixture.js';

const left = [0, 0.5, -0.5, 0.25, -1, 0.999];
const right = [0.1, -0.1, 0.2, -0.2, 0.3, -0.3];

const kinds = [
  { bits: 16, float: false, extensible: false },
  { bits: 24, float: false, extensible: true },
  { bits: 32, float: false, extensible: false },
  { bits: 32, float: true, extensible: true },
];
for (const kind of kinds) {
  test(`a WAV file of ${kind.bits}-bit ${kind.float ? 'float' : 'integer'} samples, mono and stereo`, () => {
    const step = 2 ** -(Math.min(kind.bits, 24) - 2);
    for (const channels of [[left], [left, right]]) {
      const wav = decodeWav(wavFile({ rate: 44_100, channels, ...kind }));
      assert.equal(wav.rate, 44_100);
      assert.equal(wav.channels.length, channels.length);
      wav.channels.forEach((samples, channel) => {
        samples.forEach((value, at) => assert.ok(Math.abs(value - (channels[channel]?.[at] ?? NaN)) <= step));
      });
    }
  });
}

test('what is no plain WAV file is refused by name, with the way to convert it', () => {
  const good = wavFile({ rate: 48_000, bits: 16, channels: [left] });
  const edited = (at: number, value: number): Buffer => {
    const copy = Buffer.from(good);
    copy.writeUInt16LE(value, at);
    return copy;
  };
  const cases: [Buffer, RegExp][] = [
    [Buffer.from('ID3 and so on, long enough'), /is no WAV file\. Convert it: sox/],
    [good.subarray(0, good.length - 4), /ends early: 8 of 12 bytes/],
    [edited(20, 2), /is compressed \(format 2\)/],
    [edited(22, 6), /has 6 channels/],
    [edited(34, 8), /has 8-bit integer samples/],
    [edited(32, 7), /has a damaged header/],
    [edited(24, 100), /has 100 samples a second/],
    [good.subarray(0, 40), /holds no samples/],
    [wavFile({ rate: 48_000, bits: 16, channels: [[]] }), /holds no samples/],
    [wavFile({ rate: 48_000, bits: 32, channels: [[NaN]], float: true }), /are no numbers/],
  ];
  for (const [bytes, expected] of cases) assert.throws(() => decodeWav(bytes), expected);
});

test('no damage of a WAV file brings anything but a refusal or numbers', () => {
  const good = wavFile({ rate: 48_000, bits: 24, channels: [left, right], extensible: true });
  let state = 1;
  const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 3000; round++) {
    const damaged = Buffer.from(good.subarray(0, random(4) === 0 ? random(good.length) : good.length));
    for (let n = 1 + random(4); n > 0 && damaged.length > 0; n--) damaged[random(damaged.length)] = random(256);
    try {
      const wav = decodeWav(damaged);
      assert.ok(wav.channels.every((samples) => samples.every(Number.isFinite)));
    } catch (error) {
      assert.ok(error instanceof RangeError && /Convert it/.test(error.message), String(error));
    }
  }
});
