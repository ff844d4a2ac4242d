import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waveSpectrum } from './deep-sleep.js';
import { designAnalytic } from './wiener.js';

test('the taps are those of NumPy and SciPy from the same spectrum', () => {
  // scipy.linalg.cho_solve on toeplitz(r), numpy 2.4; [tap, real, imaginary]
  const { re, im } = designAnalytic(50, 0.008, 125);
  for (const [tap, real, imaginary] of [
    [0, 0.6374231809277018, -0.5667986835384328],
    [1, -0.16343058114733922, 0.3188697340752493],
    [5, 0.06311577371738276, 0.08078556969104228],
    [25, -0.01704972482863501, -0.00550750735523047],
    [60, -0.0051512759760346, -0.025213851548124812],
    [124, -0.003351333407195463, -0.014386882446424139],
  ] as const) {
    assert.ok(Math.abs(re[tap]! - real) < 1e-8 && Math.abs(im[tap]! - imaginary) < 1e-8, `${re[tap]} ${im[tap]}`);
  }
  const before = designAnalytic(50, 0.008 - 0.3, 125);
  assert.ok(Math.abs(before.re[10]! - 0.05203630264125334) < 1e-8);
  assert.ok(Math.abs(before.im[10]! + 0.04468205046212286) < 1e-8);
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
    [85.1, 19.1, 2, 0.134],
  );
});
