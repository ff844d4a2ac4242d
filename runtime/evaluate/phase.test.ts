import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sharedData } from '../../test/shared-data.js';
import { PhaseTarget } from '../detect/phase/phase-target.js';
import { designSections } from '../signal/design.js';
import { circularScore, shareWithin, wrap } from './circular.js';
import { loopOf } from './candidate.test.fixture.js';
import { markDreams, readDreams } from './dreams.js';
import { countStimuli, evaluatePhase } from './phase.js';
import { slowOscillationsOf } from './slow-oscillations.js';
import { filterBothWays, hilbert } from './zero-phase.js';

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);

test('mean and deviation of angles are those of scipy.stats', () => {
  const { n, mean, sd } = circularScore([10, 50, -170, 100.5, 33]);
  assert.equal(n, 5);
  near(mean!, 60.47399545022966, 1e-9);
  near(sd!, 64.82568805323334, 1e-9);
  assert.deepEqual(circularScore([]), { n: 0, mean: null, r: null, sd: null });
  assert.equal(shareWithin([170, -170, 100, 0], 180, 60), 0.5);
  assert.equal(wrap(-190), 170);
});

/** 60 values at 10 Hz: a sine in noise of a linear congruential generator, four decimals, as in the Python below. */
function trial(): Float64Array {
  let state = 12345n;
  return Float64Array.from({ length: 60 }, (_, n) => {
    state = (1664525n * state + 1013904223n) % 2n ** 32n;
    return Number((20 * Math.sin((2 * Math.PI * n) / 17) + 40 * (Number(state) / 2 ** 32 - 0.5)).toFixed(4));
  });
}

test('forward and backward filter and Hilbert transform are those of SciPy', () => {
  const x = trial();
  const y = filterBothWays(designSections({ type: 'bandpass', from: 0.5, to: 2 }, 10, 2), x);
  // scipy.signal.sosfiltfilt(butter(2, [.5, 2], 'bandpass', fs=10, output='sos'), x)
  for (const [n, expected] of [
    [0, 0.1718457989],
    [3, 27.0136425928],
    [17, 0.3262142582],
    [40, 14.8883086072],
    [59, 0.4025025745],
  ] as const) {
    near(y[n]!, expected, 1e-8);
  }
  // scipy.signal.hilbert(x).imag, and of the first 35 values
  const even = hilbert(x);
  const odd = hilbert(x.slice(0, 35));
  for (const [n, expected] of [
    [0, 21.0744695021],
    [20, 3.6120279573],
    [59, 16.4744773381],
  ] as const) {
    near(even[n]!, expected, 1e-8);
  }
  near(odd[1]!, -37.95855678, 1e-8);
  near(odd[34]!, -13.7427491642, 1e-8);
});

test('the golden vectors of SciPy agree too', (t) => {
  const path = sharedData('eeg', 'golden_filters.json');
  if (path === undefined) {
    t.skip('no reference data beside the checkout');
    return;
  }
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Record<'input', number[]> &
    Record<'sosfiltfilt' | 'hilbert', { y: number[] }>;
  const x = Float64Array.from(golden.input);
  const y = filterBothWays(designSections({ type: 'bandpass', from: 11, to: 16 }, 200, 2), x);
  golden.sosfiltfilt.y.forEach((expected, n) => near(y[n]!, expected, 1e-9));
  hilbert(x.slice(0, 128)).forEach((value, n) => near(value, golden.hilbert.y[n]!, 1e-9));
});

test('phase, amplitude and cycles of a known oscillation', () => {
  const rate = 100;
  const x = Float64Array.from({ length: 60 * rate }, (_, n) => {
    const seconds = n / rate;
    return (seconds < 40 ? 55 : 35) * Math.cos(2 * Math.PI * seconds) + (seconds > 10 && seconds < 10.1 ? 300 : 0);
  });
  const { degrees, amplitude, cycles } = slowOscillationsOf(x, rate);
  for (let n = 20 * rate; n < 35 * rate; n++) {
    near(wrap(degrees[n]! - 3.6 * n), 0, 3);
    near(amplitude[n]!, 55, 3);
  }
  const troughs = cycles.map(({ trough }) => trough / rate);
  // One a second, without the one that holds the step; the shallow ones of the end do not count.
  assert.ok(troughs.length >= 36 && troughs.length <= 40, `${troughs.length}`);
  assert.ok(!troughs.some((seconds) => seconds > 9.6 && seconds < 10.4));
  assert.ok(troughs.every((seconds) => seconds < 41 && Math.abs(wrap(360 * seconds - 180)) < 20));
});

test('stimuli are counted by cycle: the first of each, the repeated and those outside', () => {
  const degrees = Float64Array.from({ length: 100 }, (_, n) => n);
  const cycles = [
    { first: 10, end: 20, trough: 15 },
    { first: 30, end: 40, trough: 35 },
    { first: 60, end: 70, trough: 65 },
  ];
  const isDeep = Array.from({ length: 100 }, (_, n) => n < 50);
  assert.deepEqual(countStimuli([19, 12, 20, 35, 45, 62], { degrees, cycles }, 1, isDeep), {
    cycles: 2,
    phases: [12, 35],
    repeated: 1,
    outside: 2,
    minutes: 50 / 60,
  });
});

test('on real deep sleep: the reference cycles, estimators and waiting rules that were measured elsewhere', async (t) => {
  const folder = sharedData('eeg', 'dreams_spindles');
  const excerpt = folder === undefined ? undefined : readDreams(folder).find(({ number }) => number === 5);
  if (!excerpt) {
    t.skip('no reference data beside the checkout');
    return;
  }
  const { estimation, targeting, afterRisingCrossing } = await evaluatePhase(markDreams([excerpt]), {
    name: 'phase-target',
    targetDegrees: 0,
    delaySeconds: 0,
    build: (stream) => Promise.resolve({ loop: loopOf(new PhaseTarget(), stream), detector: 0, signal: 0 }),
  });
  assert.equal(targeting.cycles, 59);
  near(estimation.endpointCorrected.sd!, 24.4, 0.5);
  near(estimation.twoLine.sd!, 28.1, 0.5);
  assert.ok(estimation.slowWave.sd! < 20 && Math.abs(estimation.slowWave.mean!) < 10);
  assert.equal(afterRisingCrossing['0.2']!.hit, 49);
  assert.ok(targeting.share! >= 0.85 && targeting.phase.sd! < 38 && Math.abs(targeting.meanError!) < 15);
});
