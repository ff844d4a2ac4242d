import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { monotonicUs } from '../monotonic.js';
import { readRestCall } from '../study/rest-call.js';
import { CoreRequests } from './core-requests.js';
import type { FromLink } from './messages.js';

test('R-16 silence that finds no guardian, for one is just being started, disarms the run, and says that it was not heard', async () => {
  const said: FromLink[] = [];
  const core = new CoreRequests('/nowhere/silence.sock', 'boot', (message) => said.push(message));
  const { ok, reasons } = await core.ask({ verb: 'silence' });
  assert.equal(ok, false);
  assert.match(reasons.join(), /no guardian listens there/);
  assert.deepEqual(said, [{ request: { id: '1', wanted: { verb: 'disarm' } } }]);
  core.answered({ id: '1', ok: true, data: null, reasons: [] });
});

test('R-51 a wish to disarm, or a silence, stands for the next run, whether this core hangs or not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-core-requests-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const core = new CoreRequests(join(folder, 'silence.sock'), 'b1', () => undefined);
  void core.ask({ verb: 'mark', text: 'hello' });
  void core.ask({ verb: 'lower', perHour: 1 });
  assert.equal(readRestCall(folder, 'b1'), undefined);
  for (const verb of ['disarm', 'silence'] as const) {
    void core.ask({ verb });
    const call = readRestCall(folder, 'b1');
    assert.ok(call && call.us <= monotonicUs());
    rmSync(join(folder, 'rest-call'));
  }
  for (let id = 1; id <= 4; id++) core.answered({ id: String(id), ok: true, data: null, reasons: [] });
  await Promise.resolve();
});
