import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axond, startAxond, temporaryFolder, until } from './axond-process.js';

test('an emulated ADS1299 runs the whole loop: what nobody came for is a gap, and the recording replays alike', async (t) => {
  const record = temporaryFolder();
  const emulator = startAxond(t, ['emulate', 'ads1299', '--fault', 'drop:0.01', '--json']);
  await until('the emulated port', () => emulator.stdout().includes('port'));
  const { port } = JSON.parse(emulator.stdout().split('\n')[0]!) as { port: string };
  const settings = [
    'source.electrodes={ C3: 1, M2: 4 }',
    'source.dataReady=26',
    'signals.trace={ from: C3 - M2 }',
    'detectors.spindle={ use: band-power, signal: trace }',
    `device.record=${record}`,
  ];
  const run = await axond(t, [
    ...['run', '--driver', 'ads1299', '--port', port, '--seconds', '3', '--json'],
    ...settings.flatMap((setting) => ['--set', setting]),
  ]);
  assert.equal(run.code, 0, run.stderr);
  const { samples, gaps, discardedBytes, recording } = run.json as Record<string, number> & { recording: string };
  assert.ok(samples! > 2.5 * 250, `${samples} samples`);
  assert.ok(gaps! >= 1 && gaps! < samples! / 25, `${gaps} gaps in ${samples}`);
  assert.equal(discardedBytes, 0);
  assert.equal((await axond(t, ['check', recording, '--json'])).code, 0);
  const replay = await axond(t, ['replay', recording, '--json']);
  assert.deepEqual(replay.json['differences'], []);
});
