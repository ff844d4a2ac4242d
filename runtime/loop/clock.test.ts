import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EnvelopeClock } from './clock.js';

/** Seeded noise: a linear congruential generator is enough to shake arrivals. */
function noise(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
}

function play(clock: EnvelopeClock, rate: number, seconds: number, lateUs: (frame: number) => number): number {
  const frames = Math.round(seconds * rate);
  let newest = 0;
  for (let frame = 0; frame < frames; frame++) {
    newest = Math.max(newest, (frame * 1e6) / rate + lateUs(frame)); // arrivals keep their order
    clock.observe(frame, newest);
  }
  return frames;
}

test('a steady device is timed to the microsecond', () => {
  const clock = new EnvelopeClock(250);
  const frames = play(clock, 250, 60, () => 0);
  assert.ok(Math.abs(clock.timeOf(frames) - frames * 4000) < 1);
});

test('the true rate of 250.33 Hz is recovered within 20 ppm from arrivals in bursts of 16 ms with jitter', () => {
  const random = noise(7);
  const clock = new EnvelopeClock(250);
  const rate = 250.33;
  play(clock, rate, 180, (frame) => {
    const atUs = (frame * 1e6) / rate;
    return Math.ceil(atUs / 16000) * 16000 - atUs + random() ** 4 * 20000;
  });
  const expected = (rate / 250 - 1) * 1e6;
  assert.ok(Math.abs(clock.driftPpm - expected) < 20, `${clock.driftPpm} ppm against ${expected}`);
});

test('a late packet is late, not slow: one delayed by a second moves no later time', () => {
  const clock = new EnvelopeClock(250);
  const frames = play(clock, 250, 60, (frame) => (frame === 7000 ? 1e6 : 0));
  assert.ok(Math.abs(clock.timeOf(frames) - frames * 4000) < 50);
});

test('an arrival earlier than the line lowers it at once', () => {
  const clock = new EnvelopeClock(250);
  clock.observe(0, 50_000);
  clock.observe(10, 60_000);
  assert.ok(clock.timeOf(10) <= 60_000);
});
