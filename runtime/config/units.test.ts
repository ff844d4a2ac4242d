import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingUnit, parseQuantity, patternOf } from './units.js';

test('a quantity is a number and its unit, in Hz, seconds, microvolts, degrees or bytes', () => {
  const known: [string, 'time' | 'frequency' | 'voltage' | 'angle' | 'size', number][] = [
    ['1.5s', 'time', 1.5],
    ['50ms', 'time', 0.05],
    ['50 ms', 'time', 0.05],
    ['250us', 'time', 0.00025],
    ['10m', 'time', 600],
    ['8h', 'time', 28800],
    ['0.3Hz', 'frequency', 0.3],
    ['.5Hz', 'frequency', 0.5],
    ['16kHz', 'frequency', 16000],
    ['1e2Hz', 'frequency', 100],
    ['500uV', 'voltage', 500],
    ['500\u00b5V', 'voltage', 500],
    ['500\u03bcV', 'voltage', 500],
    ['-2mV', 'voltage', -2000],
    ['1V', 'voltage', 1e6],
    ['-90deg', 'angle', -90],
    ['64GB', 'size', 64e9],
    ['1.5TB', 'size', 1.5e12],
  ];
  for (const [text, dimension, value] of known) assert.equal(parseQuantity(text, dimension), value, text);
});

test('a wrong quantity is refused with what to write', () => {
  assert.deepEqual(parseQuantity('1500', 'time'), { rule: 'has no unit', fix: 'Write 1500ms or 1.5s.' });
  assert.deepEqual(parseQuantity('2', 'time'), { rule: 'has no unit', fix: 'Write 2s or 2000ms.' });
  assert.deepEqual(missingUnit(35, 'frequency'), { rule: 'has no unit', fix: 'Write 35Hz.' });
  assert.deepEqual(parseQuantity('5sec', 'time'), {
    rule: 'has the unit "sec", which is not one of time',
    fix: 'Use us, ms, s, m or h.',
  });
  // Milliseconds and megahertz are not told apart by guessing.
  assert.notEqual(typeof parseQuantity('5MS', 'time'), 'number');
  assert.notEqual(typeof parseQuantity('1constructor', 'time'), 'number');
  for (const text of ['', 's', 'soon', '1,5s', '0x10s', '--1s']) {
    assert.notEqual(typeof parseQuantity(text, 'time'), 'number', text);
  }
});

test('the pattern for editors accepts what the parser accepts', () => {
  for (const text of ['1.5s', ' 50 ms', '1e-3s', '10m']) assert.match(text, new RegExp(patternOf('time')));
  assert.match('-90deg', new RegExp(patternOf('angle')));
  for (const text of ['1500', '5sec', 'soon', '1.5 Hz']) assert.doesNotMatch(text, new RegExp(patternOf('time')));
});
