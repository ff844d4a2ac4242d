import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DetectionPhase, type DetectionList, type Detector, type SignalShape } from '../contracts.js';
import { appendDetection } from '../detect/detection-list.js';
import { openSignalFile } from '../../drivers/file/signal-file.js';
import { loopOf } from './candidate.test.fixture.js';
import { runDetector } from './detector-run.js';

/** Says what it is told to, at the sample of it, and remembers what it saw. */
class Scripted implements Detector {
  readonly delaySamples = 5;
  readonly settleSamples = 0;
  readonly seen: number[] = [];
  shape: SignalShape | undefined;
  readonly #script: readonly { at: number; phase: DetectionPhase; onset: number; confirmed: number; end: number }[];

  constructor(script: readonly { at: number; phase: DetectionPhase; onset: number; confirmed: number; end: number }[]) {
    this.#script = script;
  }

  prepare(shape: SignalShape): void {
    this.shape = shape;
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    assert.equal(firstSample, this.seen.length);
    for (let i = 0; i < length; i++) {
      this.seen.push(input[i]!);
      for (const { at, ...event } of this.#script) {
        if (at === firstSample + i) appendDetection(out, { ...event, score: 1 });
      }
    }
  }

  reset(): void {
    this.seen.length = 0;
  }
}

test('the detector gets the samples in microvolts, no more than asked for, and the end is cut', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-run-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'excerpt1.txt');
  const values = Array.from({ length: 90_000 }, (_, n) => (n % 1000) / 100 - 3);
  writeFileSync(path, `[C3-A1]\n${[...values, ...Array<number>(139).fill(76)].join('\n')}\n`);
  const { confirmed, ended } = DetectionPhase;
  const detector = new Scripted([
    { at: 120, phase: confirmed, onset: 100, confirmed: 120, end: NaN },
    { at: 160, phase: ended, onset: 100, confirmed: 120, end: 150 },
    { at: 89_900, phase: confirmed, onset: 89_880, confirmed: 89_900, end: NaN },
    // Reported only while the last value is held, of an end before it.
    { at: 90_010, phase: ended, onset: 89_880, confirmed: 89_900, end: 89_990 },
    { at: 89_995, phase: confirmed, onset: 89_991, confirmed: 89_995, end: NaN },
    { at: 90_020, phase: ended, onset: 89_991, confirmed: 89_995, end: 90_015 },
    { at: 90_030, phase: confirmed, onset: 89_998, confirmed: 90_030, end: NaN },
  ]);
  const source = openSignalFile(path);
  t.after(() => source.close());
  const run = runDetector(loopOf(detector, source.stream), 0, source, 1800);
  assert.deepEqual(detector.shape, { rate: 50, unit: 'uV' });
  assert.equal(detector.seen.length, 90_050);
  values.forEach((value, n) => assert.ok(Math.abs(detector.seen[n]! - value) < 1e-9));
  assert.ok(detector.seen.slice(90_000).every((value) => value === detector.seen[89_999]));
  assert.equal(run.rate, 50);
  assert.equal(run.delaySeconds, 0.1);
  assert.deepEqual(run.events, [
    { onset: 2, end: 3, confirmed: 2.4, score: 1, asleep: null },
    { onset: 89_880 / 50, end: 89_990 / 50, confirmed: 1798, score: 1, asleep: null },
    { onset: 89_991 / 50, end: 1800, confirmed: 89_995 / 50, score: 1, asleep: null },
  ]);
});
