import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreRequests } from './core-requests.js';
import type { FromLink } from './messages.js';

test('R-16 silence that finds no guardian, for one is just being started, disarms the run, and says that it was not heard', async () => {
  const said: FromLink[] = [];
  const core = new CoreRequests('/nowhere/silence.sock', (message) => said.push(message));
  const { ok, reasons } = await core.ask({ verb: 'silence' });
  assert.equal(ok, false);
  assert.match(reasons.join(), /no guardian listens there/);
  assert.deepEqual(said, [{ request: { id: '1', wanted: { verb: 'disarm' } } }]);
  core.answered({ id: '1', ok: true, data: null, reasons: [] });
});
