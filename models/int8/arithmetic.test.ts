import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  addition,
  clamp,
  converted,
  fixedScale,
  productScale,
  roundHalvesAway,
  roundHalvesToEven,
  scaled,
} from './arithmetic.js';

/** Multiples of 1/8 from −2⁴⁰ to 2⁴⁰, so that halves are frequent. */
const eighths = fc.bigInt({ min: -(2n ** 43n), max: 2n ** 43n });

/** n ÷ 8 to the nearest whole number, in exact arithmetic. */
function nearest(n: bigint, halves: 'even' | 'away'): bigint {
  const floor = n >> 3n;
  const rest = n - 8n * floor;
  if (rest !== 4n) return rest > 4n ? floor + 1n : floor;
  return (halves === 'even' ? floor % 2n !== 0n : n > 0n) ? floor + 1n : floor;
}

describe('rounding equals exact arithmetic', () => {
  test('halves to even', () =>
    fc.assert(fc.property(eighths, (n) => BigInt(roundHalvesToEven(Number(n) / 8)) === nearest(n, 'even'))));
  test('halves away from zero', () =>
    fc.assert(fc.property(eighths, (n) => BigInt(roundHalvesAway(Number(n) / 8)) === nearest(n, 'away'))));
});

test('a sum is rounded to float32 before it is scaled', () => {
  // 2²⁴ + 1 becomes 2²⁴, and 2.5 goes to the even neighbour; kept as it is, it would come to more than 2.5, and to 3.
  assert.equal(scaled(2 ** 24 + 1, 2.5 * 2 ** -24, 0), 2);
  assert.equal(scaled(5, 0.5, 10), 12);
  assert.equal(scaled(7, 0.5, 10), 14);
  assert.equal(scaled(-5, 0.5, 10), 8);
});

test('a factor is rounded once', () => {
  // NumPy: float32 of the double quotient; rounded at each step it would be 0.020491071045398712.
  const [first, second, output] = [0.015, 0.153, 0.112].map(Math.fround) as [number, number, number];
  assert.equal(productScale('x', first, second, output), 0.020491069182753563);
});

test('before it is rounded, a sum of codes is within 2⁻¹¹ of a code of the larger scale', () => {
  const scale = fc.float({ min: Math.fround(0.001), max: 1, noNaN: true });
  const code = fc.integer({ min: -255, max: 255 });
  fc.assert(
    fc.property(scale, scale, scale, code, code, (first, second, output, a, b) => {
      fc.pre(Math.max(first, second) / output < 256);
      const { firstMultiplier, secondMultiplier, divisor } = addition('sum', first, second, output);
      const largest = Math.max(first, second) / output;
      const real = (a * first + b * second) / output;
      assert.ok(Math.abs((a * firstMultiplier + b * secondMultiplier) / divisor - real) < largest * 2 ** -11);
      assert.ok(Math.max(firstMultiplier, secondMultiplier) <= 2 ** 21);
    }),
  );
});

test('scaling i16 codes is within a code of real arithmetic', () => {
  const scale = fc.float({ min: Math.fround(0.0001), max: Math.fround(0.1), noNaN: true });
  fc.assert(
    fc.property(scale, scale, scale, fc.integer({ min: -(2 ** 24), max: 2 ** 24 }), (input, weight, output, sum) => {
      const factor = (input * weight) / output;
      fc.pre(Math.abs(sum * factor) < 32768);
      const { multiplier, divisor } = fixedScale('conv', input, weight, output);
      assert.ok(Math.abs(Math.floor((sum * multiplier + divisor / 2) / divisor) - sum * factor) <= 1.6);
    }),
  );
});

test('a change of scale has eight bits after the point, halves up', () => {
  // 0.3 is 77 ÷ 256: 5 × 77 ÷ 256 = 1.504 becomes 2, where 1.5 would as well and 1.4999 not.
  assert.equal(converted(8, { scale: 0.3, zeroPoint: 3 }, { scale: 1, zeroPoint: -4 }), -2);
  assert.equal(converted(-1, { scale: 0.5, zeroPoint: 0 }, { scale: 1, zeroPoint: 0 }), 0);
});

test('scales too far apart are refused', () => {
  assert.throws(() => productScale('dense', 1e-20, 1e-20, 1), {
    message: /^dense: its scales come to a factor of .*e-41 /,
  });
  assert.throws(() => productScale('dense', 1e30, 1e30, 1), { name: 'ModelError' });
  assert.throws(() => addition('sum', 300, 1, 1), { message: /^sum: its scales come to a factor of 300 / });
  assert.equal(clamp(300, -128, 127), 127);
});
