import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBits } from '../../signal/random.js';
import {
  atPace,
  atRandomPace,
  odometryOf,
  stretch,
  thereAndBack,
  withPixelNoise,
  withStop,
  withStopsAndStretches,
} from './drive.js';

test('pace takes the nearest frame', () => {
  assert.deepEqual(atPace(stretch(0, 6), 2), [0, 2, 4]);
  assert.deepEqual(atPace(stretch(0, 3), 0.5), [0, 1, 1, 2, 2]);
  assert.deepEqual(atPace([5, 4, 3, 2, 1], 4 / 3), [5, 4, 2, 1]);
});

test('a stop repeats the middle frame', () => {
  assert.deepEqual(withStop([1, 2, 3], 2), [1, 2, 2, 2, 3]);
  assert.deepEqual(withStop([1, 2, 3], 0), [1, 2, 3]);
});

test('stops and stretches: steps of 0, 1 and 2 in runs of 2 to 20, about as often each', () => {
  const order = withStopsAndStretches(stretch(0, 3000), new RandomBits(1, 0));
  const steps = order.slice(1).map((frame, place) => frame - (order[place] ?? 0));
  const share = (step: number): number => steps.filter((other) => other === step).length / steps.length;
  for (const step of [0, 1, 2]) assert.ok(Math.abs(share(step) - 1 / 3) < 0.06, `${step}: ${share(step)}`);
  assert.ok(order.at(-1) === 2999 || order.at(-1) === 2998);
});

test('a random pace stays between 0.4 and 2.2, changes, and is the same for a seed', () => {
  const order = atRandomPace(stretch(0, 2000), new RandomBits(1, 0));
  const mean = (order.at(-1) ?? 0) / (order.length - 1);
  assert.ok(mean > 0.9 && mean < 1.7, `${mean}`);
  order.slice(10).forEach((frame, place) => {
    const tenFrames = frame - (order[place] ?? 0);
    assert.ok(tenFrames >= 3 && tenFrames <= 23, `${tenFrames}`);
  });
  assert.deepEqual(order, atRandomPace(stretch(0, 2000), new RandomBits(1, 0)));
});

test('there and back passes a stretch three times', () => {
  assert.deepEqual(thereAndBack(stretch(0, 10)), [0, 1, 2, 3, 4, 5, 4, 3, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('odometry is wrong by its scale and by 5 % a step', () => {
  const read = odometryOf(
    stretch(0, 2001).map((frame) => 2 * frame),
    0.1,
    new RandomBits(1, 0),
  );
  assert.equal(read[0], 0);
  const steps = read.slice(1);
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  const spread = Math.sqrt(steps.reduce((sum, step) => sum + (step - mean) ** 2, 0) / steps.length);
  assert.ok(Math.abs(mean - 2.2) < 0.01 && Math.abs(spread - 0.11) < 0.006, `${mean} ± ${spread}`);
});

test('pixel noise has its size', () => {
  const grey = { frames: 1, height: 50, width: 50, pixels: new Uint8Array(2500).fill(100) };
  const noisy = withPixelNoise(grey, 2, new RandomBits(1, 0)).pixels;
  const variance = noisy.reduce((sum, value) => sum + (value - 100) ** 2, 0) / 2500;
  // Rounding adds 1/12.
  assert.ok(Math.abs(variance - 4.08) < 0.4, `${variance}`);
});
