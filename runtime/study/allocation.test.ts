import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  AllocationError,
  conditionsOf,
  decodeAllocation,
  drawRows,
  encodeAllocation,
  participantNames,
  type Allocation,
  type Row,
} from './allocation.js';

const below = (n: number): number => randomInt(n);
const shapes = fc.record({
  people: fc.integer({ min: 1, max: 30 }),
  nights: fc.integer({ min: 1, max: 5 }),
  blocks: fc.integer({ min: 1, max: 7 }),
});

function drawn(people: number, nights: number, blocks: number): Row[] {
  return drawRows({ participants: participantNames(people), nights, blocks }, below);
}

/** By how many the real ones are more than the sham ones. */
function surplus(rows: readonly Row[]): number {
  return rows.reduce((sum, { condition }) => sum + (condition === 'real' ? 1 : -1), 0);
}

function groups(rows: readonly Row[], keyOf: (row: Row) => string): Row[][] {
  const found: Record<string, Row[]> = {};
  for (const row of rows) (found[keyOf(row)] ??= []).push(row);
  return Object.values(found);
}

test('R-27 every participant, night and block has one row, in order', () => {
  assert.deepEqual(
    drawn(2, 2, 2).map(({ participant, night, block }) => `${participant} ${night} ${block}`),
    ['P001 1 1', 'P001 1 2', 'P001 2 1', 'P001 2 2', 'P002 1 1', 'P002 1 2', 'P002 2 1', 'P002 2 2'],
  );
});

test('R-27 balance: within each person, within each night of even blocks, and at each place over all people', () => {
  fc.assert(
    fc.property(shapes, ({ people, nights, blocks }) => {
      const rows = drawn(people, nights, blocks);
      for (const own of groups(rows, ({ participant }) => participant)) {
        assert.equal(Math.abs(surplus(own)), (nights * blocks) % 2);
      }
      for (const night of groups(rows, ({ participant, night }) => `${participant} ${night}`)) {
        assert.equal(Math.abs(surplus(night)), blocks % 2);
      }
      for (const place of groups(rows, ({ night, block }) => `${night} ${block}`)) {
        assert.equal(Math.abs(surplus(place)), people % 2);
      }
    }),
    { numRuns: 300 },
  );
});

test('R-27 neighbouring blocks of a night hold both conditions; so do nights of one condition, in pairs', () => {
  for (const own of groups(drawn(9, 3, 6), ({ participant, night }) => `${participant} ${night}`)) {
    for (const pair of [0, 2, 4]) assert.notEqual(own[pair]!.condition, own[pair + 1]!.condition);
  }
  for (const own of groups(drawn(9, 4, 1), ({ participant }) => participant)) {
    for (const pair of [0, 2]) assert.notEqual(own[pair]!.condition, own[pair + 1]!.condition);
  }
});

test('R-27 every order of four people is drawn, and each as often as the others', () => {
  const counts = new Map<string, number>();
  const draws = 6000;
  for (let n = 0; n < draws; n++) {
    const key = drawn(4, 1, 1)
      .map(({ condition }) => condition)
      .join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  // Chi-squared with 5 degrees of freedom: 30 is passed once in 60,000 runs.
  const expected = draws / 6;
  const chi = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chi < 30, String(chi));
});

test('R-27 with an odd number of people, who is more is drawn too', () => {
  const surpluses = new Set(Array.from({ length: 100 }, () => surplus(drawn(3, 1, 1))));
  assert.deepEqual([...surpluses].sort(), [-1, 1]);
});

const allocation: Allocation = {
  study: 'cue-night',
  made: '2026-11-28T09:00:00.000Z',
  nonce: 'ab'.repeat(32),
  participants: ['P001', 'P002'],
  nights: 2,
  blocks: 1,
  blockSeconds: null,
  rows: [
    { participant: 'P001', night: 1, block: 1, condition: 'real' },
    { participant: 'P001', night: 2, block: 1, condition: 'sham' },
    { participant: 'P002', night: 1, block: 1, condition: 'sham' },
    { participant: 'P002', night: 2, block: 1, condition: 'real' },
  ],
};

test('R-28 the sealed file reads back, and says a condition by its row alone', () => {
  const text = encodeAllocation(allocation);
  assert.deepEqual(decodeAllocation(text), allocation);
  assert.deepEqual(conditionsOf(allocation, 'P002', 2), ['real']);
  const swapped = encodeAllocation({
    ...allocation,
    rows: allocation.rows.map((row) => ({ ...row, condition: row.condition === 'real' ? 'sham' : 'real' })),
  });
  assert.equal(swapped.length, text.length);
});

test('R-28 a damaged file is refused wherever the damage is, and the refusal names no condition', () => {
  const text = encodeAllocation(allocation);
  for (let length = 0; length < text.length - 1; length++) {
    assert.throws(() => decodeAllocation(text.slice(0, length)), AllocationError);
  }
  const damages: [from: string, to: string, message: RegExp][] = [
    ['["P002",1,1,"sham"],\n', '', /has 3 rows where 4 belong/],
    ['["P001",2,1', '["P001",1,1', /damaged in the row of P001, night 2, block 1/],
    ['["P001",2,1,"sham"', '["P001",2,1,"shan"', /damaged in the row of P001, night 2, block 1/],
    ['["P001",1,1', '["P002",1,1', /damaged in the row of P001, night 1, block 1/],
    ['"nights":2', '"nights":0', /damaged in its first line/],
    ['"blockSeconds":null', '"blockSeconds":60', /damaged in its first line/],
    ['"P001","P002"', '"P001","P001"', /damaged in its list of participants/],
    ['allocation 1', 'allocation 2', /no allocation of this version/],
    ['abab', 'xyab', /damaged in its first line/],
  ];
  for (const [from, to, message] of damages) {
    assert.ok(text.includes(from), from);
    assert.throws(
      () => decodeAllocation(text.replace(from, to)),
      (error) => {
        assert.ok(error instanceof AllocationError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /real|sham|shan/);
        return true;
      },
    );
  }
});
