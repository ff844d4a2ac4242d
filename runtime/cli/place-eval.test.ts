import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { SyntheticRoad, syntheticDrive } from '../../models/place/synthetic-drive.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { UsageError } from './output.js';
import { evalPlaceCommand } from './place-eval.js';

const road = new SyntheticRoad(3);
const metres = Array.from({ length: 12 }, (_, frame) => 8 * frame);

/** Twelve places in summer, and the same as another day sees them: by SAD, almost all right. */
function drives(t: TestContext): { ref: string; query: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'axond-place-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, seed: number): string => {
    const path = join(folder, name);
    writeFileSync(path, syntheticDrive(road, metres, { seed }).pixels);
    return path;
  };
  return { folder, ref: write('ref.12x32x64.u8', 1), query: write('query.12x32x64.u8', 2) };
}

interface Report {
  method: string;
  places: number;
  queries: number;
  seq: Record<string, Record<string, number | null>>;
  unknownAuroc: Record<string, number | null>;
  baselines: Record<string, Report>;
}

function report(t: TestContext, ...words: string[]): Promise<Report> {
  return runJson(t, evalPlaceCommand(), '--method', 'sad', ...words) as unknown as Promise<Report>;
}

test('--json: every key that is promised, and the baselines beside it', async (t) => {
  const { ref, query } = drives(t);
  const all = await report(t, '--ref', ref, '--query', query, '--seq', '1,4');
  assert.deepEqual(Object.keys(all), [
    ...['method', 'places', 'queries', 'seq', 'unknownAuroc', 'queriesPerS', 'learnMsPerPlace', 'bytesPer1000'],
    'baselines',
  ]);
  assert.deepEqual([all.method, all.places, all.queries], ['sad', 12, 12]);
  assert.deepEqual(Object.keys(all.seq), ['1', '4']);
  assert.deepEqual(Object.keys(all.seq['4']!), ['scored', 'r1', 'r5', 'r10', 'r25', 'aucPr', 'r100p']);
  assert.deepEqual([all.seq['1']!['scored'], all.seq['4']!['scored']], [12, 9]);
  assert.equal(all.seq['4']!['r1'], 1);
  assert.equal(all.unknownAuroc['1'], null);
  assert.deepEqual(Object.keys(all.baselines), ['pn8', 'pn7', 'seqslam']);
});

test('ground truth follows the frames: backwards, at another pace, with a stop, on a part of the map', async (t) => {
  const { ref, query } = drives(t);
  const alone = (...words: string[]): Promise<Report> =>
    report(t, '--ref', ref, '--query', query, '--seq', '1', '--no-baselines', ...words);
  for (const [words, queries] of [
    [['--reverse'], 12],
    [['--pace', '0.5'], 23],
    [['--stop', '5', '--reverse', '--pace', '2'], 11],
    [['--range', '3:9'], 6],
  ] as const) {
    const { seq, queries: driven, baselines } = await alone(...words);
    assert.deepEqual([driven, seq['1']!['r1'], baselines], [queries, 1, {}], words.join(' '));
  }
  const half = await alone('--map-range', '6:12');
  assert.deepEqual([half.places, half.queries, half.seq['1']!['scored'], half.seq['1']!['r1']], [6, 12, 6, 1]);
  assert.ok((half.unknownAuroc['1'] ?? 0) > 0.9, 'half of the route was never learned');
});

test('a table of right places counts as it says', async (t) => {
  const { ref, query, folder } = drives(t);
  const table = join(folder, 'gt.json');
  writeFileSync(table, '{"0": [0], "1": [2], "2": [5], "3": []}');
  const seq = async (...words: string[]): Promise<unknown> =>
    (await report(t, '--ref', ref, '--query', query, '--gt', table, '--no-baselines', ...words)).seq['1'];
  assert.equal(((await seq()) as Report['seq'][string])['r1'], 1 / 3);
  assert.equal(((await seq('--tolerance', '1')) as Report['seq'][string])['r1'], 2 / 3);
});

test('where no query has a right place, that is said, and there are no figures', async (t) => {
  const { ref, query, folder } = drives(t);
  const table = join(folder, 'none.json');
  writeFileSync(table, '{"0": [], "1": []}');
  let told = '';
  t.mock.method(process.stderr, 'write', (text: string) => {
    told += text;
    return true;
  });
  const { seq } = await report(t, '--ref', ref, '--query', query, '--gt', table, '--no-baselines');
  assert.match(told, /^No query has a right place on the map.*Do --gt, --range and --map-range belong together\?\n$/);
  assert.deepEqual([seq['1']!['scored'], seq['1']!['r1']], [0, null]);
  told = '';
  await report(t, '--ref', ref, '--query', query, '--no-baselines');
  assert.equal(told, '');
});

test('the page holds the pictures of what was confused', async (t) => {
  const { ref, query, folder } = drives(t);
  const page = join(folder, 'page.html');
  const table = join(folder, 'gt.csv');
  writeFileSync(table, 'query,ref_first,ref_last\n7,3,3\n');
  const text = await runCommand(
    t,
    evalPlaceCommand(),
    ...['--ref', ref, '--query', query, '--method', 'sad', '--gt', table, '--seq', '1', '--report', page],
  );
  assert.match(text, /R@K: % of the scored queries/);
  const html = readFileSync(page, 'utf8');
  assert.match(html, /query 7.*taken for place 7.*right: place 3/);
});

test('what is wrong gets one message with the value and the fix', async (t) => {
  const { ref, query, folder } = drives(t);
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const bad = file('beyond.csv', '0,12,12\n');
  const late = file('late.json', '{"12": [0]}');
  const short = file('short.12x32x64.u8', new Uint8Array(100));
  const small = file('small.2x7x7.u8', new Uint8Array(98));
  for (const [words, message] of [
    [['--ref', join(folder, 'none.u8'), '--query', query], /none\.u8: there is no such file or folder\. Correct/],
    [['--ref', bad, '--query', query], /beyond\.csv: no frame size\..*add :HEIGHTxWIDTH/],
    [['--ref', `${folder}/none:32x64`, '--query', query], /none: there is no such file or folder\. Correct the path/],
    [['--ref', short, '--query', query], /100 bytes are not a whole number of frames of 32x64/],
    [['--ref', `${ref}:31x64`, '--query', query], /not a whole number of frames of 31x64/],
    [['--ref', ref, '--query', small], /--query: frames of 7x7, --ref has 32x64/],
    [['--ref', ref, '--query', query, '--gt', bad], /place 12, but --ref has 12 frames/],
    [['--ref', ref, '--query', query, '--gt', late], /query 12, but --query has 12 frames/],
    [['--ref', ref, '--query', query, '--gt', `${folder}/no.csv`], /--gt .*no\.csv: ENOENT/],
    [['--ref', ref, '--query', query, '--range', '4:13'], /--range 4:13: there are 12 frames\. Use 0:12 or less/],
    [['--ref', ref, '--query', query, '--map-range', '0:99'], /--map-range 0:99: there are 12/],
    [['--ref', folder, '--query', query], /holds no picture/],
    [
      ['--ref', ref, '--query', query, '--method', 'axond-place-recall', '--sensor', 'events'],
      /--method: axond-place-recall takes frames of a camera along a way\. Leave out --sensor events/,
    ],
  ] as const)
    await assert.rejects(
      () => runCommand(t, evalPlaceCommand(), ...words, '--json'),
      (error) => error instanceof UsageError && message.test(error.message),
      words.join(' '),
    );
  for (const [words, message] of [
    [['--range', '5:5'], /"5:5" is no range/],
    [['--seq', '1,0'], /"1,0" is no list of lengths/],
    [['--pace', '0'], /not a number above 0/],
    [['--stop', '-1'], /not a whole number from 0/],
    [['--method', 'magic'], /Allowed choices are/],
    [['--sensor', 'lidar'], /Allowed choices are grey, events, unordered/],
  ] as const)
    await assert.rejects(() => runCommand(t, evalPlaceCommand(), '--ref', ref, '--query', query, ...words), message);
});
