import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGroundTruth, widened } from './ground-truth.js';

test('CSV of ranges and JSON of lists say the same', () => {
  const csv = parseGroundTruth('query,ref_first,ref_last\n0,3,4\n1,-1,-1\n2,7,7\n', 'gt.csv');
  const json = parseGroundTruth('{"0": [3, 4], "1": [], "2": [7]}', 'gt.json');
  assert.deepEqual(csv, json);
});

test('a map of a stretch: places are numbered from its start, others have no match', () => {
  const truth = parseGroundTruth('{"0": [3], "1": [9], "2": [5]}', 'gt.json');
  assert.deepEqual(widened(truth, [2, 1, 0, 7], 1, 3, 4), [[1, 2, 3], [], [0, 1], []]);
});

test('a damaged table is refused with its line', () => {
  for (const [text, message] of [
    ['query,ref_first,ref_last\n0,1\n', /gt:2: "0,1" is no line of/],
    ['0,5,4\n', /gt:1/],
    ['0,,4\n', /gt:1/],
    ['{"a": [1]}', /a: /],
    ['{"0": [1.5]}', /0\.0: /],
    ['{"0": ', /no JSON/],
  ] as const)
    assert.throws(() => parseGroundTruth(text, 'gt'), message);
});
