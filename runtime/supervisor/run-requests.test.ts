import assert from 'node:assert/strict';
import { test } from 'node:test';
import { post } from '../loop/shared.js';
import { RunMemory } from './memory.js';
import type { NightRun, NightSaying } from './night-run.js';
import { RunRequests, type RequestedParts } from './run-requests.js';

test('R-50 what a button says of the night is followed where the loop takes no message any more', () => {
  const memory = new RunMemory(1);
  while (post(memory.requests, 'marker', 1, 0));
  const said: NightSaying[] = [];
  const night = { say: (saying: NightSaying) => Promise.resolve((said.push(saying), [])) } as unknown as NightRun;
  const requests = new RunRequests({ memory, night: () => night, mark: () => false } as unknown as RequestedParts);
  assert.equal(requests.follow('adverse', false), true);
  assert.equal(requests.follow('lightsOff', true), false, 'what comes by the network opens no window');
  assert.equal(requests.follow('scanner', false), false);
  assert.deepEqual(
    said.map(({ mark, isMarked }) => [mark, isMarked]),
    [['adverse', true]],
  );
});
