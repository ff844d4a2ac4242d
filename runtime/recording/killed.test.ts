import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkRecording } from './check.js';
import { openRecording } from './read.js';
import { temporaryPath } from './recording.test.fixture.js';

const endless = fileURLToPath(new URL('./endless.test.fixture.js', import.meta.url));

test('R-18 a recorder that is killed leaves a recording that opens and checks, with all that was committed', async (t) => {
  // Where the signal falls within a commit is chance; far into the run the WAL has been checkpointed several times.
  for (const commits of [1, 2, 5, 30, 100, 400, 1500]) {
    const path = temporaryPath(t);
    const child = spawn(process.execPath, [endless, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    let lines = 0;
    let committed = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const told = text.split('\n').slice(0, -1);
      lines += told.length;
      committed = Math.max(committed, ...told.map(Number));
      if (lines >= commits) child.kill('SIGKILL');
    });
    await once(child, 'close');
    assert.ok(existsSync(`${path}-wal`), 'the WAL stands beside it');
    const before = readFileSync(path);
    const report = checkRecording(path);
    assert.deepEqual(report.faults, []);
    assert.equal(report.closed, false);
    assert.equal(report.warnings.length, 1);
    assert.match(report.warnings[0] ?? '', /not closed/);
    assert.ok(report.cycles >= committed, `${report.cycles} cycles of ${committed} that were committed`);
    assert.equal(report.frames, report.cycles);
    assert.ok(report.events >= lines);
    assert.deepEqual(readFileSync(path), before, 'nothing was repaired');
  }
});

test('R-18 a recorder that is killed while it makes the file leaves a recording or none', async (t) => {
  for (let attempt = 0; attempt < 8; attempt++) {
    const path = temporaryPath(t);
    const child = spawn(process.execPath, [endless, path], { stdio: 'ignore' });
    t.after(() => child.kill('SIGKILL'));
    const closed = once(child, 'close');
    while (!existsSync(attempt % 2 === 0 ? path : `${path}.new`) && !existsSync(path)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    child.kill('SIGKILL');
    await closed;
    if (existsSync(path)) {
      assert.deepEqual(checkRecording(path).faults, []);
      openRecording(path).close();
    }
  }
});
