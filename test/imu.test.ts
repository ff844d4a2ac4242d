import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadRunPlan } from '../runtime/cli/configuration.js';
import { measureDevice } from '../runtime/cli/measure-device.js';
import { axond, startAxond, temporaryFolder, until } from './axond-process.js';

test('a robot that bumps into something is noticed by its inertial sensor, and the recording replays alike', async (t) => {
  const record = temporaryFolder();
  const emulator = startAxond(t, ['emulate', 'imu', '--json']);
  await until('the emulated sensor', () => emulator.stdout().includes('port'));
  const { port } = JSON.parse(emulator.stdout().split('\n')[0]!) as { port: string };
  const file = join(temporaryFolder(), 'robot.yaml');
  writeFileSync(
    file,
    `source: { use: imu, port: ${port}, channels: [accel_x, anglvel_z], rate: 208Hz }
signals: { braking: { from: -accel_x } }
detectors: { bump: { use: threshold, signal: braking, level: 8 } }
device: { record: ${record} }
`,
  );
  const run = await axond(t, ['run', '--config', file, '--seconds', '2.2', '--json']);
  assert.equal(run.code, 0, run.stderr);
  const { samples, gaps, detections, recording } = run.json as Record<string, number> & { recording: string };
  assert.ok(samples! > 1.5 * 208, `${samples} samples`);
  assert.equal(gaps, 0);
  assert.ok(detections! >= 1 && detections! <= 2, `${detections} bumps`);
  const replay = await axond(t, ['replay', recording, '--json']);
  assert.deepEqual(replay.json['differences'], []);
  // It counts nothing, and its samples are no gaps for that.
  const { source } = loadRunPlan({ files: [file], sets: [], armVirtual: false }).plan;
  const measured = await measureDevice(source.port, source.baudRate, source.device, 0.5);
  assert.equal(measured.problem, '');
  assert.deepEqual(
    measured.values.map(({ length }) => length),
    [104, 104],
  );
  // It takes its folder with it.
  emulator.child.stdin!.end();
  assert.equal(await emulator.exited, 0);
  assert.equal(existsSync(port), false);
});
