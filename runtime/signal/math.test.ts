import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { atan2, cos, exp, log, sin, tan } from './math.js';
import { MovingSum } from './moving-sum.js';

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);
}

test('atan2 agrees with Math in all quadrants', () => {
  const coordinate = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constantFrom(0, 1, -1, 1e-9));
  fc.assert(
    fc.property(coordinate, coordinate, (y, x) => {
      // −0 counts as 0 here: the angle of (−1, −0) is π.
      near(atan2(y, x), Math.atan2(y + 0, x + 0), 1e-15);
    }),
  );
});

test('sin, cos, tan, exp and log agree with Math in the range they are made for', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e5, max: 1e5, noNaN: true }), (x) => {
      near(sin(x), Math.sin(x), 2e-15);
      near(cos(x), Math.cos(x), 2e-15);
    }),
  );
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1.57, noNaN: true }), (x) =>
      near(tan(x), Math.tan(x), 4e-15 * (1 + Math.tan(x) ** 2)),
    ),
  );
  fc.assert(fc.property(fc.double({ min: -699, max: 699, noNaN: true }), (x) => near(exp(x) / Math.exp(x), 1, 3e-15)));
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) =>
      near(log(x), Math.log(x), 2e-15 * (1 + Math.abs(Math.log(x)))),
    ),
  );
});

test('a moving sum is the sum of the last values, and forgets what has left', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.oneof(fc.integer({ min: -100, max: 100 }), fc.constant(1e18)), { maxLength: 60 }),
      (length, values) => {
        const sum = new MovingSum(length);
        const output = Float64Array.from(values);
        for (let at = 0; at < values.length; at++) {
          const one = Float64Array.of(values[at]!);
          sum.process(one, 1, one);
          output[at] = one[0]!;
        }
        values.forEach((_, at) => {
          const window = values.slice(Math.max(0, at - length + 1), at + 1);
          if (window.includes(1e18)) return;
          assert.equal(
            output[at],
            window.reduce((total, value) => total + value, 0),
          );
        });
      },
    ),
  );
});
