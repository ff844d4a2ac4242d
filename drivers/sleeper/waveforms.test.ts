import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kComplex, slowOscillation, spindle, waveTrough } from './waveforms.js';

test('slow waves go through the published mean waveforms', () => {
  // eeg-data.md §4: t = −0.6 … 1.0 s around the trough by 0.1 s.
  const slow = [28, 30, 25, 15, -3, -47, -68, -45, -10, 17, 32, 32, 27, 18, 7, -5, -9];
  const complex = [41, 33, 23, -2, -31, -61, -73, -57, -29, 5, 35, 47, 51, 43, 31, 15, 3];
  slow.forEach((microvolts, place) => {
    const seconds = waveTrough - 0.6 + 0.1 * place;
    assert.ok(Math.abs(68 * slowOscillation(seconds) - microvolts) < 1e-6);
    assert.ok(Math.abs(73 * kComplex(seconds) - complex[place]!) < 1e-6);
  });
  for (const seconds of [-0.1, 0, 2, 2.5]) assert.equal(slowOscillation(seconds), 0);
});

test('a spindle is a symmetric burst of its frequency that slows down by 0.18 Hz', () => {
  for (const [duration, frequency] of [
    [0.8, 13.3],
    [1.6, 12],
    [2.5, 15],
  ] as const) {
    const rate = 20_000;
    const wave = Float64Array.from({ length: duration * rate }, (_, n) => spindle(n / rate, duration, frequency));
    assert.ok(Math.abs(Math.max(...wave) - Math.min(...wave) - 1) < 0.03);
    const power = (from: number, to: number): number => wave.subarray(from, to).reduce((sum, x) => sum + x * x, 0);
    const half = wave.length / 2;
    assert.ok(Math.abs(power(0, half) / power(half, wave.length) - 1) < 0.1);

    const crossings: number[] = [];
    for (let n = 1; n < wave.length - 1; n++) {
      const [a, b] = [wave[n - 1]!, wave[n]!];
      if (a < 0 !== b < 0) crossings.push((n - 1 + a / (a - b)) / rate);
    }
    // Straight line through the frequency of each half wave: half a duration apart it falls by 0.18 Hz.
    const points = crossings
      .slice(1)
      .map((time, place) => ({ t: (time + crossings[place]!) / 2, f: 0.5 / (time - crossings[place]!) }));
    const t = points.reduce((sum, point) => sum + point.t, 0) / points.length;
    const f = points.reduce((sum, point) => sum + point.f, 0) / points.length;
    const slope =
      points.reduce((sum, p) => sum + (p.t - t) * (p.f - f), 0) / points.reduce((sum, p) => sum + (p.t - t) ** 2, 0);
    assert.ok(Math.abs(f - frequency) < 0.02, `${f} Hz`);
    assert.ok(Math.abs((slope * duration) / 2 + 0.18) < 0.01, `${(slope * duration) / 2} Hz`);
  }
});
