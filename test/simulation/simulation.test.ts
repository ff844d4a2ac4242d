import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bugs } from './plants.js';
import { simulate, type Outcome } from './simulation.js';

/** A few of what `npm run simulate` does by thousands, half an hour each. */
const hours = 0.5;

function seeds(count: number, run: (seed: bigint) => Outcome): Outcome[] {
  return Array.from({ length: count }, (_, place) => run(BigInt(place + 1)));
}

test('R-01 to R-24 whatever goes wrong: nothing fires that may not, all rests, all is on record, and it fires again', () => {
  const outcomes = seeds(12, (seed) => simulate({ seed, rate: 10, hours }));
  for (const { seed, violations } of outcomes) assert.deepEqual(violations, [], `seed ${seed}`);
  for (const { seed, faults } of outcomes) assert.ok(faults >= 20, `seed ${seed}: ${faults} faults`);
  // It is no proof of anything if nothing happens.
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0);
  assert.ok(sum(({ stimuli }) => stimuli) > 200);
  assert.ok(sum(({ runs }) => runs) > 50);
  assert.ok(sum(({ refusals }) => refusals) > 1000);
});

test('a seed is a whole world: it comes again bit for bit, and no other is like it', () => {
  const [first, again, other] = [7n, 7n, 8n].map((seed) => simulate({ seed, rate: 10, hours, traces: true }));
  assert.ok(first && again && other);
  assert.equal(first.digest, again.digest);
  assert.deepEqual(first.trace, again.trace);
  assert.notEqual(first.digest, other.digest);
});

for (const bug of bugs) {
  test(`a planted bug is found within 200 seeds: ${bug}`, () => {
    let seed = 1n;
    while (seed <= 200n && simulate({ seed, rate: 10, hours, bug }).violations.length === 0) seed++;
    assert.ok(seed <= 200n, `${bug}: not found`);
  });
}
