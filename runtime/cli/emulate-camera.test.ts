import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SyntheticRoad, syntheticDrive } from '../../models/place/synthetic-drive.js';

const axond = 'runtime/cli/axond.js';
const folder = mkdtempSync(join(tmpdir(), 'axond-emulate-'));
after(() => rmSync(folder, { recursive: true }));

test('the emulated camera drives along the road at its speed, and each lap in the other season', () => {
  const bytes = emulate('--frames', '4', '--rate', '50', '--speed', '100', '--lap', '4', '--noise', '0', '--seed', '5');
  const road = new SyntheticRoad(5);
  const seen = [
    ...syntheticDrive(road, [0, 2], { season: 'summer', noise: 0 }).pixels,
    ...syntheticDrive(road, [0, 2], { season: 'winter', noise: 0 }).pixels,
  ];
  assert.deepEqual([...bytes], seen);
});

test('a recorded drive is played frame by frame, again and again', () => {
  const path = join(folder, 'drive.2x1x3.u8');
  writeFileSync(path, Uint8Array.of(1, 2, 3, 4, 5, 6));
  assert.deepEqual([...emulate('--from', path, '--frames', '3', '--rate', '1000')], [1, 2, 3, 4, 5, 6, 1, 2, 3]);
});

test('frames come in time, and it ends when nobody reads any more', async () => {
  const camera = spawn(process.execPath, [axond, 'emulate', 'camera', '--rate', '20'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(camera, 'exit');
  let bytes = 0;
  const times: number[] = [];
  for await (const chunk of camera.stdout as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    times.push(performance.now());
    if (bytes >= 20 * 2048) break;
  }
  // A busy machine makes it late, never early.
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  assert.ok(seconds > 0.7, `20 frames at 20 a second within ${seconds} s`);
  assert.deepEqual(await ended, [0, null]);
});

test('what it cannot do is refused with the fix', () => {
  const { status, stderr } = spawnSync(process.execPath, [axond, 'emulate', 'camera', '--size', '0x9'], {
    encoding: 'utf8',
  });
  assert.equal(status, 2);
  assert.match(stderr, /"0x9" is no frame size\. Write 640x480/);
});

function emulate(...options: string[]): Uint8Array {
  const { stdout, stderr } = spawnSync(process.execPath, [axond, 'emulate', 'camera', ...options]);
  assert.equal(stderr.toString('utf8'), '');
  return stdout;
}
