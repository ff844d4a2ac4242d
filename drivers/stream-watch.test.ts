import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamWatch } from './stream-watch.js';

const second = 1_000_000;
const limits = { startUs: 10 * second, stallUs: 2 * second };

test('a child that delivers is left alone; one that stalls is terminated, then killed, each once', () => {
  const watch = new StreamWatch(limits);
  assert.equal(watch.due(0), 'start');
  assert.equal(watch.due(0), undefined, 'told once');
  watch.started(0);
  assert.equal(watch.due(9.9 * second), undefined, 'it may take long to start');
  assert.equal(watch.delivered(9.9 * second), true);
  assert.equal(watch.delivered(11 * second), false, 'only the first bytes are the first');
  assert.equal(watch.due(12.9 * second), undefined);
  assert.equal(watch.due(13 * second), 'terminate');
  assert.equal(watch.delivered(13.5 * second), false, 'bytes of a dying child do not save it');
  assert.equal(watch.due(13.9 * second), undefined);
  assert.equal(watch.due(14 * second), 'kill');
  assert.equal(watch.due(99 * second), undefined);
  watch.ended(99 * second);
  assert.equal(watch.due(99.2 * second), undefined);
  assert.equal(watch.due(99.25 * second), 'start');
});

test('a child that never delivers anything stalls too', () => {
  const watch = new StreamWatch(limits);
  watch.started(0);
  assert.equal(watch.due(10 * second), 'terminate');
});

test('a child that fails again and again is started later and later, up to every ten seconds', () => {
  const watch = new StreamWatch(limits);
  const waits = Array.from({ length: 8 }, () => {
    watch.started(0);
    watch.delivered(0);
    watch.ended(0);
    return watch.dueUs / second;
  });
  assert.deepEqual(waits, [0.25, 0.5, 1, 2, 4, 8, 10, 10]);
  watch.started(0);
  for (let at = 0; at <= 10 * second; at += second) watch.delivered(at);
  watch.ended(10 * second);
  assert.equal(watch.dueUs, 10.25 * second, 'ten good seconds are a new start');
});
