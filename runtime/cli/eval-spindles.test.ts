import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { evalCommand } from './eval.js';
import { Failure, UsageError } from './output.js';

async function run(t: TestContext, ...words: string[]): Promise<string> {
  let output = '';
  const write = t.mock.method(process.stdout, 'write', (text: string) => {
    output += text;
    return true;
  });
  try {
    await evalCommand().parseAsync(words, { from: 'user' });
  } finally {
    write.mock.restore();
  }
  return output;
}

/** Half an hour at 50 Hz of nothing, marked once. */
function folder(t: TestContext, line = '0.5\n'): string {
  const path = mkdtempSync(join(tmpdir(), 'axond-eval-'));
  t.after(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, 'excerpt8.txt'), `[CZ-A1]\n${line.repeat(90_000)}`);
  writeFileSync(join(path, 'Visual_scoring1_excerpt8.txt'), '[x]\n100\t1\n');
  return path;
}

test('--json is one object of the promised shape on the last line', async (t) => {
  const lines = (await run(t, 'spindles', folder(t), '--detector', 'band-power:r1', '--json')).trimEnd().split('\n');
  const report = JSON.parse(lines.at(-1)!) as Record<string, unknown>;
  assert.equal(lines.length, 1);
  assert.equal(report['detector'], 'band-power:r1');
  const none = { p: null, r: 0, f1: 0, bySample: 0, interval: [0, 0], matched: 0, references: 1, detections: 0 };
  assert.deepEqual(report['sets'], { e1: { raw: none, compensated: none }, e2: null, union: null });
  assert.deepEqual(report['perExcerpt'], { '8': { rate: 50, sets: report['sets'] } });
  assert.equal(report['bundled'], null);
  const latency = { p10: null, p50: null, p90: null, beforeEnd: null };
  assert.deepEqual(report['onsetLatencyMs'], { e1: latency, e2: null, union: null });
});

test('a person gets a table with what is missing as a dash, and the caveats', async (t) => {
  const text = await run(t, 'spindles', folder(t));
  assert.match(text, /^Detector band-power; excerpts 8; /);
  assert.match(text, /\nexpert 1, first 1000 s +- +0\.000 +0\.000 /);
  assert.match(text, /\nexpert 2, 1800 s +- +- +- +- +-\n/);
  assert.match(text, /\n- No marks of expert 2/);
});

test('wrong usage is told apart from a damaged file', async (t) => {
  await assert.rejects(run(t, 'spindles', folder(t), '--detector', 'band'), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /^--detector: band is not known\. Use one of .*band-power, band-power:r1, /);
    return true;
  });
  await assert.rejects(run(t, 'spindles', join(tmpdir(), 'no-such-folder-of-axond')), UsageError);
  await assert.rejects(run(t, 'spindles', folder(t, 'x\n')), (error: unknown) => {
    assert.ok(error instanceof Failure);
    assert.match(error.message, /excerpt8\.txt:2: "x" is not a number/);
    return true;
  });
});
