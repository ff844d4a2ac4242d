import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { memoryUsage } from 'node:process';
import { sharedPath } from '../../drivers/file/recordings.test.fixture.js';
import { openSignalFile } from '../../drivers/file/signal-file.js';
import { DetectionPhase } from '../contracts.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { BandPowerDetector, bandPowerPoints, type BandPowerOptions } from './band-power.js';
import { createDetectionList } from './detection-list.js';
import { checkDetector } from './detector.laws.js';
import { burstySignal, detect, plainRule } from './plain-rule.test.fixture.js';

const rules = Object.entries(bandPowerPoints) as [keyof typeof bandPowerPoints, BandPowerOptions][];

function prepared(options: Partial<BandPowerOptions>, rate = 200): BandPowerDetector {
  const detector = new BandPowerDetector(options);
  detector.prepare({ rate, unit: 'uV' });
  return detector;
}

test('equals the rule as it is written, at several rates', () => {
  for (const rate of [50, 100, 200, 250]) {
    for (const [name, options] of rules) {
      const x = burstySignal(rate, 150, rate + 7);
      const found = detect(prepared(options, rate), x);
      const expected = plainRule(x, rate, options);
      assert.ok(expected.length >= 10, `${expected.length} events to compare`);
      assert.deepEqual(
        found.map(([onset, , confirmed]) => [onset, confirmed]),
        expected.map(([onset, , confirmed]) => [onset, confirmed]),
        `${name} at ${rate} Hz`,
      );
      // Only the last can lack its end: the signal stops before nothing can prolong it any more.
      expected.forEach((event, place) => {
        if (place < expected.length - 1 || !Number.isNaN(found[place]![1])) assert.deepEqual(found[place], event);
      });
    }
  }
});

test('the events on real sleep are those of the reference implementation', (t) => {
  const golden = sharedPath('data', 'eeg', 'dreams_spindles', 'rule_golden.json');
  if (golden === undefined) {
    t.skip('no reference data beside the checkout');
    return;
  }
  const { events } = JSON.parse(readFileSync(golden, 'utf8')) as {
    events: Record<string, Record<string, [number, number, number][]>>;
  };
  for (const [excerpt, expected] of Object.entries(events)) {
    const path = sharedPath('data', 'eeg', 'dreams_spindles', `${excerpt}.txt.gz`);
    if (path === undefined) continue;
    const x = microvoltsOf(path, 360000);
    for (const [name, rule] of [
      ['R1', 'r1'],
      ['R2', 'r2'],
      ['R1fast', 'r1fast'],
      ['R2fast', 'r2fast'],
    ] as const) {
      const found = detect(prepared(bandPowerPoints[rule]), x);
      const ended = expected[name]!.map(([onset, end, confirmed], place): [number, number, number] =>
        // An end that close to the last sample is not final for the detector, and not reported.
        end > 360000 - 40 && place === found.length - 1 ? [onset, NaN, confirmed] : [onset, end, confirmed],
      );
      assert.deepEqual(found, ended, `${name} on ${excerpt}`);
    }
  }
});

test('the omitted options are those of R2', () => {
  const x = burstySignal(200, 120, 3);
  assert.deepEqual(detect(prepared({}), x), detect(prepared(bandPowerPoints.r2), x));
});

test('each detection ends once, before the next is confirmed, with the end of its last run', () => {
  const x = burstySignal(200, 300, 5);
  const detector = prepared(bandPowerPoints.r1);
  const list = createDetectionList(4 * x.length);
  detector.process(x, x.length, 0, list);
  const items = list.items.slice(0, list.length);
  const confirmed = items.filter(({ phase }) => phase === DetectionPhase.confirmed);
  const ended = items.filter(({ phase }) => phase === DetectionPhase.ended);
  assert.ok(confirmed.length > 20 && confirmed.length - ended.length <= 1);
  items.forEach((item, place) => {
    assert.equal(item.phase, place % 2 === 0 ? DetectionPhase.confirmed : DetectionPhase.ended);
  });
  ended.forEach((item, place) => {
    assert.equal(item.onset, confirmed[place]!.onset);
    assert.equal(item.confirmed, confirmed[place]!.confirmed);
    assert.equal(item.score, confirmed[place]!.score);
  });
  assert.ok(confirmed.every(({ score }) => score >= 2.5));
});

test('keeps the laws of detectors', () => {
  const heapUsed = (): number => memoryUsage().heapUsed;
  for (const rate of [200, 250]) {
    const signal = burstySignal(rate, 60, 11);
    for (const [, options] of rules) {
      const create = (): BandPowerDetector => new BandPowerDetector(options);
      assert.deepEqual(checkDetector(create, { rate, unit: 'uV' }, { signal, heapUsed }), []);
    }
  }
});

test('what cannot work is refused with option, value and fix', () => {
  const refused = (options: Partial<BandPowerOptions>, message: RegExp) =>
    assert.throws(() => new BandPowerDetector(options), message);
  refused({ threshold: 0 }, /^RangeError: threshold: 0 /);
  refused({ threshold: 1.5 }, /^RangeError: release: 2 .* threshold 1.5\. Use/);
  refused({ confirmSeconds: 3 }, /^RangeError: confirmSeconds: 3 /);
  refused({ guard: NaN }, /^RangeError: guard: NaN /);
  assert.throws(() => prepared({}, 40), /^RangeError: rate: 40 Hz is too low .* Use/);
  assert.throws(() => new BandPowerDetector().prepare({ rate: 200, unit: 'g' }), /^RangeError: unit: .*"g".*"uV"/);
});

test('declared delay and settling scale with the rate', () => {
  for (const rate of [50, 200, 1000]) {
    const detector = prepared({}, rate);
    assert.ok(Math.abs(detector.delaySamples / rate - 0.14) < 1e-12);
    assert.equal(detector.settleSamples, 3 * rate);
  }
});

function microvoltsOf(path: string, samples: number): Float64Array {
  const file = openSignalFile(path);
  const block = createSampleBlock(1, 1000);
  const x = new Float64Array(samples);
  for (let n = 0; n < samples && file.read(block) > 0; n += block.frames) {
    for (let i = 0; i < Math.min(block.frames, samples - n); i++)
      x[n + i] = block.counts[i]! * file.stream.channels[0]!.scale;
  }
  file.close();
  return x;
}
