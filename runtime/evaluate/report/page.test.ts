import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BandPowerDetector } from '../../detect/band-power.js';
import type { SampleBlock } from '../../contracts.js';
import { candidate } from '../candidate.test.fixture.js';
import type { MarkedFolder, MarkedRecording } from '../marked-recording.js';
import { evaluateSpindles } from '../spindles.js';
import { chart } from './chart.js';
import { table } from './markup.js';
import { spindlePage } from './page.js';
import { elementsOf } from './well-formed.test.fixture.js';

/** Two minutes at 100 Hz: a second of 13 Hz every ten, every third of them unmarked, and two marks of nothing. */
function folder(): MarkedFolder {
  const onsets = Array.from({ length: 8 }, (_, n) => 35 + 10 * n);
  const noise = (n: number): number => ((n * 7919) % 101) - 50;
  const counts = Int32Array.from({ length: 12_000 }, (_, n) => {
    const inside = onsets.some((onset) => n >= 100 * onset && n < 100 * (onset + 1));
    return noise(n) / 2 + (inside ? 400 * Math.sin((2 * Math.PI * 13 * n) / 100) : 0);
  });
  const marks = [...onsets.filter((_, n) => n % 3 !== 2), 62, 72].map((onset) => ({ onset, end: onset + 1 }));
  const recording: MarkedRecording = {
    name: 'Anna & <b>',
    open() {
      let next = 0;
      return {
        stream: {
          device: 'file',
          channels: [{ name: 'C3', unit: 'uV', scale: 0.01, railCounts: 1e9 }],
          rate: 100,
          delayUs: 0,
        },
        read(block: SampleBlock) {
          block.frames = Math.min(block.capacity, counts.length - next);
          block.counts.set(counts.subarray(next, next + block.frames));
          block.firstIndex = next;
          next += block.frames;
          return block.frames;
        },
        close: () => undefined,
      };
    },
    seconds: Infinity,
    sets: { marks: { events: marks, seconds: Infinity } },
    bundled: null,
    hypnogram: { epochSeconds: 30, stages: ['W', 'S2', 'S2', 'S2'] },
  };
  return {
    kind: 'marked',
    sets: { marks: 'marks of "A"' },
    recordings: [recording],
    doubtful: [],
    separately: [],
    caveats: ['1 < 2'],
  };
}

test('one well-formed page that fetches and runs nothing, with curves, examples and tables', async () => {
  const marked = folder();
  const evaluation = await evaluateSpindles(
    marked,
    [candidate('ours', () => new BandPowerDetector())],
    [candidate('theirs', () => new BandPowerDetector({ threshold: 4 }))],
  );
  const page = spindlePage(evaluation, marked, ['trained on & with <this>']);
  assert.match(page, /^<!DOCTYPE html>\n<html /);
  const names = elementsOf(page.slice(page.indexOf('\n')));
  const count = (name: string): number => names.filter((each) => each === name).length;
  assert.deepEqual([count('script'), count('link'), count('img'), count('iframe')], [0, 0, 0, 0]);
  assert.doesNotMatch(page, /(?:src|href|url)\s*[=(]/);
  assert.equal(count('table'), 4);
  // Precision and recall, latency; three found, two missed, two unmarked.
  assert.equal(count('svg'), 2 + 3 + 2 + 2);
  assert.equal(count('figure'), 7);
  for (const said of ['ours', 'theirs', 'Anna &#38; &#60;b&#62;', '1 &#60; 2', 'trained on &#38; with &#60;this&#62;'])
    assert.ok(page.includes(said), said);
});

test('the sweep starts with all detections and ends with the surest', async () => {
  const { runs } = await evaluateSpindles(folder(), [candidate('ours', () => new BandPowerDetector())], []);
  const [all, ...rest] = runs[0]!.sweep('marks');
  // 6 of 8 detections are marked, and 6 of 8 marks found.
  assert.deepEqual(all, [0.75, 0.75]);
  const recalls = rest.map(([recall]) => recall);
  assert.deepEqual(
    recalls,
    recalls.toSorted((a, b) => b - a),
  );
  assert.ok(recalls.at(-1)! <= 1 / 8);
});

test('a chart puts values where its axes say and leaves out what lies beyond', () => {
  const axis = { label: 'x', from: 0, to: 2, ticks: [0, 2] };
  const drawn = chart('t', axis, { ...axis, label: 'y' }, [
    { name: 'a', kind: 'line', points: [[0, 0], [2, 2], [3, 1]] }, // prettier-ignore
    { name: 'b', kind: 'dots', points: [[1, 1]] },
  ]);
  assert.ok(drawn.includes('points="56.0,334.0 390.0,14.0"'));
  assert.ok(drawn.includes('cx="223" cy="174"'));
  assert.equal(elementsOf(drawn)[0], 'svg');
});

test('cells are text', () => {
  assert.equal(
    table(['a', 'b'], [['<x>', '"']]),
    '<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><th>&#60;x&#62;</th><td>&#34;</td></tr></tbody></table>',
  );
});
