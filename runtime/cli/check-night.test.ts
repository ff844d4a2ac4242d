import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkCommand } from './check.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { Failure, UsageError } from './output.js';
import { begunEntry, nightLog } from './study-export.test.fixture.js';

const time = { us: 1e6, wallMs: 1.8e12, clock: 'set' } as const;
const log = nightLog([
  [begunEntry('P017', 3), time],
  [{ kind: 'mark', mark: 'note', text: 'lamp', by: 'AM' }, time],
  [{ kind: 'mark', mark: 'adverse', text: 'headache', by: 'AM' }, time],
  [{ kind: 'adverseCleared', by: 'AM', text: 'slept on' }, time],
]);
const lines = log.split(/(?<=\n)/);
/** Of each line, by a plain SHA-256 over the text. */
const hashes = lines.map((line) => {
  const { previous } = JSON.parse(line) as { previous: string };
  const body = `${line.slice(0, line.lastIndexOf(',"previous":'))}}`;
  return createHash('sha256').update(`${previous}\n${body}`).digest('hex');
});

function fileOf(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-check-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'cue-P017-03.night');
  writeFileSync(path, text);
  return path;
}

/** The one line with which it is refused, which `--json` says too, without its path. */
async function refusal(t: TestContext, text: string, ...more: string[]): Promise<string> {
  const path = fileOf(t, text);
  const error: unknown = await runCommand(t, checkCommand(), path, ...more).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof Failure, String(error));
  const { ok, faults } = await runJson(t, checkCommand(), path, ...more);
  assert.equal(process.exitCode, 1);
  process.exitCode = 0;
  assert.equal(ok, false);
  assert.deepEqual(faults, [error.message.slice(path.length + 2)]);
  assert.ok(error.message.startsWith(`${path}: `) && !error.message.includes('\n'), error.message);
  return error.message;
}

test('R-42 the log of a night that is whole is said to be, with its lines and its head', async (t) => {
  const path = fileOf(t, log);
  const head = `4:${hashes[3]}`;
  assert.equal(
    await runCommand(t, checkCommand(), path),
    `${path}: 4 lines, not closed\nhead ${head}\nok      whole: every line continues the one before\n`,
  );
  const whole = { path, ok: true, faults: [], warnings: [], lines: 4, head };
  assert.deepEqual(await runJson(t, checkCommand(), path), whole);
  await assert.rejects(runCommand(t, checkCommand(), path, path), UsageError);
});

test('R-42 a line of a night’s log that is damaged, edited, away or cut off is named, with what to do', async (t) => {
  const [first = '', second = '', third = '', last = ''] = lines;
  const fix = /Keep it as it is, and restore it from a copy\./;
  for (const [text, what] of [
    [first + second + '\0'.repeat(40) + '\n' + last, /damaged in line 3/],
    [log.replace('headache', 'nothing!'), /damaged in line 3/],
    [first + third + last, /does not continue the line before in line 2/],
    [second + third + last, /does not continue the line before in line 1/],
    [first + second + third + last.slice(0, 40), /cut off in line 4/],
    [log.slice(0, -1), /cut off in line 4/],
    ['', /line 1/],
  ] as const) {
    const said = await refusal(t, text);
    assert.match(said, what);
    assert.match(said, fix);
  }
  const marked = first + second.slice(0, 30) + ' (cut off)\n' + second;
  const { warnings, ok } = await runJson(t, checkCommand(), fileOf(t, marked));
  assert.equal(ok, true);
  assert.match(String(warnings), /^line 2 was cut off by a power failure/);
});

test('R-42 a head of a night’s log from elsewhere shows an end that was cut off, and a log that was written anew', async (t) => {
  for (const head of [`2:${hashes[1]}`, `4:${hashes[3]}`, String(hashes[2])])
    assert.equal((await runJson(t, checkCommand(), fileOf(t, log), '--head', head))['ok'], true, head);
  const cut = lines.slice(0, 3).join('');
  assert.match(await refusal(t, cut, '--head', `4:${hashes[3]}`), /ends with line 3, so that line 4 is missing/);
  assert.match(await refusal(t, cut, '--head', String(hashes[3])), /ends with line 3, and none has the hash/);
  const anew = nightLog([
    [begunEntry('P017', 3), time],
    [{ kind: 'mark', mark: 'note', text: 'nothing', by: 'AM' }, time],
  ]);
  assert.match(await refusal(t, anew, '--head', `2:${hashes[1]}`), /has the hash [0-9a-f]{64} in line 2, not /);
  await assert.rejects(runCommand(t, checkCommand(), fileOf(t, log), '--head', '4:zz'), /is no head/);
  const folder = dirname(fileOf(t, log));
  await assert.rejects(runCommand(t, checkCommand(), folder, '--head', `4:${hashes[3]}`), /--head: belongs to/);
  // Without a head a folder is an exported study, or none.
  await assert.rejects(runCommand(t, checkCommand(), folder), /is no exported study/);
});
