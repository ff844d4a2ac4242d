import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sharedPath } from '../../drivers/file/recordings.test.fixture.js';
import { BandPowerDetector, bandPowerPoints } from '../detect/band-power.js';
import { compare, totalScore } from './comparison.js';
import { candidate } from './candidate.test.fixture.js';
import type { DetectorScores, TimedScores } from './detector-scores.js';
import { markDreams, readDreams, type DreamsExcerpt } from './dreams.js';
import { evaluateSpindles } from './spindles.js';

const usual = candidate('band-power', () => new BandPowerDetector());

// ── Generated recordings ────────────────────────────────────────────────────────────────────────────────────────────

/** Half an hour of noise far below the detector's floor, with a 13 Hz burst of one second at each onset, as the database would write it. */
function excerptText(rate: number, onsets: readonly number[], tail = ''): string {
  let noise = 1;
  const x = Array.from({ length: 1800 * rate }, () => (noise = (noise * 48271) % 2147483647) / 2147483647 / 4);
  for (const onset of onsets) {
    for (let n = Math.round(onset * rate); n < (onset + 1) * rate; n++)
      x[n]! += 4 * Math.sin((2 * Math.PI * 13 * n) / rate);
  }
  return `[C3-A1]\n${x.map((value) => value.toFixed(2)).join('\n')}\n${tail}`;
}

const labels = (onsets: readonly number[]): string =>
  `[x]\n${onsets.map((onset) => `  ${onset.toFixed(4)}\t  1.0000\n`).join('')}`;
const every = (seconds: number, from: number, to: number): number[] =>
  Array.from({ length: Math.ceil((to - from) / seconds) }, (_, n) => from + n * seconds);

function generatedFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'axond-spindles-'));
  t.after(() => rmSync(path, { recursive: true }));
  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(path, name), content);
  const marked = every(10, 31, 1800);
  const unmarked = every(100, 36, 1800);
  write('excerpt1.txt', excerptText(100, [...marked, ...unmarked]));
  write('Visual_scoring1_excerpt1.txt', labels(marked.filter((onset) => onset < 1000)));
  write('Visual_scoring2_excerpt1.txt', labels(marked));
  write('Hypnogram_excerpt1.txt', `[Hypnogram]\n${'3\n'.repeat(60)}${'2\n'.repeat(300)}`);
  write('excerpt3.txt.gz', gzipSync(excerptText(50, marked, '76\n'.repeat(139))));
  write('Visual_scoring1_excerpt3.txt', labels(marked.filter((onset) => onset < 1000)));
  write('Automatic_detection_excerpt3.txt', labels(marked.filter((_, n) => n % 2 === 0)));
  return path;
}

test('planted spindles are found, unmarked ones are false, missing files make nulls', async (t) => {
  const { report } = await evaluateSpindles(markDreams(readDreams(generatedFolder(t))), [usual], []);
  const counts = ({ compensated: { matched, references, detections } }: TimedScores) => [
    matched,
    references,
    detections,
  ];
  const { '1': first, '3': third } = report.perExcerpt;
  assert.equal(first!.rate, 100);
  assert.equal(third!.rate, 50);
  assert.deepEqual(report.excerpts, [1, 3]);
  // 97 marks before 1000 s, 177 in all; every 100 s a spindle that nobody marked: 10 and 18.
  assert.deepEqual(counts(first!.sets['e1']!), [97, 97, 107]);
  assert.deepEqual(counts(first!.sets['e2']!), [177, 177, 195]);
  assert.deepEqual(counts(first!.sets['union']!), [97, 97, 107]);
  assert.deepEqual(counts(third!.sets['e1']!), [97, 97, 97]);
  assert.equal(third!.sets['e2'], null);
  assert.equal(third!.sets['union'], null);
  assert.deepEqual(counts(report.sets['e1']!), [194, 194, 204]);
  assert.deepEqual(counts(report.sets['e2']!), [177, 177, 195]);
  assert.ok(Math.abs(report.sets['e1']!.compensated.p! - 194 / 204) < 1e-12);
  // The bundled detection of excerpt 3 marks every other one; of excerpt 1 there is none.
  assert.deepEqual(counts(report.bundled!.sets['e1']!), [49, 97, 49]);
  assert.equal(report.bundled!.sets['e2'], null);
  assert.deepEqual(Object.keys(report.bundled!.perExcerpt), ['3']);
  // False ones at 36, 136, 236 s are in S1, the rest in S2.
  assert.equal(report.falsePositivesPerMinute['e1']!.S1, 3 / 5);
  assert.ok(Math.abs(report.falsePositivesPerMinute['e1']!.S2! - 7 / (700 / 60)) < 1e-12);
  assert.equal(report.falsePositivesPerMinute['e1']!.W, null);
  // 0.4 s of run, which begins when the burst has filled part of filter and window.
  const { p10, p50, p90, beforeEnd } = report.onsetLatencyMs['e1']!;
  assert.ok(p10! > 400 && p90! < 700 && p10! <= p50! && p50! <= p90!, `${p10} ${p50} ${p90}`);
  assert.equal(beforeEnd, 1);
  assert.equal(report.withoutExcerpt4, null);
  assert.ok(report.delayMs! > 139.9 && report.delayMs! < 140.1);
});

test('progress is told after each recording of each detector', async (t) => {
  const told: number[][] = [];
  const folder = markDreams(readDreams(generatedFolder(t)));
  await evaluateSpindles(folder, [usual], [usual], (...each) => told.push(each));
  assert.deepEqual(told, [
    [1, 4],
    [2, 4],
    [3, 4],
    [4, 4],
  ]);
});

// ── Real sleep ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The four excerpts that the published figures are of, or undefined. */
function dreams(t: TestContext): DreamsExcerpt[] | undefined {
  const path = sharedPath('data', 'eeg', 'dreams_spindles');
  const excerpts = path === undefined ? [] : readDreams(path);
  if (excerpts.map(({ number }) => number).join() === '2,4,5,6') return excerpts;
  t.skip('no DREAMS excerpts 2, 4, 5 and 6 beside the checkout');
  return undefined;
}

const close = (actual: number | null | undefined, expected: number, what: string, tolerance = 0.000501): void =>
  assert.ok(Math.abs((actual ?? NaN) - expected) < tolerance, `${what}: ${actual} against ${expected}`);

test('two experts agree as in the reference table', (t) => {
  const excerpts = dreams(t);
  if (!excerpts) return;
  const table = [
    [2, 60, 40, 35, 0.7, 0.603],
    [4, 44, 9, 6, 0.226, 0.165],
    [5, 56, 45, 39, 0.772, 0.634],
    [6, 72, 44, 42, 0.724, 0.602],
  ] as const;
  const parts = excerpts.map(({ expert1, expert2 }) =>
    compare(
      { events: expert1!, seconds: 1000 },
      expert2!.map((event) => ({ ...event, confirmed: NaN, score: NaN, asleep: null })),
      0,
      null,
    ),
  );
  table.forEach(([number, e1, e2, matched, f1, bySample], place) => {
    const score = totalScore([parts[place]!]);
    assert.deepEqual([score.references, score.detections, score.matched], [e1, e2, matched], `excerpt ${number}`);
    close(score.f1, f1, `F1 of excerpt ${number}`);
    close(score.bySample, bySample, `by sample in excerpt ${number}`, 0.0015);
  });
  const micro = totalScore(parts);
  close(micro.p, 0.884, 'precision');
  close(micro.r, 0.526, 'recall');
  close(micro.f1, 0.659, 'F1');
  close(micro.bySample, 0.535, 'by sample', 0.0015);
  close(micro.interval?.[0], 0.58, 'low end', 0.02);
  close(micro.interval?.[1], 0.73, 'high end', 0.02);
});

/** P, R, F1 and by-sample F1 of E1; P, R, F1 of E2; F1 of U; compensated. The third decimal of samples is rounding. */
const baselines = {
  r1: [0.659, 0.642, 0.651, 0.505, 0.5, 0.848, 0.629, 0.671],
  r1fast: [0.648, 0.595, 0.62, 0.456, 0.494, 0.808, 0.613, 0.638],
  r2: [0.799, 0.599, 0.685, 0.533, 0.635, 0.8, 0.708, 0.697],
  r2fast: [0.718, 0.582, 0.643, 0.474, 0.554, 0.796, 0.654, 0.661],
} as const;
const bundled = [0.76, 0.642, 0.696, 0.552, 0.57, 0.752, 0.648, 0.698] as const;

function checkSets({ e1, e2, union }: DetectorScores['sets'], expected: readonly number[], name: string): void {
  const [p1, r1, f1, bySample, p2, r2, f2, u] = expected as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  close(e1?.compensated.p, p1, `${name} E1 P`);
  close(e1?.compensated.r, r1, `${name} E1 R`);
  close(e1?.compensated.f1, f1, `${name} E1 F1`);
  close(e1?.compensated.bySample, bySample, `${name} E1 by sample`, 0.0015);
  close(e2?.compensated.p, p2, `${name} E2 P`);
  close(e2?.compensated.r, r2, `${name} E2 R`);
  close(e2?.compensated.f1, f2, `${name} E2 F1`);
  close(union?.compensated.f1, u, `${name} U F1`);
}

test('the rules score as in the reference table, to the third decimal', async (t) => {
  const excerpts = dreams(t);
  if (!excerpts) return;
  const { r2: main, ...others } = bandPowerPoints;
  const { report } = await evaluateSpindles(
    markDreams(excerpts),
    [candidate('r2', () => new BandPowerDetector(main))],
    Object.entries(others).map(([name, options]) => candidate(name, () => new BandPowerDetector(options))),
  );
  const { r1, r1fast, r2fast } = report.baselines as Record<keyof typeof others, DetectorScores>;
  const reports = { r1, r1fast, r2: report, r2fast };
  for (const [name, expected] of Object.entries(baselines)) {
    checkSets(reports[name as keyof typeof baselines].sets, expected, name);
  }
  const { r2 } = reports;
  checkSets(report.bundled!.sets, bundled, 'bundled');
  close(r1.sets['e1']?.raw.f1, 0.633, 'R1 E1 raw');
  close(r1.sets['union']?.raw.f1, 0.662, 'R1 U raw');
  close(r2.sets['e1']?.raw.f1, 0.67, 'R2 E1 raw');
  close(r2.sets['e2']?.raw.f1, 0.708, 'R2 E2 raw');
  close(r2.sets['union']?.raw.f1, 0.687, 'R2 U raw');
  close(r2.sets['e1']?.compensated.interval?.[0], 0.61, 'R2 low end', 0.02);
  close(r2.sets['e1']?.compensated.interval?.[1], 0.74, 'R2 high end', 0.02);
  const perExcerpt = { '2': [0.696, 0.679], '4': [0.375, 0.426], '5': [0.741, 0.737], '6': [0.787, 0.784] };
  for (const [number, [e1, e2]] of Object.entries(perExcerpt)) {
    close(r2.perExcerpt[number]?.sets['e1']?.compensated.f1, e1!, `R2 E1 of ${number}`);
    close(r2.perExcerpt[number]?.sets['e2']?.compensated.f1, e2!, `R2 E2 of ${number}`);
  }
  const latency = ({ onsetLatencyMs }: DetectorScores, name: 'e1' | 'e2' | 'union') => onsetLatencyMs[name];
  for (const [what, actual, p50, p90, beforeEnd] of [
    ['R1 E1', latency(r1, 'e1'), 590, 860, 0.69],
    ['R1 E2', latency(r1, 'e2'), 730, 880, 1],
    ['R1 U', latency(r1, 'union'), 710, 910, 0.87],
    ['R1fast E1', latency(r1fast, 'e1'), 550, 880, 0.84],
  ] as const) {
    close(actual?.p50, p50, `${what} p50`, 5.01);
    close(actual?.p90, p90, `${what} p90`, 5.01);
    close(actual?.beforeEnd, beforeEnd, `${what} before the end`, 0.00501);
  }
  const perMinute = [
    ['R1 E1', r1.falsePositivesPerMinute['e1'], [1.73, 0.82, 1.11, 0.95]],
    ['R2 E1', r2.falsePositivesPerMinute['e1'], [0.64, 0.27, 0.51, 0.79]],
    ['bundled E1', report.bundled!.falsePositivesPerMinute['e1'], [0.82, 0.14, 0.75, 0.95]],
    ['R1 E2', r1.falsePositivesPerMinute['e2'], [2.27, 1.1, 1.66, 2.35, 0.68]],
    ['R2 E2', r2.falsePositivesPerMinute['e2'], [0.8, 0.6, 0.9, 1.54, 0.27]],
  ] as const;
  for (const [what, actual, expected] of perMinute) {
    expected.forEach((value, place) => {
      const stage = (['W', 'S1', 'S2', 'S3', 'S4'] as const)[place]!;
      close(actual?.[stage], value, `${what} in ${stage}`, 0.00501);
    });
  }
});
