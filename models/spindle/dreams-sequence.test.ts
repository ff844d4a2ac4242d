import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DreamsExcerpt } from '../../runtime/evaluate/dreams.js';
import { ModelError } from '../format/model-error.js';
import { dreamsTargets } from './dreams-sequence.js';
import type { DreamsData } from './recipe.js';

const data: DreamsData = {
  use: 'dreams',
  lateSeconds: 0.25,
  settleSeconds: 10,
  expert1InWake: false,
  expert2Weight: 0.5,
};
const stage2 = 2;
const wake = 5;
const excerpt: DreamsExcerpt = {
  number: 7,
  signalPath: 'none',
  expert1: [
    { onset: 20, end: 21 },
    { onset: 31, end: 32 },
  ],
  expert2: [
    { onset: 20.5, end: 21.5 },
    { onset: 1200, end: 1201 },
  ],
  automatic: null,
  hypnogram: Array.from({ length: 360 }, (_, epoch) => (epoch === 6 ? wake : stage2)),
};
const frames = 36000;
const at = (seconds: number): number => Math.round(20 * seconds) - 1;

test('a frame learns the share of experts who marked what ended 0.25 s before it', () => {
  const { targets, weights } = dreamsTargets(excerpt, data, frames);
  assert.equal(targets[at(20.2)], 0);
  assert.equal(targets[at(20.25)], 0.5);
  assert.equal(targets[at(20.75)], 1);
  assert.equal(targets[at(21.2)], 1);
  assert.equal(targets[at(21.25)], 0.5);
  assert.equal(targets[at(21.75)], 0);
  assert.deepEqual([weights[at(10)], weights[at(10.05)], weights[at(1000.2)]], [0, 1, 1]);
});

test('what expert 2 alone has scored counts half', () => {
  const { targets, weights } = dreamsTargets(excerpt, data, frames);
  assert.deepEqual([targets[at(1200.5)], weights[at(1200.5)]], [1, 0.5]);
});

test("expert 1's marks in Wake count only where the recipe says so", () => {
  assert.equal(dreamsTargets(excerpt, data, frames).targets[at(31.5)], 0);
  assert.equal(dreamsTargets(excerpt, { ...data, expert1InWake: true }, frames).targets[at(31.5)], 0.5);
});

test('an excerpt without marks is refused', () => {
  assert.throws(
    () => dreamsTargets({ ...excerpt, expert1: null }, data, frames),
    (error) => error instanceof ModelError && /excerpt 7: .*Visual_scoring1/.test(error.message),
  );
});
