import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveControl } from '../supervisor/control-socket.js';
import { runCommand } from './command.test.fixture.js';
import { silenceCommand } from './silence.js';

test('R-16 silence that finds no guardian, for one is just being started, disarms the run, and says that it was not heard', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-silence-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const silence = (): Promise<string> => runCommand(t, silenceCommand(), '--socket', join(folder, 'silence.sock'));
  await assert.rejects(silence(), /no guardian listens there, so none of ours can stimulate\.$/);
  const asked: string[] = [];
  const server = await serveControl(join(folder, 'control.sock'), ({ verb }) => {
    asked.push(verb);
    return Promise.resolve({ ok: true, value: {} });
  });
  t.after(() => server.close());
  await assert.rejects(silence(), /no guardian listens there.*Its run is disarmed\.$/);
  assert.deepEqual(asked, ['disarm']);
});
