import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { EventCode } from '../loop/records.js';
import { checkRecording } from './check.js';
import { openRecording } from './read.js';
import { Recorded, temporaryPath } from './recording.test.fixture.js';
import { DiskFull } from './disk-full.js';

/** A small disk of its own, or undefined where this user may not mount one: the test is skipped then. */
function smallDisk(t: TestContext, bytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'axond-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (mounted.status === 0) return folder;
  t.skip('no tmpfs can be mounted by this user: run as root to test a full disk');
  return undefined;
}

const megabyte = 1024 * 1024;
const noise = { counts: [0], counter: 0, flags: 0 };

test('a full disk ends the recording as a whole file, wherever it strikes, and says what to do', (t) => {
  for (const size of [4, 4.5, 6, 9]) {
    const disk = smallDisk(t, size * megabyte);
    if (disk === undefined) return;
    const path = join(disk, 'night.db');
    const recorded = new Recorded(path);
    let committed = 0;
    assert.throws(
      () => {
        for (let random = 1; ;) {
          for (let n = 0; n < 500; n++) {
            random = (Math.imul(random, 1664525) + 1013904223) | 0;
            recorded.push([{ ...noise, counts: [random] }], 1e6 + recorded.cycle * 4000 + (random & 1023) / 7);
          }
          recorded.record(EventCode.detection, 0, 0, recorded.samples - 1, recorded.samples, NaN, 1);
          recorded.commit();
          committed = recorded.cycle;
        }
      },
      (error) => {
        assert.ok(error instanceof DiskFull, String(error));
        assert.match(
          error.message,
          /night\.db: the disk is full\. .*Make room, or choose another disk with device\.record/,
        );
        return true;
      },
    );
    assert.ok(committed > 5000, `${committed} cycles before ${size} MB were full`);
    const { ok, faults, warnings, cycles, closed } = checkRecording(path);
    assert.deepEqual([ok, faults, closed, cycles], [true, [], false, committed]);
    assert.deepEqual(warnings, [
      'the disk was full: the recording ends with its last commit, and what came after it is lost.',
    ]);
    const recording = openRecording(path);
    assert.equal(recording.ending?.reason, 'disk full');
    recording.close();
    const { bavail, bsize } = statfsSync(disk);
    assert.ok(bavail * bsize > 0, 'what is left of the ballast is free again');
  }
});

test('a disk that is full before the start is named', (t) => {
  const disk = smallDisk(t, megabyte);
  if (disk === undefined) return;
  assert.throws(
    () => new Recorded(join(disk, 'night.db')),
    /night\.db: cannot be created \(.*\)\. Choose another folder/,
  );
  assert.deepEqual(readdirSync(disk), [], 'nothing is left behind');
});

test('the ballast has no name: nothing of it stays when its process is killed', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.commit();
  const beside = readdirSync(join(path, '..'));
  assert.deepEqual(beside.sort(), ['night.db', 'night.db-shm', 'night.db-wal']);
  recorded.close();
});

test('a recording of a killed run is read in a folder where nothing may be written', (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.stream(700);
  recorded.commit();
  const folder = mkdtempSync(join(tmpdir(), 'axond-readonly-'));
  const copy = join(folder, 'night.db');
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  recorded.close();
  if (process.getuid?.() === 0) {
    // Root may write everywhere but on a disk that is mounted for reading only.
    const bound = ['--bind', folder, folder];
    const mounted = spawnSync('mount', bound).status === 0;
    t.after(() => {
      if (mounted) spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    });
    if (!mounted || spawnSync('mount', ['-o', 'remount,ro,bind', folder]).status !== 0) {
      t.skip('nothing can be mounted here');
      return;
    }
  } else {
    chmodSync(folder, 0o555);
    t.after(() => {
      chmodSync(folder, 0o755);
      rmSync(folder, { recursive: true, force: true });
    });
  }
  assert.throws(() => writeFileSync(join(folder, 'x'), ''));
  const { faults, cycles } = checkRecording(copy);
  assert.deepEqual([faults, cycles], [[], 700]);
  assert.deepEqual(readdirSync(folder).sort(), ['night.db', 'night.db-wal']);
});
