import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CrashReport } from './crash-report.js';

const reporter = fileURLToPath(new URL('./crash-report.js', import.meta.url));

/** A process that reports into `folder` and then does what `text` says. */
function run(t: TestContext, text: string): { folder: string; code: number | null; stderr: string; log: string } {
  const folder = mkdtempSync(join(tmpdir(), 'axond-crash-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (let n = 10; n < 40; n++) writeFileSync(join(folder, `crash-2026-11-${n}.json`), '');
  const module = `
    import { CrashReporter } from ${JSON.stringify(reporter)};
    const log = { fatal: (text) => console.log(text) };
    const status = () => ({ recording: 'night.db', source: { samples: 7 } });
    const reporter = new CrashReporter(${JSON.stringify(folder)}, '9.9', status, log);
    ${text}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', module], {
    encoding: 'utf8',
  });
  return { folder, code: status, stderr, log: stdout };
}

function reports(folder: string): CrashReport[] {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as CrashReport);
}

test('an error that nobody foresaw leaves one report, and ends the process as it would without', (t) => {
  for (const act of [
    'setTimeout(() => { throw new RangeError("bug 7"); });',
    'Promise.reject(new RangeError("bug 7"));',
  ]) {
    const { folder, code, stderr, log } = run(t, act);
    assert.equal(code, 1);
    assert.match(stderr, /RangeError: bug 7/);
    const [report, ...more] = reports(folder);
    assert.deepEqual(more, []);
    assert.equal(report?.axond, '9.9');
    assert.match(report.error, /RangeError: bug 7\n +at /);
    assert.deepEqual(report.status, { recording: 'night.db', source: { samples: 7 } });
    assert.match(log, /report of this crash is in .*crash-20\d\d-.*\.json; it holds no signal/);
    assert.equal(readdirSync(folder).length, 20, 'the oldest are gone');
  }
});

test('a thread that died is noted; who has closed it reports nothing; where nothing can be written the error stays the first', (t) => {
  assert.equal(reports(run(t, 'reporter.note(new Error("the loop thread died"));').folder).length, 1);
  assert.equal(reports(run(t, 'reporter.close(); throw new Error("later");').folder).length, 0);
  const { code, stderr, log } = run(
    t,
    `new CrashReporter('/dev/null/none', '9.9', status, log); throw new Error('bug 8');`,
  );
  assert.equal(code, 1);
  assert.match(stderr, /bug 8/);
  assert.match(log, /no report of this crash could be written/);
});
