import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernels } from './kernels.test.fixture.js';
import { firstDifference, imageCase, kindsOfNodes, randomCase } from './random-network.test.fixture.js';
import { createReference } from './reference.js';
import { createWasm } from './wasm.js';

/** `npm run equal` runs 12,000 of them. */
const cases = Number(process.env['AXOND_EQUAL_CASES'] ?? 300);
const seed = Number(process.env['AXOND_EQUAL_SEED'] ?? 20251);

for (const [kind, drawn, runs] of [
  ['random networks', randomCase, cases],
  ['random convolutions of images', imageCase, cases / 3],
] as const)
  test(`the WASM engine equals the reference bit for bit over ${runs} ${kind} (seed ${seed})`, () => {
    fc.assert(
      fc.property(drawn, (each) => {
        const difference = firstDifference(createReference(each.network), createWasm(each.network, kernels), each);
        assert.equal(difference, undefined);
      }),
      { numRuns: runs, seed },
    );
  });

test('the random networks hold every kind of node that the reference runs', () => {
  const seen = new Set(
    fc.sample(randomCase, { numRuns: 400, seed: 1 }).flatMap(({ network }) => network.graph.nodes.map(({ op }) => op)),
  );
  const missing = kindsOfNodes.filter((op) => !seen.has(op));
  assert.deepEqual(missing, []);
});
