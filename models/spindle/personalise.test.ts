import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDetectionList } from '../../runtime/detect/detection-list.js';
import { SpindleT1 } from '../../runtime/detect/spindle-t1/spindle-t1.js';
import { createReference } from '../engine/reference.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { headOf, hearNight, logitsOf, spindlesOf, withoutHead, type Night } from './night.js';
import { point, rate, sleep, wideNetwork } from './night.test.fixture.js';
import { personalise } from './personalise.js';

const { values, spindles } = sleep(5);
const hear = (of: Network): Night => hearNight(createReference(withoutHead(of)), rate, [{ start: 0, values }]);
const night = hear(wideNetwork());

test('a night heard without the last layer gives what the detector itself finds', () => {
  const detector = new SpindleT1([createReference(wideNetwork())], point);
  detector.prepare({ rate, unit: 'uV' });
  const found = createDetectionList(10_000);
  detector.process(values, values.length, 0, found);
  const ended = found.items.slice(0, found.length).filter(({ end }) => !Number.isNaN(end));
  const heard = spindlesOf(logitsOf(wideNetwork(), night), night, point);
  assert.ok(ended.length > 20, `${ended.length}`);
  assert.deepEqual(
    heard.map(({ onset, end }) => [Math.round((onset + 0.2) * rate), Math.round((end + 0.2) * rate)]),
    ended.map(({ onset, end }) => [onset, end]),
  );
});

test('a network that is too eager for this sleeper learns to hold back; the same call gives the same network', () => {
  const eager = wideNetwork(-2);
  const once = personalise(eager, night, spindles, point, 1);
  assert.equal(once.kept, 'new', once.reason);
  assert.ok(once.after > once.before + 0.2, `${once.before} to ${once.after}`);
  assert.ok(once.lead[0] > 0 && once.lead[1] > once.lead[0]);
  assert.equal(once.marks, spindles.length);
  assert.deepEqual(personalise(eager, night, spindles, point, 1).network, once.network);
  assert.equal(headOf(once.network).head, headOf(eager).head);
});

test('marks that are wrong change nothing, however many', () => {
  const good = wideNetwork(-5);
  const shifted = spindles.map(({ onset, end }) => ({ onset: onset + 2, end: end + 2 }));
  const kept = personalise(good, night, shifted, point, 1);
  assert.equal(kept.kept, 'old');
  assert.equal(kept.network, good);
  assert.match(kept.reason, /are these the marks of this recording\?/);
  for (const share of [2, 3]) {
    const poisoned = spindles.map((event, n) => {
      const onset = (n * 97.3) % 1190;
      return n % share === 0 ? { onset, end: onset + 1 } : event;
    });
    for (const seed of [1, 2, 3]) assert.equal(personalise(good, night, poisoned, point, seed).kept, 'old');
  }
});

test('too few marks are refused', () => {
  assert.throws(
    () => personalise(wideNetwork(), night, spindles.slice(0, 19), point, 1),
    (error) =>
      error instanceof ModelError &&
      /19 marks in 20 minutes are too few to learn from\. Give at least 20/.test(error.message),
  );
});
