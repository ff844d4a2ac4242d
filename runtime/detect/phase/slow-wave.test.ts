import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlowWave } from './slow-wave.js';

const degreesOf = (re: number, im: number): number => (Math.atan2(im, re) * 180) / Math.PI;
const wrap = (degrees: number): number => degrees - 360 * Math.round(degrees / 360);

/** Errors of the phase in degrees, and the amplitudes, from the tenth second on. */
function onSine(rate: number, hertz: number, ahead: number): { errors: number[]; amplitudes: number[] } {
  const wave = new SlowWave([ahead]);
  wave.prepare({ rate, unit: 'uV' });
  const errors: number[] = [];
  const amplitudes: number[] = [];
  const x = Float64Array.from({ length: 30 * rate }, (_, n) => 1e5 + 50 * Math.cos((2 * Math.PI * hertz * n) / rate));
  for (let n = 0; n < x.length; n++) {
    if (!wave.push(x, n) || n < 10 * rate) continue;
    const [re, im] = wave.values as unknown as [number, number];
    errors.push(wrap(degreesOf(re, im) - 360 * hertz * (n / rate + ahead)));
    amplitudes.push(Math.hypot(re, im));
  }
  return { errors, amplitudes };
}

test('the phase of a sine is right to 15 degrees and its amplitude to a tenth, at every rate', () => {
  for (const rate of [50, 100, 128, 200, 250, 256, 500, 1000]) {
    for (const hertz of [0.8, 1, 1.2]) {
      for (const ahead of [0, 0.05]) {
        const { errors, amplitudes } = onSine(rate, hertz, ahead);
        const worst = Math.max(...errors.map(Math.abs));
        assert.ok(worst < 15, `${worst} degrees at ${hertz} Hz, ${rate} samples a second`);
        const mean = amplitudes.reduce((sum, amplitude) => sum + amplitude, 0) / amplitudes.length;
        assert.ok(Math.abs(mean / 50 - 1) < 0.1, `${mean} uV at ${hertz} Hz`);
      }
    }
  }
});

test('says nothing before it has seen its window, and forgets what was bad once it has left', () => {
  const rate = 250;
  const wave = new SlowWave([0]);
  wave.prepare({ rate, unit: 'uV' });
  assert.equal(wave.settleSamples, 2.5 * rate);
  const x = Float64Array.from({ length: 12 * rate }, (_, n) => 60 * Math.cos((2 * Math.PI * n) / rate));
  x[5 * rate] = NaN;
  for (let n = 0; n < x.length; n++) {
    if (!wave.push(x, n)) continue;
    const isKnown = n >= 2.5 * rate - 1 && !(n >= 5 * rate && n <= 7.5 * rate + 3);
    assert.equal(!Number.isNaN(wave.values[0]!), isKnown, `sample ${n}`);
  }
});

test('refuses rates and units that it cannot judge', () => {
  assert.throws(() => new SlowWave([0]).prepare({ rate: 40, unit: 'uV' }), /^RangeError: rate: 40 Hz .* Use/);
  assert.throws(() => new SlowWave([0]).prepare({ rate: 250, unit: 'SD' }), /^RangeError: unit: .*"SD".*"uV"/);
});
