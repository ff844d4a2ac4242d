import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createSampleBlock } from '../loop/sample-block.js';
import { readMarkedFolder } from './marked-folder.js';
import { MarksError, type MarkedRecording } from './marked-recording.js';

function folder(t: TestContext, files: Record<string, string | Uint8Array>): string {
  const path = mkdtempSync(join(tmpdir(), 'axond-marked-'));
  t.after(() => rmSync(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

function microvolts(recording: MarkedRecording): number[] {
  const source = recording.open();
  const block = createSampleBlock(1, 7);
  const all: number[] = [];
  while (source.read(block) > 0)
    all.push(...[...block.counts.subarray(0, block.frames)].map((count) => count * source.stream.channels[0]!.scale));
  source.close();
  return all.map((value) => Math.round(value * 1e6) / 1e6);
}

const int16 = (values: readonly number[]): Uint8Array => gzipSync(new Uint8Array(Int16Array.from(values).buffer));

test('SPINKY: both recordings as one stream, marks shifted by epoch and by the first, and each alone', (t) => {
  const path = folder(t, {
    'training_1000Hz.i16le.gz': int16(Array.from({ length: 40_000 }, (_, n) => n % 7)),
    'test_1000Hz.i16le.gz': int16([-5, 300, 12]),
    'Spindles_visual_score_training_data.txt': '\n 1 1.5e+00 2.25e+00\n 2 3 4\n',
    'Spindles_visual_score_test_data.txt': ' 1 0.001 0.002\n',
  });
  const { kind, recordings, separately } = readMarkedFolder(path);
  assert.equal(kind, 'spinky');
  assert.deepEqual(
    recordings.map(({ name, sets }) => [name, sets['marks']]),
    [
      [
        'joined',
        {
          events: [
            { onset: 1.5, end: 2.25 },
            { onset: 33, end: 34 },
            { onset: 40.001, end: 40.002 },
          ],
          seconds: 40.003,
        },
      ],
    ],
  );
  assert.deepEqual(
    separately.map(({ name, seconds }) => [name, seconds]),
    [
      ['training', 40],
      ['test', 0.003],
    ],
  );
  assert.deepEqual(microvolts(separately[1]!), [-0.5, 30, 1.2]);
  assert.deepEqual(microvolts(recordings[0]!).slice(-4), [0.1 * (39_999 % 7), -0.5, 30, 1.2]);
});

test('a folder of one’s own: signals with marks beside them, stages where they are given', (t) => {
  const path = folder(t, {
    'ann.txt': '1\n-2.5\n3\n',
    'ann.csv': 'onset,duration,by\n20.5; 1;x\n3,0.5\n',
    'ann.stages.txt': 'W\nN2\nn3\n?\nR\n',
    'bob.txt': '1\n',
    'notes.csv': 'x',
  });
  const { recordings, sets } = readMarkedFolder(path, 100);
  assert.deepEqual(Object.keys(sets), ['marks']);
  assert.deepEqual(
    recordings.map(({ name }) => name),
    ['ann'],
  );
  assert.deepEqual(recordings[0]!.sets['marks']!.events, [
    { onset: 3, end: 3.5 },
    { onset: 20.5, end: 21.5 },
  ]);
  assert.deepEqual(recordings[0]!.hypnogram, { epochSeconds: 30, stages: ['W', 'S2', 'S3', 'other', 'REM'] });
  assert.deepEqual(microvolts(recordings[0]!), [1, -2.5, 3]);
  assert.equal(recordings[0]!.open().stream.rate, 100);
});

test('what is wrong is named with the fix', (t) => {
  const message = (files: Record<string, string>): string => {
    try {
      readMarkedFolder(folder(t, files), 100);
    } catch (error) {
      assert.ok(error instanceof MarksError);
      return error.message.slice(error.message.lastIndexOf('/') + 1);
    }
    return '';
  };
  assert.match(
    message({ 'a.edf': '' }),
    /: holds neither excerptN\.txt of DREAMS, .* Give a folder of one of these\.$/,
  );
  assert.equal(
    message({ 'a.txt': '', 'a.csv': 'onset,duration\n5\n' }),
    'a.csv:2: "5" is not onset,duration in seconds. Correct the line.',
  );
  assert.match(message({ 'a.txt': '', 'a.csv': '1,-1\n' }), /^a\.csv:1: "1,-1" is not onset/);
  assert.throws(() => readMarkedFolder(join(tmpdir(), 'no-such-folder-of-axond')), /cannot be read \(ENOENT\)\. Give/);
});
