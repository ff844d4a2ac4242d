import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WallClock } from './wall-clock.js';

test('R-22 a wall clock that is set is noticed once, by how much, and for ten seconds; slewing is not', () => {
  const clock = new WallClock();
  const wall = 1.8e12;
  assert.equal(clock.look(1e6, wall), 0);
  assert.equal(clock.look(2e6, wall + 1900), 0);
  assert.ok(!clock.stepped(2e6));
  assert.equal(Math.round(clock.look(3e6, wall + 2900 + 3_600_000)), 3_600_000);
  assert.equal(clock.look(4e6, wall + 3900 + 3_600_000), 0);
  assert.ok(clock.stepped(12.9e6));
  assert.ok(!clock.stepped(13e6));
  assert.equal(Math.round(clock.look(14e6, wall + 12_000)), -3_601_900);
});
