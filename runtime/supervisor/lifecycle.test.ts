import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lifecycle } from './lifecycle.js';

const ready = { ready: true, cause: 'ready' } as const;

test('a run ends its seconds after the first sample, or when it is not recorded any more', () => {
  const run = new Lifecycle(10);
  assert.equal(run.beat(100e6, 0, '', ready), '');
  assert.equal(run.beat(101e6, 1, '', ready), '');
  assert.equal(run.beat(110.9e6, 2, '', ready), '');
  assert.equal(run.beat(111e6, 3, '', ready), 'stop');
  assert.equal(new Lifecycle().beat(0, 0, 'the disk is full', ready), 'stop');
});

test('R-01 nothing is armed that was not asked for', () => {
  const run = new Lifecycle();
  assert.equal(run.beat(1e6, 1, '', ready), '');
  assert.equal(run.beat(2e6, 1, '', { ready: false, cause: 'latched' }), '');
});

test('R-01 a run that arms itself does so once, and again after a latch, but never after a silence', () => {
  const run = new Lifecycle(Infinity, true);
  assert.equal(run.beat(1e6, 1, '', undefined), '');
  assert.equal(run.beat(1e6, 1, '', { ready: false, cause: 'starting' }), '');
  assert.equal(run.beat(2e6, 1, '', ready), 'arm');
  assert.equal(run.beat(3e6, 1, '', ready), '');
  assert.equal(run.beat(4e6, 1, '', { ready: false, cause: 'silenced' }), '');
  assert.equal(run.beat(5e6, 1, '', ready), '');
  assert.equal(run.beat(6e6, 1, '', { ready: false, cause: 'latched' }), 'renew');
  assert.equal(run.beat(7e6, 1, '', { ready: false, cause: 'starting' }), '');
  assert.equal(run.beat(8e6, 1, '', ready), 'arm');
});

test('R-01 a run that was refused arms itself five seconds later, and not if it was silenced meanwhile', () => {
  const run = new Lifecycle(Infinity, true);
  assert.equal(run.beat(1e6, 1, '', ready), 'arm');
  run.refused(3e6);
  assert.equal(run.beat(7.9e6, 1, '', ready), '');
  assert.equal(run.beat(8e6, 1, '', ready), 'arm');
  run.refused(9e6);
  assert.equal(run.beat(10e6, 1, '', { ready: false, cause: 'silenced' }), '');
  assert.equal(run.beat(20e6, 1, '', ready), '');
});
