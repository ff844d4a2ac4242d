import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarkedFolder } from '../evaluate/marked-recording.js';
import { seenOf, warningsOf } from './known-model.js';

const folder = (kind: MarkedFolder['kind'], ...names: string[]): MarkedFolder => ({
  kind,
  sets: {},
  recordings: names.map((name) => ({
    name,
    open: () => assert.fail(),
    seconds: 1,
    sets: {},
    bundled: null,
    hypnogram: null,
  })),
  doubtful: [],
  separately: [],
  caveats: [],
});

test('what a network was trained on is found among the recordings', () => {
  const dreams = folder('dreams', '2', '4', '5', '12');
  assert.deepEqual(seenOf(dreams, 'DREAMS sleep spindles, excerpts 2, 5, 6'), ['2', '5']);
  assert.deepEqual(seenOf(dreams, 'DREAMS excerpt 12; yasa eyes open, excerpts 4'), ['12']);
  assert.deepEqual(seenOf(dreams, 'generated sleepers, seeds 2 and 4'), []);
  assert.deepEqual(seenOf(folder('spinky', 'joined'), 'SPINKY demonstration data'), ['joined']);
  assert.deepEqual(seenOf(folder('marked', '2'), 'DREAMS sleep spindles, excerpts 2'), []);
});

test('a person is told that figures are contaminated, and what to do', () => {
  const known = { path: 'a', sha256: 'b', trainedOn: 'DREAMS, excerpts 2', contaminated: ['2'] };
  const dreams = folder('dreams', '2');
  assert.match(warningsOf(dreams, known)[0]!, /^CONTAMINATED: the network was trained on excerpts 2; .* Use --loso\.$/);
  assert.match(warningsOf(dreams, { ...known, contaminated: [] })[0]!, /^The network was trained on: DREAMS/);
  assert.match(warningsOf(dreams, { ...known, trainedOn: null, contaminated: [] })[0]!, /is not known/);
  assert.deepEqual(warningsOf(dreams, null), []);
});
