import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { trialNight } from '../detect/sleep-rule.test.fixture.js';
import { evalCommand } from './eval.js';
import { UsageError } from './output.js';
import { sharedData } from '../../test/shared-data.js';

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

/** A minute awake and two asleep, with muscle at 110 s and a mark before, in and behind that. */
function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'axond-gate-'));
  t.after(() => rmSync(path, { recursive: true }));
  const lines = [...trialNight(200, 180)].map((value) => value.toFixed(2));
  writeFileSync(join(path, 'night.txt'), `[C3]\n${lines.join('\n')}\n`);
  writeFileSync(join(path, 'night.csv'), 'onset,duration\n20,1\n100,1\n112,1\n150,1\n');
  writeFileSync(join(path, 'night.stages.txt'), 'W\nW\nN2\nN2\nN2\nN3\n');
  return path;
}

test('--json says when the gate was open, by stage, and which marks it lost', async (t) => {
  const lines = (await run(t, 'gate', folder(t), '--rate', '200', '--json')).trimEnd().split('\n');
  assert.equal(lines.length, 1);
  const { detector, data, total, perRecording } = JSON.parse(lines[0]!) as {
    detector: string;
    data: string;
    total: { minutes: Record<string, number>; open: Record<string, number>; marks: number; lost: number };
    perRecording: Record<string, unknown>;
  };
  assert.deepEqual([detector, data, Object.keys(perRecording)], ['band-power', 'marked', ['night']]);
  assert.equal(total.minutes['W']?.toFixed(2), (50 / 60).toFixed(2));
  assert.equal(total.open['W'], 0);
  assert.ok(total.open['S2']! > 0.6 && total.open['S2']! < 0.85, `${total.open['S2']}`);
  assert.equal(total.open['S3'], 1);
  assert.deepEqual([total.marks, total.lost], [3, 1]);
});

test('a person gets a table', async (t) => {
  const text = await run(t, 'gate', folder(t), '--rate', '200');
  assert.match(text, /^gate open +W +S2 +S3 +lost +when sure +turns\/min\n/);
  assert.match(text, /\nnight +0\.0 % +\d+\.\d % +100\.0 % +1 of 3 +1 +\d/);
  await assert.rejects(run(t, 'gate', join(tmpdir(), 'no-such-folder-of-axond')), UsageError);
});

test('on real sleep it is shut awake and open in N2 and N3, and loses few spindles', async (t) => {
  const path = sharedData('eeg', 'dreams_spindles');
  if (path === undefined) {
    t.skip('no reference data beside the checkout');
    return;
  }
  const { total, whereMarked } = JSON.parse(await run(t, 'gate', path, '--json')) as Record<
    'total' | 'whereMarked',
    { open: Record<string, number>; marks: number; lost: number; lostWhenSure: number }
  >;
  assert.ok(total.open['W']! <= 0.1 && whereMarked.open['W']! <= 0.1);
  for (const stage of ['S2', 'S3', 'S4']) assert.ok(total.open[stage]! >= 0.9, stage);
  assert.ok(total.marks >= 200 && Math.max(total.lost, total.lostWhenSure) <= 0.05 * total.marks);
});
