import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampleBlock } from '../loop/sample-block.js';
import { Derivation, DerivationError, parseDerivation } from './derivation.js';

const names = ['C3', 'C4', 'M1', 'M2', 'CZ-A1'];
const terms = (text: string): Record<string, number> =>
  Object.fromEntries(parseDerivation(text, names).map(({ channel, weight }) => [channel, weight]));

test('derivations as people write them', () => {
  assert.deepEqual(terms('C3'), { C3: 1 });
  assert.deepEqual(terms('C3 - M2'), { C3: 1, M2: -1 });
  assert.deepEqual(terms('C3-(M1+M2)/2'), { C3: 1, M1: -0.5, M2: -0.5 });
  assert.deepEqual(terms('0.5*C3 + 0.5*C4'), { C3: 0.5, C4: 0.5 });
  assert.deepEqual(terms('-C3'), { C3: -1 });
  assert.deepEqual(terms(' CZ-A1 '), { 'CZ-A1': 1 });
});

test('what cannot be is refused with text, place and fix', () => {
  for (const [text, message, at] of [
    ['C3 - m2', /"m2" is no channel\. Write M2\./, 5],
    ['C3 - X9', /"X9" is no channel\. Channels here: C3, C4/, 5],
    ['C3 *', /ends too early/, 4],
    ['C3 * C4', /Use sums of weighted channels/, 7],
    ['(C3', /closing bracket/, 3],
    ['C3 C4', /"C4" is not expected here/, 3],
    ['3', /names no channel/, 1],
    ['C3 - C3', /cancels itself out/, 7],
  ] as const) {
    assert.throws(
      () => parseDerivation(text, names),
      (error) => error instanceof DerivationError && message.test(error.message) && error.at === at,
      text,
    );
  }
});

test('weights and scales turn counts into the channel unit', () => {
  const channels = names.map((name) => ({ name, unit: 'uV', scale: 0.5, railCounts: 99 }));
  const derivation = new Derivation(parseDerivation('C3 - (M1 + M2)/2', names), channels);
  const block = createSampleBlock(5, 2);
  block.counts.set([10, 0, 4, 8, 0, 20, 0, -4, 0, 0]);
  block.frames = 2;
  const output = new Float64Array(2);
  assert.equal(derivation.process(block, 0, 2, output), 2);
  assert.deepEqual([...output], [0.5 * (10 - 6), 0.5 * (20 + 2)]);
});
