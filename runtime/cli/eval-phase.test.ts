import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { evalCommand } from './eval.js';

async function run(t: TestContext, ...words: string[]): Promise<string> {
  let output = '';
  const write = t.mock.method(process.stdout, 'write', (text: string) => {
    output += text;
    return true;
  });
  try {
    await evalCommand().parseAsync(['phase', ...words], { from: 'user' });
  } finally {
    write.mock.restore();
  }
  return output;
}

/** 100 s at 50 Hz of an oscillation of 1 Hz, all in S3. */
function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'axond-eval-'));
  t.after(() => rmSync(path, { recursive: true }));
  const values = Array.from({ length: 5000 }, (_, n) => (60 * Math.cos((2 * Math.PI * n) / 50)).toFixed(3));
  writeFileSync(join(path, 'excerpt8.txt'), `[CZ-A1]\n${values.concat(Array<string>(85_000).fill('0')).join('\n')}\n`);
  writeFileSync(join(path, 'Hypnogram_excerpt8.txt'), `[hypnogram]\n${'1\n'.repeat(20)}${'2\n'.repeat(340)}`);
  return path;
}

test('--json is one object with each cycle of a clean oscillation hit at the target', async (t) => {
  const lines = (await run(t, folder(t), '--target', '-90deg', '--json')).trimEnd().split('\n');
  assert.equal(lines.length, 1);
  const report = JSON.parse(lines[0]!) as {
    targetDegrees: number;
    targeting: { cycles: number; hit: number; outside: number; repeated: number; meanError: number };
    estimation: Record<string, { n: number; mean: number; sd: number }>;
  };
  assert.equal(report.targetDegrees, -90);
  const { cycles, hit, outside, repeated, meanError } = report.targeting;
  assert.ok(cycles >= 97 && hit >= cycles - 4 && outside <= 2 && repeated === 0, `${hit} of ${cycles}, ${outside}`);
  assert.ok(Math.abs(meanError) < 5, `${meanError}`);
  const { n, mean, sd } = report.estimation['slowWave']!;
  assert.ok(n > 850 && Math.abs(mean) < 5 && sd < 5, `${n}: ${mean} ± ${sd}`);
});

test('a person gets tables', async (t) => {
  const text = await run(t, folder(t));
  assert.match(text, /^Detector phase-target, target 0 degrees; excerpts 8\.\n/);
  assert.match(text, /\nexcerpt 8 +\d+ +\d+ +0\.9\d+/);
  assert.match(text, /\nrise below -40 uV \+ 0\.2 s /);
  assert.match(text, /\n {34} +- +- +0\.0 +\d/);
});

test('wrong usage names option, value and fix', async (t) => {
  const refused = async (message: RegExp, ...words: string[]) =>
    assert.rejects(run(t, ...words), (error: unknown) => error instanceof Error && message.test(error.message));
  const path = folder(t);
  await refused(/^--target: 0 has no unit\. Write 0deg\./, path, '--target', '0');
  await refused(/target: 270deg is above 180deg/, path, '--target', '270deg');
  await refused(/^--detector: pll is not known\. Use/, path, '--detector', 'pll');
  await refused(/no-such-folder/, join(tmpdir(), 'no-such-folder-of-axond'));
});
