import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBits } from '../signal/random.js';
import { Cues } from './cues.js';
import type { DetectionPlan } from './policy-plan.js';
import { detection, drive, refusedFor } from './policy.test.fixture.js';

/** The first cues that are given. */
function given(cues: Cues, count: number): number[] {
  return Array.from({ length: count }, () => {
    const { next } = cues;
    cues.give();
    return next;
  });
}

test('in sequence they come in turn: two of them alternate', () => {
  assert.deepEqual(given(new Cues({ count: 2, order: 'sequence', each: Infinity }), 5), [0, 1, 0, 1, 0]);
  assert.deepEqual(given(new Cues({ count: 3, order: 'sequence', each: Infinity }), 5), [0, 1, 2, 0, 1]);
  assert.deepEqual(given(new Cues(), 2), [0, 0]);
});

test('shuffled, every round has each once, in an order that depends on the seed', () => {
  const shuffled = (seed: number): number[] => {
    const cues = new Cues({ count: 5, order: 'shuffled', each: Infinity });
    cues.seed(new RandomBits(seed, 2));
    return given(cues, 25);
  };
  const drawn = shuffled(3);
  const rounds = Array.from({ length: 5 }, (_, round) => drawn.slice(5 * round, 5 * round + 5));
  for (const round of rounds) assert.deepEqual(round.toSorted(), [0, 1, 2, 3, 4]);
  assert.ok(new Set(rounds.map(String)).size >= 4, 'a new order in each round');
  assert.deepEqual(shuffled(3), drawn);
  assert.notDeepEqual(shuffled(4), drawn);
});

test('each order of three is as likely as any other', () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed++) {
    const cues = new Cues({ count: 3, order: 'shuffled', each: 1 });
    cues.seed(new RandomBits(seed, 2));
    const order = given(cues, 3).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  // 1000 each; 5 standard deviations are 144.
  assert.equal(counts.size, 6);
  for (const [order, count] of counts) assert.ok(Math.abs(count - 1000) < 144, `${order}: ${count}`);
});

test('after so many rounds it is over', () => {
  const cues = new Cues({ count: 2, order: 'sequence', each: 3 });
  given(cues, 5);
  assert.equal(cues.isOver, false);
  cues.give();
  assert.equal(cues.isOver, true);
});

test('R-25 a refused or muted request does not use up its cue; when all are given, requests are withheld', () => {
  const plan: DetectionPlan = {
    use: 'immediate',
    after: 1,
    delaySeconds: 0,
    refractorySeconds: 0,
    expiresUs: 1e5,
    cues: { count: 2, order: 'sequence', each: 1 },
  };
  const detections = [300, 400, 500, 600, 700].map((index) => detection(index));
  const asked = drive(plan, {
    frames: 800,
    detections,
    answer: ({ due, withheld }) =>
      due === 300 ? refusedFor('movement') : due === 400 || withheld ? refusedFor('schedule') : 0,
  });
  assert.deepEqual(
    asked.map(({ due, variant, withheld }) => [due, variant, withheld]),
    [
      [300, 0, false],
      [400, 0, false],
      [500, 0, false],
      [600, 1, false],
      [700, 0, true],
    ],
  );
});
