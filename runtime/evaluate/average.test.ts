import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanOf, spreadOf } from './average.js';

const runs: [object, ...object[]] = [
  { f1: 0.7, interval: [0.6, 0.8], none: null, deep: { p: null, name: 'x' } },
  { f1: 0.8, interval: [0.7, 0.9], none: null, deep: { p: 0.5, name: 'x' } },
  { f1: 0.75, interval: null, none: null, deep: { p: 0.7, name: 'x' } },
];

test('means are over the runs that have a figure', () => {
  assert.deepEqual(
    JSON.parse(
      JSON.stringify(meanOf(runs), (_, value: unknown) => (typeof value === 'number' ? +value.toFixed(9) : value)),
    ),
    { f1: 0.75, interval: [0.65, 0.85], none: null, deep: { p: 0.6, name: 'x' } },
  );
});

test('the spread is the standard deviation of a sample, as of numpy.std(ddof=1)', () => {
  const { f1, deep } = spreadOf(runs) as { f1: number; deep: { p: number } };
  assert.ok(Math.abs(f1 - 0.05) < 1e-12);
  assert.ok(Math.abs(deep.p - 0.1414213562373095) < 1e-12);
  assert.deepEqual(spreadOf([{ f1: 1 }]), { f1: null });
});
