import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LevelMeter } from './level-meter.js';

/** A meter at an ear: so many dB SPL at full scale, over the noise of a room. */
function readings(fullScale: number, room: number, levels: [number, number], compress = 1): LevelMeter {
  const meter = new LevelMeter(levels);
  for (;;) {
    const { step } = meter;
    if (step.kind === 'confirm') meter.confirm(true);
    else if (step.kind === 'play') {
      const tone = fullScale + compress * step.dBFS;
      meter.read(Math.round(10 * 10 * Math.log10(10 ** (tone / 10) + 10 ** (room / 10))) / 10);
    } else return meter;
  }
}

test('two readings that differ as the tones do are a calibration', () => {
  const { step } = readings(98, 25, [-50, -30]);
  assert.deepEqual(step, {
    kind: 'done',
    measured: [
      { dBFS: -50, dBSPL: 48 },
      { dBFS: -30, dBSPL: 68 },
    ],
  });
});

test('what is in the way is named', () => {
  const reason = (meter: LevelMeter): string => (meter.step.kind === 'failed' ? meter.step.reason : 'it did not fail');
  assert.match(reason(readings(98, 55, [-50, -30])), /noise of the room .* or something levels it out \(AGC/);
  assert.match(reason(readings(98, 25, [-50, -30], 0.5)), /AGC/);
  assert.match(reason(readings(-20, 40, [-50, -30])), /hears something else\. Check the cable/);
  assert.match(reason(readings(98, 25, [-50, -30], 1.5)), /expander/);
  assert.match(reason(readings(98, 25, [-50, -30], -1)), /no reading of a meter|wrong way round/);
  const odd = new LevelMeter([-50, -30]);
  odd.read(NaN);
  assert.match(reason(odd), /no reading of a meter/);
});

test('R-23 nothing above -30 dBFS is played before a person has said yes to it', () => {
  const meter = new LevelMeter([-40, -20]);
  assert.deepEqual(meter.step, { kind: 'play', dBFS: -40 });
  meter.read(50);
  assert.deepEqual(meter.step, { kind: 'confirm', dBFS: -20, expectedDbspl: 70 });
  meter.read(70);
  assert.equal(meter.step.kind, 'confirm', 'a reading is no yes');
  meter.confirm(true);
  assert.deepEqual(meter.step, { kind: 'play', dBFS: -20 });
  const refused = new LevelMeter([-40, -20]);
  refused.read(50);
  refused.confirm(false);
  assert.equal(refused.step.kind, 'failed');
  // A yes to the first is none to the second.
  const both = new LevelMeter([-28, -20]);
  both.confirm(true);
  both.read(60);
  assert.equal(both.step.kind, 'confirm');
});

test('levels that measure nothing are refused', () => {
  for (const levels of [
    [-30, -28],
    [-30, -40],
    [-90, -30],
    [-30, -5],
    [NaN, -30],
  ] as const) {
    assert.throws(() => new LevelMeter(levels), /6 dB or more apart/);
  }
});
