import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waveSpectrum } from './deep-sleep.js';
import { designAnalytic } from './wiener.js';

test('the taps are those of NumPy and SciPy from the same spectrum', () => {
  // scipy.linalg.cho_solve on toeplitz(r), numpy 2.4; [tap, real, imaginary]
  const { re, im } = designAnalytic(50, 0.008, 125);
  for (const [tap, real, imaginary] of [
    [0, 0.5946153406910878, -0.6418811556934431],
    [1, -0.14373243090991827, 0.34937438685813055],
    [5, 0.06209870370853721, 0.07625340685740763],
    [25, -0.020104924909206023, -0.013333717567547932],
    [60, -0.00394086611195354, -0.02419426079802263],
    [124, -0.016042168027013005, 0.0006062308047314647],
  ] as const) {
    assert.ok(Math.abs(re[tap]! - real) < 1e-8 && Math.abs(im[tap]! - imaginary) < 1e-8, `${re[tap]} ${im[tap]}`);
  }
  const before = designAnalytic(50, 0.008 - 0.3, 125);
  assert.ok(Math.abs(before.re[10]! - 0.05042094522772765) < 1e-8);
  assert.ok(Math.abs(before.im[10]! + 0.044661927912717246) < 1e-8);
});

test('an offset of any size adds nothing', () => {
  for (const taps of Object.values(designAnalytic(48, 0.02, 120)) as Float64Array[]) {
    assert.ok(Math.abs(taps.reduce((sum, tap) => sum + tap, 0)) < 1e-12);
  }
});

test('the spectrum goes through the published figures outside the band of the waves', () => {
  const [low, four, thirteen, high] = waveSpectrum([0.2, 4, 13, 40, 1]);
  assert.deepEqual(
    [low, four, thirteen, high].map((value) => Number(value!.toFixed(3))),
    [212.6, 19.1, 2, 0.134],
  );
});
