import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cos, exp, log, sin } from './elementary.js';

const closeTo = (value: number, reference: number, tolerance: number): void =>
  assert.ok(Math.abs(value - reference) <= tolerance, `${value} ${reference}`);

test('agrees with the engine', () => {
  const range = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  fc.assert(fc.property(range(-699, 699), (x) => closeTo(exp(x) / Math.exp(x), 1, 2e-15)));
  fc.assert(
    fc.property(range(1e-300, 1e300), (x) => closeTo(log(x), Math.log(x), 2e-15 + 1e-15 * Math.abs(Math.log(x)))),
  );
  fc.assert(fc.property(range(-1e5, 1e5), (x) => closeTo(sin(x), Math.sin(x), 1e-15)));
  fc.assert(fc.property(range(-1e5, 1e5), (x) => closeTo(cos(x), Math.cos(x), 1e-15)));
});
