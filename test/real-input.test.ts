import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axond, startAxond, temporaryFolder, until } from './axond-process.js';
import { sharedData } from './shared-data.js';

test('a DREAMS excerpt runs the whole loop into a recording that checks and replays alike', async (t) => {
  const excerpt = sharedData('eeg', 'dreams_spindles', 'excerpt2.txt.gz');
  if (!excerpt) {
    t.skip('DREAMS excerpt 2 is not here');
    return;
  }
  const record = temporaryFolder();
  const rule = 'detectors.spindle={ use: band-power, signal: eeg }';
  const settings = ['--set', rule, '--set', `device.record=${record}`];
  const replay = await axond(t, ['replay', excerpt, '--arm-virtual', '--json', ...settings]);
  assert.equal(replay.code, 0, replay.stderr);
  const { samples, detections, stimuli, recording, realtimeFactor } = replay.json as Record<string, number> & {
    recording: string;
  };
  assert.equal(samples, 360_000);
  assert.equal(detections, 60); // rule R2 on excerpt 2, by the reference's own implementation
  assert.ok(stimuli! > 40 && stimuli! <= 60);
  assert.ok(realtimeFactor! > 500, `${realtimeFactor} times real time, beside other tests`);
  assert.equal((await axond(t, ['check', recording, '--json'])).code, 0);
  const again = await axond(t, ['replay', recording, '--json']);
  assert.deepEqual(again.json['differences'], []);
});

test('a real Cyton recording, played by the emulator over a pseudo-terminal, is read without loss', async (t) => {
  const file = sharedData('eeg', 'openbci', 'OpenBCI_GUI-v6-blinks-jawClench-alpha.txt.gz');
  if (!file) {
    t.skip('the OpenBCI recording is not here');
    return;
  }
  const record = temporaryFolder();
  const emulator = startAxond(t, ['emulate', 'cyton', '--from', file, '--json']);
  await until('the emulated port', () => emulator.stdout().includes('port'));
  const { port } = JSON.parse(emulator.stdout().split('\n')[0]!) as { port: string };
  const run = await axond(t, [
    'run',
    '--driver',
    'cyton',
    '--port',
    port,
    '--seconds',
    '8',
    '--arm-virtual',
    '--json',
    '--set',
    `device.record=${record}`,
  ]);
  assert.equal(run.code, 0, run.stderr);
  const { samples, gaps, recording } = run.json as { samples: number; gaps: number; recording: string };
  assert.ok(samples > 7.5 * 250 && samples < 9.5 * 250, `${samples} samples`);
  assert.equal(gaps, 0);
  assert.equal((await axond(t, ['check', recording, '--json'])).code, 0);
});
