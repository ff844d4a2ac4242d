import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readDreams, stageOf } from './dreams.js';
import { MarksError } from './marked-recording.js';

function folder(t: TestContext, files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'axond-dreams-'));
  t.after(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

test('any excerpts with any of their files, in the order of their numbers', (t) => {
  const path = folder(t, {
    'excerpt10.txt': '',
    'excerpt3.txt.gz': '',
    'Visual_scoring1_excerpt3.txt': '[vis1_Spindles/CZ-A1]\r\n   0.8000\t    0.7500\r\n\r\n  6.9600\t    1.2500',
    'Automatic_detection_excerpt3.txt': '[x]\n',
    'Hypnogram_excerpt10.txt': '[Hypnogram]\n5\n-1\n2\n',
    'Visual_scoring1_excerpt7.txt': '[x]\n1\t2\n',
    'README.md': 'excerpt4.txt',
  });
  const [third, tenth, ...rest] = readDreams(path);
  assert.deepEqual(rest, []);
  assert.deepEqual(
    { ...third, signalPath: basename(third!.signalPath) },
    {
      number: 3,
      signalPath: 'excerpt3.txt.gz',
      expert1: [
        { onset: 0.8, end: 0.8 + 0.75 },
        { onset: 6.96, end: 6.96 + 1.25 },
      ],
      expert2: null,
      automatic: [],
      hypnogram: null,
    },
  );
  assert.deepEqual(tenth!.hypnogram, [5, -1, 2]);
  assert.equal(tenth!.expert1, null);
});

test('stages by the numbers of the database', () => {
  assert.deepEqual([5, 4, 3, 2, 1, 0, -1, -2, -3, undefined].map(stageOf), [
    'W',
    'REM',
    'S1',
    'S2',
    'S3',
    'S4',
    'other',
    'other',
    'other',
    'other',
  ]);
});

test('a wrong folder or line is named with the fix', (t) => {
  const message = (files: Record<string, string>): string => {
    try {
      readDreams(folder(t, files));
    } catch (error) {
      assert.ok(error instanceof MarksError);
      return error.message.slice(error.message.lastIndexOf('/') + 1);
    }
    return '';
  };
  assert.match(message({}), /: holds no excerptN\.txt or excerptN\.txt\.gz\. Give/);
  assert.throws(() => readDreams(join(tmpdir(), 'no-such-folder-of-axond')), /cannot be read \(ENOENT\)\. Give/);
  assert.equal(
    message({ 'excerpt1.txt': '', 'Visual_scoring2_excerpt1.txt': '[x]\n1.5\t1\n2,5\t1\n' }),
    'Visual_scoring2_excerpt1.txt:3: "2,5\\t1" is not an onset and a duration in seconds. Correct the line.',
  );
  assert.equal(
    message({ 'excerpt1.txt': '', 'Hypnogram_excerpt1.txt': '[x]\nS2\n' }),
    'Hypnogram_excerpt1.txt:2: "S2" is not one number. Correct the line.',
  );
});
