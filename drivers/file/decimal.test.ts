import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDecimal } from './decimal.js';

const parse = (text: string): number => {
  const bytes = new TextEncoder().encode(text);
  return parseDecimal(bytes, 0, bytes.length);
};

test('reads every way of writing a double as the engine does', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 0, max: 20 }),
      (value, places) => {
        for (const text of [String(value), value.toExponential(places), value.toFixed(places)]) {
          assert.equal(parse(`  ${text}\t`), Number(text), text);
        }
      },
    ),
  );
});

test('takes no part of a number for a number', () => {
  for (const text of [
    '',
    ' ',
    '-',
    '.',
    '1.2.3',
    '1,2',
    '12a',
    '0x10',
    'NaN',
    'Infinity',
    '1e',
    '1e+',
    '1 2',
    '--1',
    'e5',
  ]) {
    assert.ok(Number.isNaN(parse(text)), text);
  }
  assert.equal(parse('+5.'), 5);
  assert.equal(parse('-.25'), -0.25);
});
