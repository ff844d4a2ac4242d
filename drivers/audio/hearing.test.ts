import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HearingTest, suggestedLevel, type HearingStep } from './hearing.js';

/** Seeded, 0 up to 1. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Somebody who hears with the probability of a steep psychometric function (slope 1 dB). */
function listen(threshold: number, seed: number, falseYes = 0): { step: HearingStep; loudest: number } {
  const random = randomOf(seed);
  const hearing = new HearingTest(random);
  let loudest = -Infinity;
  for (;;) {
    const { step } = hearing;
    if (step.kind !== 'play') return { step, loudest };
    loudest = Math.max(loudest, step.dBFS);
    const chance = Math.max(falseYes, 1 / (1 + Math.exp(threshold - step.dBFS)));
    hearing.answer(random() < chance);
  }
}

test('the threshold of listeners is found, to the step of the method', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const threshold = -75 + ((seed * 7) % 40);
    const { step } = listen(threshold, seed);
    assert.ok(step.kind === 'done', `${seed}: ${JSON.stringify(step)}`);
    // Ascending in steps of 5 dB: the first of its levels that is heard mostly.
    assert.ok(
      step.thresholdDbfs > threshold - 4 && step.thresholdDbfs < threshold + 9,
      `${seed}: ${step.thresholdDbfs}`,
    );
  }
});

test('R-23 nothing is ever played above -30 dBFS', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { step, loudest } = listen(-20, seed);
    assert.ok(loudest <= -30);
    assert.ok(step.kind === 'failed' && /not heard at -30 dBFS.*Check the cable/.test(step.reason));
  }
});

test('who hears everything, silence too, is not believed', () => {
  let refused = 0;
  for (let seed = 1; seed <= 50; seed++) {
    const { step } = listen(-60, seed, 0.8);
    if (step.kind === 'failed') refused++;
  }
  assert.ok(refused >= 40, `${refused} of 50`);
});

test('an output on which everything is heard is too loud for a test', () => {
  const { step } = listen(-130, 3);
  assert.ok(step.kind === 'failed' && /too loud for a test/.test(step.reason));
});

test('R-23 the suggested level is 15 dB above the threshold, and never above the ceiling', () => {
  assert.equal(suggestedLevel(-62, -20), -47);
  assert.equal(suggestedLevel(-32, -20), -20);
});
