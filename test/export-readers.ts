import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { runJson } from '../runtime/cli/command.test.fixture.js';
import { exportCommand } from '../runtime/cli/recording-export.js';
import { timeZoneOf } from '../runtime/cli/recording-path.js';
import { FrameWalk } from '../runtime/recording/export/frame-walk.js';
import { blocksOf, prepareExport } from '../runtime/recording/export/exported.js';
import { recordNight } from '../runtime/recording/export/recorded-night.test.fixture.js';
import { framesSpanned } from '../runtime/recording/export/survey.js';
import { openRecording } from '../runtime/recording/read.js';
import { temporaryPath } from '../runtime/recording/recording.test.fixture.js';

/**
 * What axond exports, read by programs of others: `npm run export-readers`, on a recording of your own with
 * AXOND_RECORDING=FILE.db. Wants MNE (Debian: python3-mne); for BIDS the folder of npm's bids-validator 1.15 in
 * BIDS_VALIDATOR, for Parquet a Python with pyarrow and numpy in PYARROW.
 */

const python = '/usr/bin/python3';
const script = fileURLToPath(new URL('../../test/export-readers.py', import.meta.url));
const hasMne = existsSync(python) && spawnSync(python, ['-c', 'import mne']).status === 0;
const needsMne = { skip: hasMne ? false : 'no MNE for /usr/bin/python3: apt install python3-mne' };
const validator = process.env['BIDS_VALIDATOR'];
const needsValidator = { skip: validator === undefined ? 'BIDS_VALIDATOR names no bids-validator' : false };

/** A Python with pyarrow. */
const arrow = process.env['PYARROW'];
const needsArrow = { skip: arrow === undefined ? 'PYARROW names no Python that has pyarrow' : false };
/** All columns as doubles, one behind the other, go to the second file. */
const readParquet = `
import json, sys, pyarrow, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
with open(sys.argv[2], "wb") as out:
    for column in table.columns:
        out.write(column.cast("int8").cast("float64").to_numpy().tobytes() if column.type == "bool" else column.cast("float64").to_numpy().tobytes())
about = json.loads(table.schema.metadata[b"axond"])
print(json.dumps(dict(version=pyarrow.__version__, names=table.column_names, rows=table.num_rows, marks=len(about["marks"]))))
`;
const parquetSaid = z.object({
  version: z.string(),
  names: z.array(z.string()),
  rows: z.number(),
  marks: z.number(),
});

const said = z.object({
  mne: z.string(),
  names: z.array(z.string()),
  rate: z.number(),
  frames: z.number(),
  start: z.string(),
  annotations: z.array(z.tuple([z.number(), z.number(), z.string()])),
});

function recordingFor(t: TestContext): string {
  return process.env['AXOND_RECORDING'] ?? recordNight(t);
}

for (const format of ['edf', 'bdf'] as const) {
  test(
    `MNE reads ${format.toUpperCase()}+ back: all samples to the resolution, all annotations`,
    needsMne,
    async (t) => {
      const path = recordingFor(t);
      const out = join(dirname(temporaryPath(t)), `night.${format}`);
      const told = await runJson(t, exportCommand(), path, '--format', format, '--out', out, '--continuous');
      const samples = `${out}.samples`;
      const { status, stdout, stderr } = spawnSync(python, [script, out, samples], {
        encoding: 'utf8',
        maxBuffer: 1 << 30,
      });
      assert.equal(status, 0, stderr);
      const read = said.parse(JSON.parse(stdout));
      const recording = openRecording(path);
      t.after(() => recording.close());
      const timeZone = timeZoneOf(recording.run.configuration);
      const { survey, marks, start } = prepareExport(recording, 'night', timeZone);
      const { channels, rate } = recording.run.stream;
      assert.deepEqual(
        read.names,
        channels.map(({ name }) => name),
      );
      assert.equal(read.rate, rate);
      // EDF tells the clock on the wall, and MNE takes it for UTC.
      const onTheWall = new Date(start.wallMs).toLocaleString('sv-SE', { timeZone });
      assert.equal(Date.parse(read.start), Date.parse(`${onTheWall}Z`));

      const first = survey.stretches[0]!.first;
      const expected = marks.map((mark) => [(mark.onset - first) / rate, mark.seconds, mark.text.replace('\n', ' ')]);
      const sorted = (list: readonly (readonly unknown[])[]): string[] =>
        list
          .map(
            ([onset, seconds, text]) =>
              `${(onset as number).toFixed(4)} ${(seconds as number).toFixed(4)} ${text as string}`,
          )
          .sort();
      assert.deepEqual(sorted(read.annotations), sorted(expected));

      const values = new Float64Array(new Uint8Array(readFileSync(samples)).buffer);
      const frames = new FrameWalk(blocksOf(recording), channels.length);
      const steps = Object.values(z.record(z.string(), z.string()).parse(told['resolution'])).map(parseFloat);
      let worst = 0;
      for (let frame = 0; frame < framesSpanned(survey); frame++) {
        const counts = frames.at(first + frame);
        for (let channel = 0; channel < channels.length; channel++) {
          const recorded = counts[channel]! * channels[channel]!.scale;
          worst = Math.max(worst, Math.abs(values[channel * read.frames + frame]! - recorded) / steps[channel]!);
        }
      }
      t.diagnostic(
        `MNE ${read.mne}: ${framesSpanned(survey)} frames of ${channels.length} channels, ${marks.length} annotations`,
      );
      t.diagnostic(`largest error ${worst.toFixed(4)} of a step (${steps.join(', ')} uV)`);
      assert.ok(worst <= 0.51, `${worst} steps`);
    },
  );
}

test('Arrow reads Parquet back: every value, every mark', needsArrow, async (t) => {
  const path = recordingFor(t);
  const out = join(dirname(temporaryPath(t)), 'night.parquet');
  await runJson(t, exportCommand(), path, '--format', 'parquet', '--out', out);
  const values = `${out}.values`;
  const { status, stdout, stderr } = spawnSync(arrow!, ['-c', readParquet, out, values], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const { version, names, rows, marks } = parquetSaid.parse(JSON.parse(stdout));
  const recording = openRecording(path);
  t.after(() => recording.close());
  const { channels } = recording.run.stream;
  assert.deepEqual(names, ['sample', 'seconds', ...channels.map(({ name }) => name), 'lost']);
  assert.equal(marks, prepareExport(recording, 'night', 'UTC').marks.length);
  const read = new Float64Array(new Uint8Array(readFileSync(values)).buffer);
  let row = 0;
  for (const { counts, frames, firstIndex } of blocksOf(recording)) {
    for (let frame = 0; frame < frames; frame++, row++) {
      assert.equal(read[row], firstIndex + frame);
      for (const [channel, { scale }] of channels.entries()) {
        assert.equal(read[(channel + 2) * rows + row], counts[frame * channels.length + channel]! * scale);
      }
    }
  }
  assert.equal(row, rows);
  t.diagnostic(`pyarrow ${version}: ${rows} rows, ${marks} marks`);
});

test('the BIDS validator finds no error', needsValidator, async (t) => {
  const out = join(dirname(temporaryPath(t)), 'dataset');
  await runJson(t, exportCommand(), recordingFor(t), '--format', 'bids', '--out', out);
  const { stdout, stderr } = spawnSync(process.execPath, [join(validator!, 'bin', 'bids-validator'), out, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const issue = z.object({ key: z.string(), reason: z.string().nullish() });
  const found = z
    .object({ issues: z.object({ errors: z.array(issue), warnings: z.array(issue) }) })
    .safeParse(JSON.parse(stdout));
  assert.ok(found.success, stdout + stderr);
  const { errors, warnings } = found.data.issues;
  t.diagnostic(`warnings: ${warnings.map(({ key }) => key).join(', ') || 'none'}`);
  assert.deepEqual(errors, []);
});
