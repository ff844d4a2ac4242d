import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { askControl, NoAnswer, serveControl } from './control-socket.js';

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-control-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'control.sock');
}

test('R-01 whoever is asked knows when nobody waits for the answer any more', async (t) => {
  const path = place(t);
  const states: boolean[] = [];
  const gone = new Promise<void>((resolve) => {
    void serveControl(path, async (_request, isThere) => {
      states.push(isThere());
      socket.destroy();
      while (isThere()) await new Promise((again) => setImmediate(again));
      states.push(isThere());
      resolve();
      return { ok: true, value: {} };
    }).then((server) => t.after(() => server.close()));
  });
  const socket = createConnection(path);
  socket.write('{"verb":"arm","device":"bed-1","forSeconds":60}\n');
  await gone;
  assert.deepEqual(states, [true, false]);
});

test('an answer that does not come is told from a run that is not there', async (t) => {
  const path = place(t);
  await assert.rejects(askControl(path, { verb: 'status' }), (error) => !(error instanceof NoAnswer));
  const server = await serveControl(path, () => new Promise(() => undefined));
  server.on('connection', (socket) => socket.on('data', () => socket.destroy()));
  t.after(() => server.close());
  await assert.rejects(askControl(path, { verb: 'status' }), NoAnswer);
});
