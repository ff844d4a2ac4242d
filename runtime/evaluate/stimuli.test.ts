import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreStimuli } from './stimuli.js';

test('a stimulus hits from the onset to 0.1 s behind the end; an event counts once, each stimulus for itself', () => {
  const events = [
    { onset: 10, end: 11 },
    { onset: 20, end: 21 },
  ];
  const score = scoreStimuli([
    { stimuli: [9.99, 10, 10.5, 11.11, 21.1], events },
    { stimuli: [], events: [{ onset: 1, end: 2 }] },
  ]);
  assert.deepEqual([score.stimuli, score.events], [5, 3]);
  assert.ok(Math.abs(score.precision - 3 / 5) < 1e-12);
  assert.ok(Math.abs(score.recall - 2 / 3) < 1e-12);
  assert.ok(Math.abs(score.f1 - 2 / (5 / 3 + 3 / 2)) < 1e-12);
  assert.ok(Math.abs(score.delayMs.p50! - 550) < 1e-6, `${score.delayMs.p50}`);
});
