import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bugs } from './plants.js';
import { simulate, type Outcome } from './simulation.js';

/** A few of what `npm run simulate` does by thousands, half an hour each. */
const hours = 0.5;

const seeds = (count: number): bigint[] => Array.from({ length: count }, (_, place) => BigInt(place + 1));

test('R-01 to R-24 whatever goes wrong: nothing fires that may not, all rests, all is on record, and it fires again', async () => {
  const outcomes: Outcome[] = [];
  for (const seed of seeds(12)) outcomes.push(await simulate({ seed, rate: 10, hours }));
  for (const { seed, violations } of outcomes) assert.deepEqual(violations, [], `seed ${seed}`);
  for (const { seed, faults } of outcomes) assert.ok(faults >= 20, `seed ${seed}: ${faults} faults`);
  // It is no proof of anything if nothing happens.
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0);
  assert.ok(sum(({ stimuli }) => stimuli) > 200);
  assert.ok(sum(({ runs }) => runs) > 50);
  assert.ok(sum(({ refusals }) => refusals) > 1000);
});

test('a seed is a whole world: it comes again bit for bit, and no other is like it', async () => {
  const first = await simulate({ seed: 7n, rate: 10, hours, traces: true });
  const again = await simulate({ seed: 7n, rate: 10, hours, traces: true });
  const other = await simulate({ seed: 8n, rate: 10, hours, traces: true });
  assert.equal(first.digest, again.digest);
  assert.deepEqual(first.trace, again.trace);
  assert.notEqual(first.digest, other.digest);
});

for (const bug of bugs) {
  test(`a planted bug is found within 200 seeds: ${bug}`, async () => {
    for (const seed of seeds(200)) {
      if ((await simulate({ seed, rate: 10, hours, bug })).violations.length > 0) return;
    }
    assert.fail(`${bug}: not found`);
  });
}
