import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axond, startAxond, temporaryFolder, until } from './axond-process.js';

test('a stream of the lab streaming layer runs the whole loop, and its recording replays alike', async (t) => {
  const record = temporaryFolder();
  const name = `axond-test-${process.pid}`;
  const outlet = startAxond(t, ['emulate', 'lsl', '--name', name, '--channels', '4', '--json']);
  await until('the emulated stream', () => outlet.stdout().includes('stream'));
  const settings = [
    `source={ use: lsl, stream: ${name}, channels: [C3, C4, M1, M2] }`,
    'signals.trace={ from: C3 - M2 }',
    'detectors.spindle={ use: band-power, signal: trace }',
    `device.record=${record}`,
  ];
  const run = await axond(t, [
    ...['run', '--seconds', '2', '--json'],
    ...settings.flatMap((setting) => ['--set', setting]),
  ]);
  assert.equal(run.code, 0, run.stderr);
  const { samples, gaps, recording } = run.json as Record<string, number> & { recording: string };
  assert.ok(samples! > 1.5 * 250, `${samples} samples`);
  assert.equal(gaps, 0);
  assert.equal((await axond(t, ['check', recording, '--json'])).code, 0);
  const replay = await axond(t, ['replay', recording, '--json']);
  assert.deepEqual(replay.json['differences'], []);
});
