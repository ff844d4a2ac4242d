import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibration, decodeCalibration, dbsplAtFullScale, type MixerVolume } from './calibration.js';
import { withoutAlsa } from './card.test.fixture.js';
import { changesSince, readCardState } from './mixer.js';

const headphone: MixerVolume = { control: 'Headphone', index: 0, left: 87, right: 87, on: true };
const speaker: MixerVolume = { control: 'Speaker', index: 1, left: 10, right: 10, on: false };
const before = { driver: 'USB-Audio: Sharkoon Gaming DAC', mixer: [headphone, speaker] };

test('R-23 a volume that is not the calibrated one is named, with both values; all of them at once', () => {
  assert.deepEqual(changesSince(before, { ...before, mixer: [speaker, headphone] }), []);
  const now = {
    ...before,
    mixer: [
      { ...headphone, right: 120 },
      { ...speaker, on: true },
    ],
  };
  assert.deepEqual(changesSince(before, now), [
    'mixer control Headphone is 87/120, and 87/87 was calibrated. Set it back, or run axond setup sound again.',
    'mixer control Speaker 1 is 10/10, and 10/10 (off) was calibrated. Set it back, or run axond setup sound again.',
  ]);
  assert.match(changesSince(before, { ...before, mixer: [headphone] })[0] ?? '', /Speaker 1 is absent/);
  assert.match(changesSince({ ...before, mixer: null }, before)[0] ?? '', /Headphone is 87\/87, and absent was/);
  assert.equal(changesSince(before, { ...before, mixer: null }).length, 2);
});

test('R-23 another card under the same name is not the calibrated one', () => {
  const [change, ...more] = changesSince(before, { driver: 'bcm2835: Headphones', mixer: null });
  assert.match(change ?? '', /^the card is "bcm2835: Headphones", and "USB-Audio: .*" was calibrated\. .*setup sound/);
  assert.equal(more.length, 0);
});

test('a plug-in without hardware has neither driver nor mixer', { skip: withoutAlsa() }, () => {
  for (const card of ['null', 'file:/tmp/x,raw', 'hw:31']) {
    assert.deepEqual(readCardState(card), { driver: '', mixer: null });
  }
});

const good = {
  card: 'hw:0',
  driver: 'USB-Audio: DAC',
  rate: 48_000,
  mixer: [headphone],
  date: '2026-11-28T10:00:00+01:00',
  measured: [
    { dBFS: -30, dBSPL: 68 },
    { dBFS: -50, dBSPL: 49 },
  ],
};

test('a calibration is read as it was written, and its louder reading counts', () => {
  const read = decodeCalibration(JSON.stringify(good));
  assert.deepEqual(read, good);
  assert.equal(dbsplAtFullScale(read), 98);
  assert.deepEqual(calibration.parse(good), good);
});

test('R-23 what is no calibration is refused with the key and the fix', () => {
  const cases: [unknown, RegExp][] = [
    [{ ...good, measured: [good.measured[0]] }, /measured/],
    [{ ...good, measured: [{ dBFS: 3, dBSPL: 68 }, good.measured[1]] }, /measured\.0\.dBFS/],
    [{ ...good, measured: [{ dBFS: -30, dBSPL: '68' }, good.measured[1]] }, /measured\.0\.dBSPL/],
    [{ ...good, date: 'yesterday' }, /date/],
    [{ ...good, volume: 3 }, /volume/],
    [{ ...good, mixer: undefined }, /mixer/],
  ];
  for (const [value, expected] of cases) {
    assert.throws(() => decodeCalibration(JSON.stringify(value)), expected);
    assert.throws(() => decodeCalibration(JSON.stringify(value)), /Make it anew with axond setup sound/);
  }
  assert.throws(() => decodeCalibration('{'), /is no JSON/);
});
