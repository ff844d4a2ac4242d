import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkRecording } from '../../runtime/recording/check.js';
import { temporaryFolder, until } from '../axond-process.js';
import { Random } from '../fuzz/random.js';
import { CutDisk, diskLogged, readDiskLog, withoutDiskLog } from './disk-log.js';

const endless = fileURLToPath(new URL('../../runtime/recording/endless.test.fixture.js', import.meta.url));

test('R-18 a power cut leaves a recording that is whole, with all that was committed, or one that has not begun', async (t) => {
  const missing = withoutDiskLog();
  if (missing !== '') {
    t.skip(missing);
    return;
  }
  const folder = temporaryFolder();
  const watched = join(folder, 'watched');
  mkdirSync(watched);
  const log = join(folder, 'disk.log');
  // What it says to be committed is written into the folder, so that the log holds it in its place.
  const told = join(watched, 'told');
  const child = spawn(process.execPath, [endless, join(watched, 'night.db')], {
    stdio: ['ignore', openSync(told, 'w'), 'inherit'],
    env: { ...process.env, ...diskLogged(folder, log, [watched]) },
  });
  t.after(() => child.kill('SIGKILL'));
  const commits = (): number => (existsSync(told) ? readFileSync(told, 'utf8').split('\n').length : 0);
  await until('commits', () => commits() > 60, 60_000);
  child.kill('SIGKILL');
  await once(child, 'close');

  const calls = readDiskLog(log);
  const random = new Random(1);
  const cuts = Array.from({ length: 40 }, (_, n) => (n < 15 ? random.below(80) : random.below(calls.length)));
  const disk = new CutDisk();
  const left = join(folder, 'left');
  let taken = 0;
  let committed = 0;
  let recordings = 0;
  for (const cut of cuts.sort((a, b) => a - b)) {
    for (const call of calls.slice(taken, cut)) {
      disk.take(call);
      if (call.kind === 'written' && call.path === told) committed = Number(Buffer.from(call.data).toString());
    }
    taken = Math.max(taken, cut);
    mkdirSync(left);
    for (const [path, bytes] of disk.afterPowerCut(random)) {
      if (!path.endsWith('-shm')) writeFileSync(join(left, basename(path)), bytes);
    }
    const night = join(left, 'night.db');
    if (!existsSync(night)) assert.equal(committed, 0, `no recording at call ${cut}`);
    else {
      const { faults, cycles } = checkRecording(night);
      assert.deepEqual(faults, [], `at call ${cut}`);
      assert.ok(cycles >= committed, `${cycles} cycles of ${committed} at call ${cut}`);
      recordings++;
    }
    rmSync(left, { recursive: true });
  }
  assert.ok(recordings > 20 && committed > 0);
});
