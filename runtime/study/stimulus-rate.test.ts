import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StimulusRate, chanceOf, type SleptBlock } from './stimulus-rate.js';

test('the chance of a count is the tail of the binomial distribution, as exact fractions give it', () => {
  // Python: sum(comb(n, k) * p**k * (1 - p)**(n - k) for k in range(count, n + 1)) over Fractions.
  const exact: [count: number, earlier: number, times: number, chance: number][] = [
    [13, 0, 0.75, 1.6455147939923784e-5],
    [45, 20, 0.75, 1.5764746103392844e-5],
    [30, 80, 0.1875, 0.00150085102031976],
    [5, 400, 0.5, 1.0],
    [60, 60, 0.125, 5.224500025455055e-26],
  ];
  for (const [count, earlier, times, chance] of exact) {
    const got = chanceOf(count, earlier, times);
    assert.ok(Math.abs(got / chance - 1) < 1e-9, `${count} ${earlier} ${times}: ${got}, not ${chance}`);
  }
});

test('of nights whose rate is always three times that of all before, hardly one has a false alarm', () => {
  const random = drawn(7);
  let wrong = 0;
  for (let night = 0; night < 400; night++) {
    const rate = new StimulusRate();
    let earlier = 0;
    let far = false;
    for (let block = 0; block < 40; block++) {
      const mean = block < 4 ? 0.2 + random() : (3 * earlier) / block;
      earlier += mean;
      far = rate.add(900, poisson(mean, random)) || far;
    }
    if (far) wrong++;
  }
  // By the bound of the rule 0.4 are expected.
  assert.ok(wrong <= 2, `${wrong} of 400`);
});

test('R-54 a rate far above the earlier hours is told after a quarter of an hour of sleep, and is over when it falls', () => {
  const rate = new StimulusRate();
  const minute = (stimuli: number): boolean => rate.add(60, stimuli);
  for (let at = 0; at < 120; at++) assert.equal(minute(at % 2), false);
  const told = Array.from({ length: 15 }, () => minute(6));
  assert.deepEqual([told.indexOf(true), minute(0)], [14, true]);
  for (let at = 0; at < 14; at++) minute(1);
  assert.equal(minute(0), false);
});

test('in the first hour of sleep nothing is known of the sleeper', () => {
  const rate = new StimulusRate();
  for (let at = 0; at < 74; at++) assert.equal(rate.add(60, at < 60 ? 0 : 20), false);
});

test('R-54 a sleeper who is known from earlier nights is compared with those, from the first quarter of an hour on', () => {
  const told = (earlier?: SleptBlock, perMinute = 6): number => {
    const rate = new StimulusRate(earlier);
    return Array.from({ length: 45 }, () => rate.add(60, perMinute)).indexOf(true);
  };
  const known = { seconds: 20 * 3600, stimuli: 20 * 60 };
  assert.equal(told(known), 14);
  assert.equal(told(), -1, 'of a first night it is the rate that is the sleeper’s own');
  assert.equal(told({ seconds: 3000, stimuli: 50 }), -1, 'less than an hour tells nothing');
  assert.equal(told(known, 3), -1, 'three times as much is still their own');
});

test('what is the sleeper’s own is told block by block, and what is far above it is not', () => {
  const own: SleptBlock[] = [];
  const rate = new StimulusRate({ seconds: 7200, stimuli: 120 }, (block) => own.push(block));
  for (const perMinute of [1, 12, 2]) for (let at = 0; at < 15; at++) rate.add(60, perMinute);
  assert.deepEqual(own, [
    { seconds: 900, stimuli: 15 },
    { seconds: 900, stimuli: 30 },
  ]);
});

/** Uniform on [0, 1), xorshift. */
function drawn(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function poisson(mean: number, random: () => number): number {
  let count = 0;
  for (let left = mean - exponential(random); left >= 0; left -= exponential(random)) count++;
  return count;
}

const exponential = (random: () => number): number => -Math.log(1 - random());
