import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featuresOf } from './published.js';
import { tellApart, type Labelled } from './leak-classifier.js';

/** Numerical Recipes' generator: the same data in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** Four features of noise; the second one of the real stimuli is larger by `shift` of its deviation. */
function noise(count: number, shift: number, seed: number): Labelled[] {
  const random = randomFrom(seed);
  const normal = (): number => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
  return Array.from({ length: count }, (_, place) => {
    const isReal = random() < 0.5;
    return { isReal, group: place, features: [normal(), normal() + (isReal ? shift : 0), place % 3, 7] };
  });
}

test('noise is not told apart, and the interval is as wide as it has to be', () => {
  const { auc, upper } = tellApart(noise(2000, 0, 1), randomFrom(2));
  assert.ok(Math.abs(auc - 0.5) < 0.04, String(auc));
  // Of 1000 each: 1.96 × √(2001 ÷ (12 × 1000²)) = 0.0253.
  assert.ok(Math.abs(upper - auc - 0.0253) < 0.006, String(upper - auc));
});

test('what never changes is worth nothing, however unequal folds are', () => {
  const all = noise(501, 0, 7).map((one) => ({ ...one, features: [7], isReal: one.group % 5 === 0 || one.isReal }));
  assert.equal(tellApart(all, randomFrom(8)).auc, 0.5);
});

test('a shift is told apart as well as it can be', () => {
  // Φ(1 ÷ √2) = 0.760 and Φ(0.2 ÷ √2) = 0.556.
  const large = tellApart(noise(3000, 1, 3), randomFrom(4));
  assert.ok(Math.abs(large.auc - 0.76) < 0.03, String(large.auc));
  assert.equal(large.used[0], 1);
  const small = tellApart(noise(3000, 0.2, 5), randomFrom(6));
  assert.ok(Math.abs(small.auc - 0.556) < 0.04, String(small.auc));
});

test('what is published becomes durations, lengths, order and letters, but no moment', () => {
  const at = (offset: number) =>
    featuresOf({
      command: 17,
      sentUs: offset,
      words: [
        { text: receipt(0, offset + 10, ''), readUs: offset + 100 },
        { text: receipt(1, offset + 20, 'byte 1 for command 17'), readUs: offset + 130 },
        { text: receipt(2, offset + 2020, ''), readUs: offset + 2200 },
      ],
      log: [`17 ${offset + 12} ?`, `17 ${offset + 20} -`, `17 ${offset + 2020} ${offset + 2025}`],
    });
  assert.deepEqual(at(1_000_000), at(5_000_000));
  for (const duration of [10, 20, 2020, 2025, 2000]) assert.ok(at(1_000_000).includes(duration), String(duration));
});

function receipt(state: number, atUs: number, evidence: string): string {
  return JSON.stringify({ receipt: { command: 17, state, atUs, evidence } });
}
