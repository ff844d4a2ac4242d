import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { readContent } from '../../../drivers/file/recordings.test.fixture.js';
import { runJson } from '../../cli/command.test.fixture.js';
import { Failure } from '../../cli/output.js';
import { exportCommand } from '../../cli/recording-export.js';
import { readCopies } from '../copies.js';
import { Recorded, temporaryPath } from '../recording.test.fixture.js';
import { large, recordNight, small } from './recorded-night.test.fixture.js';

function exportTo(t: TestContext, path: string, format: string, out: string): Promise<Record<string, unknown>> {
  return runJson(t, exportCommand(), path, '--format', format, '--out', out);
}

/** What a person reads where it failed. */
async function failure(exported: Promise<unknown>): Promise<string> {
  const error = await exported.then(
    () => assert.fail('it was exported'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  return error.message;
}

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'axond-export-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('CSV: a row a frame, with index, seconds, units and what was lost', async (t) => {
  const out = join(folder(t), 'night.csv');
  const path = recordNight(t);
  const { frames, gaps, lossless, bytes } = await exportTo(t, path, 'csv', out);
  const text = readFileSync(out, 'utf8');
  assert.deepEqual([frames, gaps, lossless, bytes], [2298, 2, true, text.length]);
  const rows = text.trimEnd().split('\n');
  assert.equal(rows[0], 'sample,seconds,c0 (uV),c1 (uV),flag');
  assert.equal(rows.length, 1 + 2298 - 625);
  assert.equal(
    rows[914],
    '1538,6.152,' + `${(small(1538) * 0.02235).toFixed(3)},${(large(1538) * 0.02235).toFixed(3)},`,
  );
  assert.match(rows[611] ?? '', /^610,2\.44,.*,gap$/);
  const held = rows.slice(1, 601).map((row) => Math.round(Number(row.split(',')[2]) / 0.02235));
  assert.deepEqual(
    held,
    Array.from({ length: 600 }, (_, index) => small(index)),
  );
});

test('Parquet is read by another library: every count, what was lost, and the marks', async (t) => {
  const out = join(folder(t), 'night.parquet');
  await exportTo(t, recordNight(t), 'parquet', out);
  const file = new Uint8Array(readFileSync(out)).buffer;
  const rows = (await parquetReadObjects({ file })) as Record<string, number | boolean>[];
  assert.equal(rows.length, 2298 - 625);
  assert.deepEqual(Object.keys(rows[0]!), ['sample', 'seconds', 'c0', 'c1', 'lost']);
  const lost = rows.flatMap((row) => (row['lost'] === true ? [Number(row['sample'])] : []));
  assert.deepEqual(lost, [610, 611, 612]);
  for (const { sample, seconds, c0, c1 } of rows) {
    if (lost.includes(Number(sample))) continue;
    assert.equal(Math.round(Number(c0) / 0.02235), small(Number(sample)));
    assert.equal(Math.round(Number(c1) / 0.02235), large(Number(sample)));
    assert.equal(seconds, Number(sample) / 250);
  }
  const told = parquetMetadata(file).key_value_metadata?.find(({ key }) => key === 'axond')?.value ?? '';
  const { channels, marks } = JSON.parse(told) as Record<string, Record<string, unknown>[]>;
  assert.deepEqual(channels?.[1], { name: 'c1', unit: 'uV', scale: 0.02235 });
  assert.deepEqual(marks?.[2], { kind: 'stimulus', seconds: 2.398, duration: 0.05, id: 'S1', text: 'stimulus S1' });
});

test('what keeps every count is noted as a copy, with its hash; what does not is none', async (t) => {
  const path = recordNight(t);
  const target = folder(t);
  await exportTo(t, path, 'edf', join(target, 'night.edf'));
  await exportTo(t, path, 'portiloop', join(target, 'portiloop.csv'));
  assert.deepEqual(readCopies(path).copies, []);
  const out = join(target, 'night.bdf');
  await exportTo(t, path, 'bdf', out);
  const bytes = readFileSync(out);
  const [copy, ...more] = readCopies(path).copies;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const wallMs = copy?.wallMs ?? NaN;
  assert.deepEqual(copy, { kind: 'exported', format: 'bdf', to: out, bytes: bytes.length, sha256, wallMs });
  assert.equal(more.length, 0);
});

test('Portiloop CSV is read as one, hole and all', async (t) => {
  const out = join(folder(t), 'night.csv');
  await exportTo(t, recordNight(t), 'portiloop', out);
  const content = readFileSync(out);
  const { file, counts } = readContent(content);
  assert.equal(file.format, 'portiloop');
  assert.equal(counts.length, 2298);
  for (const index of [0, 912, 1538, 2297]) {
    assert.ok(Math.abs(counts[index]![1]! * 1e-4 - large(index) * 0.02235) <= 0.0006);
  }
  const rows = content.toString().trimEnd().split('\n');
  assert.equal(rows[0], 'raw_ch1,raw_ch2,detection,stimulation,stimulation_on');
  const column = (place: number): number[] =>
    rows.slice(1).flatMap((row, index) => (row.split(',')[place] === '1' ? [index] : []));
  assert.deepEqual([column(2), column(3)], [[525], [600]]);
  assert.deepEqual([column(4)[0], column(4).at(-1)], [599, 2236]);
});

test('a time that nobody knew is told by no format: a session is named by its recording then', async (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path, 1, { wallClock: 'unset', startUs: 1e6, startWallMs: 1000 });
  recorded.stream(300);
  recorded.close();
  const root = join(folder(t), 'dataset');
  const { session } = await exportTo(t, path, 'bids', root);
  assert.equal(session, join(root, 'sub-bed1', 'ses-night'));
  const scans = readFileSync(join(root, 'sub-bed1', 'ses-night', 'sub-bed1_ses-night_scans.tsv'), 'utf8');
  assert.match(scans, /_eeg\.bdf\tn\/a\n$/);
  const edf = join(folder(t), 'night.edf');
  await exportTo(t, path, 'edf', edf);
  // EDF has to have one: the earliest that it can tell.
  assert.equal(readFileSync(edf).toString('latin1', 168, 184), '01.01.8500.00.00');
  const parquet = join(folder(t), 'night.parquet');
  await exportTo(t, path, 'parquet', parquet);
  const file = new Uint8Array(readFileSync(parquet)).buffer;
  const told = parquetMetadata(file).key_value_metadata?.find(({ key }) => key === 'axond')?.value ?? '';
  assert.match(told, /"start":null/);
});

test('BIDS: a dataset of one session; the next one is added, the same one is refused', async (t) => {
  const path = recordNight(t);
  const root = join(folder(t), 'dataset');
  const { session } = await exportTo(t, path, 'bids', root);
  assert.equal(session, join(root, 'sub-bed1', 'ses-20231114T221320'));
  const stem = 'sub-bed1_ses-20231114T221320';
  assert.deepEqual(readdirSync(root).sort(), ['README', 'dataset_description.json', 'participants.tsv', 'sub-bed1']);
  assert.deepEqual(readdirSync(session).sort(), ['eeg', `${stem}_scans.tsv`]);
  const files = ['channels.tsv', 'eeg.bdf', 'eeg.json', 'events.json', 'events.tsv'];
  assert.deepEqual(
    readdirSync(join(session, 'eeg')).sort(),
    files.map((name) => `${stem}_task-recording_${name}`),
  );
  const events = readFileSync(join(session, 'eeg', `${stem}_task-recording_events.tsv`), 'utf8').split('\n');
  assert.equal(events[0], 'onset\tduration\ttrial_type\tsample\tid\tscore\tconfirmed\ttext');
  assert.equal(events[1], '1.8\t0.64\tdetection\t450\tn/a\t3.25\t2.1\tdetection spindle');
  assert.equal(events[5], '2.436\t0\tmarker\t609\tn/a\tn/a\tn/a\tmarker lights off, "Zürich"');
  assert.match(await failure(exportTo(t, path, 'bids', root)), /ses-20231114T221320: is there already\./);

  rmSync(join(root, 'sub-bed1'), { recursive: true });
  writeFileSync(join(root, 'participants.tsv'), 'participant_id\tage\nsub-other\t31\n');
  await exportTo(t, path, 'bids', root);
  assert.equal(
    readFileSync(join(root, 'participants.tsv'), 'utf8'),
    'participant_id\tage\nsub-other\t31\nsub-bed1\tn/a\n',
  );
  assert.deepEqual(readdirSync(root).sort(), ['README', 'dataset_description.json', 'participants.tsv', 'sub-bed1']);

  const other = folder(t);
  assert.match(
    await failure(exportTo(t, path, 'bids', other)),
    /: is there, and is no BIDS dataset\. Choose another --out\.$/,
  );
});

test('a target that exists and a folder that does not are named, and nothing is left behind', async (t) => {
  const path = recordNight(t);
  const target = folder(t);
  const out = join(target, 'night.edf');
  writeFileSync(out, 'mine');
  assert.equal(
    await failure(exportTo(t, path, 'edf', out)),
    `${out}: is there already. Choose another --out, or remove it.`,
  );
  assert.equal(readFileSync(out, 'utf8'), 'mine');
  assert.match(
    await failure(exportTo(t, path, 'edf', join(target, 'none', 'night.edf'))),
    /none\/night\.edf: there is no folder .*none\. Make it first\.$/,
  );
  assert.deepEqual(readdirSync(target), ['night.edf']);
});

test('a full disk: one message, and nothing that looks whole', async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'axond-export-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', disk]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  if (mounted.status !== 0) {
    t.skip('no tmpfs can be mounted by this user: run as root to test a full disk');
    return;
  }
  assert.match(
    await failure(exportTo(t, recordNight(t), 'edf', join(disk, 'night.edf'))),
    /night\.edf: the disk is full after 0\.0 MB\. Free space, or give --out on another disk\.$/,
  );
  assert.deepEqual(readdirSync(disk), []);
});

test('a damaged recording is not half exported', async (t) => {
  const path = recordNight(t);
  const bytes = readFileSync(path);
  bytes.fill(0xff, bytes.length >> 2, bytes.length - (bytes.length >> 2));
  writeFileSync(path, bytes);
  const target = folder(t);
  assert.match(await failure(exportTo(t, path, 'edf', join(target, 'night.edf'))), /night\.db: table /);
  assert.deepEqual(readdirSync(target), []);
});
