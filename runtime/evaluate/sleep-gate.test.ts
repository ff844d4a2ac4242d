import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countGate, scoreGate, type Judgements } from './sleep-gate.js';
import { perStage, type Hypnogram } from './hypnogram.js';

/** One judgement a second: nothing is known before 2 s, shut to 6 s, open to 12 s, then shut. */
const judgements: Judgements = {
  step: 1,
  states: Array.from({ length: 20 }, (_, n) => (n < 1 ? 'unknown' : n >= 5 && n < 11 ? 'clear' : 'holds')),
};
/** Awake to 8 s, then S2. */
const hypnogram: Hypnogram = { epochSeconds: 4, stages: ['W', 'W', 'S2', 'S2', 'S2'] };
const at = (onset: number) => ({ onset, end: onset + 1 });
const found = (onset: number) => ({ ...at(onset), confirmed: onset + 0.5, score: 1 });

test('counts seconds, marks and detections from the first judgement on, each by its stage', () => {
  const counts = countGate(judgements, hypnogram, [1, 7, 9, 11.5, 13].map(at), [1, 5.6, 7, 9, 11.4, 13].map(found), 20);
  assert.deepEqual(counts.judged, { ...perStage(() => 0), W: 6, S2: 12 });
  assert.deepEqual(counts.open, { ...perStage(() => 0), W: 2, S2: 4 });
  // The one at 5.6 s is confirmed when the gate is open.
  assert.deepEqual(counts.detections, { ...perStage(() => 0), W: 2, S2: 3 });
  assert.deepEqual(counts.gated, { ...perStage(() => 0), W: 2, S2: 2 });
  // Those at 1 and 7 s are not in S2; the one at 11.5 s is lost only when one would be sure.
  assert.deepEqual([counts.marks, counts.lost, counts.lostWhenSure, counts.turns], [3, 1, 2, 2]);
});

test('ends where it is told, and counts all marks where there is no hypnogram', () => {
  const counts = countGate(judgements, null, [3, 7, 9].map(at), [], 8);
  assert.deepEqual(counts.judged, { ...perStage(() => 0), other: 6 });
  assert.deepEqual([counts.marks, counts.lost], [2, 1]);
  const never = countGate({ step: 1, states: ['unknown', 'unknown'] }, hypnogram, [at(1)], [found(1)], 2);
  assert.deepEqual([never.judged, never.marks, never.detections], [perStage(() => 0), 0, perStage(() => 0)]);
});

test('scores are of the sums', () => {
  const one = countGate(judgements, hypnogram, [9, 13].map(at), [9].map(found), 20);
  const two = countGate(judgements, hypnogram, [13].map(at), [], 12);
  const score = scoreGate([one, two]);
  assert.deepEqual(score.minutes, { ...perStage(() => 0), W: 0.2, S2: 16 / 60 });
  assert.deepEqual([score.marks, score.lost, score.lostWhenSure], [2, 1, 1]);
  assert.equal(score.open.W, 4 / 12);
  assert.equal(score.open.S2, 8 / 16);
  assert.equal(score.open.S3, null);
  assert.equal(score.detectionsPerMinute.S2, 60 / 16);
  assert.equal(scoreGate([]).turnsPerMinute, null);
});
