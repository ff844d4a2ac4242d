import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noCompiler } from '../../firmware-bridge/firmware/make.test.fixture.js';
import { BridgeClient } from './bridge-client.js';
import { conformance } from './conformance.js';
import { HostPort } from './host-port.js';

conformance('host port', 'terminal', noCompiler, () => HostPort.start());

test('host port: steps of the clock move no time and no pulse', { skip: noCompiler }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-clock-steps-'));
  const library = join(folder, 'clock-steps.so');
  const source = fileURLToPath(new URL('../../../test/bridge/clock-steps.c', import.meta.url));
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source], { encoding: 'utf8' });
  assert.equal(compiled.status, 0, compiled.stderr);
  const port = await HostPort.start([], { LD_PRELOAD: library });
  t.after(() => {
    port.close();
    rmSync(folder, { recursive: true });
  });
  const client = new BridgeClient(port);
  await client.open({ beatTimeoutUs: 250_000 });
  const began = { us: (await client.ask()).nowUs, ms: performance.now() };
  await client.live(1_500_000);
  const pulse = await client.pulse({ durationUs: 150_000 });
  await client.live(400_000);
  const passedUs = (await client.ask()).nowUs - began.us;
  const wallUs = (performance.now() - began.ms) * 1000;
  assert.ok(Math.abs(passedUs - wallUs) < 1_000_000, `${passedUs} us on its clock, ${wallUs} us here`);
  const [start, end] = client.all('edge');
  // On a machine that stalls, the pulse may have been refused or dropped, but never moved.
  if (pulse.reasons === 0 && start?.amplitude !== 0) {
    assert.ok(start && end && Math.abs(start.atUs - pulse.startUs) <= 1100);
    assert.ok(end.atUs - start.atUs < 1_000_000);
  }
});
