import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { post } from '../loop/shared.js';
import { RunMemory } from './memory.js';
import type { NightRun, NightSaying } from './night-run.js';
import { RunRequests, type RequestedParts } from './run-requests.js';

test('R-50 a mark before the run has its night acts at once, and stands in the log of that night as soon as there is one', async (t) => {
  const memory = new RunMemory(1);
  const disarmed: string[] = [];
  const said: string[] = [];
  const run: { night?: NightRun } = {};
  const folder = mkdtempSync(join(tmpdir(), 'axond-requests-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // It takes the wish, and never answers.
  const guardian = createServer();
  t.after(() => guardian.close());
  const silenceSocket = join(folder, 'silence.sock');
  guardian.listen(silenceSocket);
  await once(guardian, 'listening');
  const requests = new RunRequests({
    ...{ memory, silenceSocket, mark: () => true, status: () => ({}) },
    night: () => run.night,
    arming: { disarm: (cause: string) => disarmed.push(cause) },
  } as unknown as RequestedParts);
  const answers = (['adverse', 'lightsOn', 'awake'] as const).map((mark) =>
    requests.answer({ verb: 'mark', mark, text: '' }, 'request'),
  );
  await once(guardian, 'connection');
  assert.deepEqual([disarmed, said], [['request', 'request'], []]);
  run.night = { say: ({ mark }: NightSaying) => Promise.resolve((said.push(mark), [])) } as unknown as NightRun;
  requests.begin();
  for (const answer of await Promise.all(answers)) assert.equal(answer.ok, true);
  assert.deepEqual(said.toSorted(), ['adverse', 'awake', 'lightsOn']);
});

test('R-50 a mark before a night that never begins is not taken for one that was written', async () => {
  const requests = new RunRequests({
    ...{ memory: new RunMemory(1), silenceSocket: '/nowhere', mark: () => true, night: () => undefined },
    arming: { disarm: () => true },
  } as unknown as RequestedParts);
  const answer = requests.answer({ verb: 'mark', mark: 'adverse', text: '' }, 'request');
  requests.end();
  await assert.rejects(answer, /ended before it wrote anything/);
});

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
