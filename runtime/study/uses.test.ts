import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUse, endOfUses, nightKey, readLocks, readUses, type UseEntry } from './uses.js';

const position = { block: 1, blockUs: 5e6, boot: 'boot-a' };
const whose = { participant: 'P017', night: 2 };
const taken = (run: string, continued = false): UseEntry => ({
  use: 'taken',
  ...whose,
  run,
  allocation: 'f'.repeat(64),
  at: '2026-11-28T22:31:00.000Z',
  continued,
  position,
});
const key = nightKey('P017', 2);
const after = (...entries: UseEntry[]) => readUses(entries.map(encodeUse).join('')).get(key);

test('R-28 a night belongs to the first run that took it, and to another one only on purpose', () => {
  assert.equal(after(taken('a'))?.run, 'a');
  assert.equal(after(taken('a'), taken('b'))?.run, 'a');
  assert.equal(after(taken('a'), taken('b', true))?.run, 'b');
  assert.equal(readUses('').size, 0);
});

test('R-28 only the run that has a night can give it back or bring it on', () => {
  const released = (run: string): UseEntry => ({ use: 'released', ...whose, run });
  const block = (run: string): UseEntry => ({ use: 'block', ...whose, run, position: { ...position, block: 3 } });
  assert.equal(after(taken('a'), released('a')), undefined);
  assert.equal(after(taken('a'), released('b'))?.run, 'a');
  assert.equal(after(taken('a'), released('a'), taken('b'))?.run, 'b');
  assert.equal(after(taken('a'), block('a'))?.position.block, 3);
  assert.equal(after(taken('a'), block('b'))?.position.block, 1);
});

test('R-28 a line that was cut off counts as nothing, and what is appended behind it counts', () => {
  const text = encodeUse(taken('a')) + encodeUse(taken('b', true));
  for (let length = encodeUse(taken('a')).length; length < text.length - 1; length++) {
    const torn = text.slice(0, length);
    assert.equal(readUses(torn).get(key)?.run, 'a');
    const mended = torn + endOfUses(torn) + encodeUse(taken('c', true));
    assert.equal(readUses(mended).get(key)?.run, 'c');
  }
});

test('R-48 the locks that a study was kept under stand between its nights, and take nothing of them', () => {
  const locked = (lock: string): UseEntry => ({ use: 'locked', lock, at: '2026-11-28T21:00:00.000Z' });
  const text = [locked('first'), taken('a'), locked('second')].map(encodeUse).join('');
  assert.deepEqual(readLocks(text), ['first', 'second']);
  assert.equal(readUses(text).get(key)?.run, 'a');
  assert.equal(readUses(text).size, 1);
});

test('R-28 R-48 any flipped letter of a whole line is found', () => {
  const locked: UseEntry = { use: 'locked', lock: 'first', at: '2026-11-28T21:00:00.000Z' };
  for (const text of [taken('a'), locked].map(encodeUse)) {
    for (let place = 0; place < text.length - 1; place++) {
      const letter = text[place] === 'x' ? 'y' : 'x';
      const damaged = text.slice(0, place) + letter + text.slice(place + 1);
      assert.throws(() => readUses(damaged), /^RangeError: is damaged in line 1$/, damaged);
    }
  }
});
