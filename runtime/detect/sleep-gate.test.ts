import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { sharedData } from '../../test/shared-data.js';
import type { InhibitorState } from '../contracts.js';
import { checkDetector } from './detector.laws.js';
import { SleepGate } from './sleep-gate.js';
import { SleepRule } from './sleep-rule.js';
import { trialNight } from './sleep-rule.test.fixture.js';
import { SpindleFeatures } from './spindle-t1/features.js';

function prepared(rate: number): SleepGate {
  const gate = new SleepGate();
  gate.prepare({ rate, unit: 'uV' });
  return gate;
}

for (const rate of [50, 128, 500]) {
  test(`keeps the laws of detectors at ${rate} Hz`, () => {
    const signal = trialNight(rate, 80);
    // A slow signal is over before a busy machine has compiled anything.
    const heap = rate < 100 ? {} : { heapUsed: (): number => memoryUsage().heapUsed };
    assert.deepEqual(
      checkDetector(() => new SleepGate(), { rate, unit: 'uV' }, { signal, ...heap }),
      [],
    );
  });
}

test('says of each frame what the rule says of the band powers of the spindle network', () => {
  const rate = 200;
  const gate = prepared(rate);
  const [sleep] = gate.estimates;
  const features = new SpindleFeatures();
  features.prepare({ rate, unit: 'uV' });
  const rule = new SleepRule();
  const states = new Set<InhibitorState>();
  trialNight(rate, 130).forEach((_, at, x) => {
    gate.process(x.subarray(at, at + 1), 1);
    if (!features.push(x, at)) return;
    rule.push(features.logPowers);
    assert.equal(sleep!.value, rule.isKnown ? rule.depth : NaN);
    assert.equal(sleep!.state, !rule.isKnown ? 'unknown' : rule.isAsleep ? 'clear' : 'holds');
    states.add(sleep!.state);
  });
  assert.deepEqual([...states], ['unknown', 'holds', 'clear']);
});

test('the declared settling is when the judgement is there', () => {
  for (const rate of [50, 62.5, 250]) {
    const gate = prepared(rate);
    const x = trialNight(rate, 12).subarray(0, gate.settleSamples + Math.ceil(0.05 * rate) + 6);
    let known = x.findIndex((_, at) => {
      gate.process(x.subarray(at, at + 1), 1);
      return gate.estimates[0]!.state !== 'unknown';
    });
    known -= gate.settleSamples;
    // A frame that is made late below 100 Hz, at most.
    assert.ok(Math.abs(known) <= 6, `${known} samples from what is declared at ${rate} Hz`);
  }
});

test('refuses a signal of which it knows nothing', () => {
  assert.throws(() => new SleepGate().prepare({ rate: 250, unit: 'g' }), /^RangeError: unit: .*"g".*"uV"/);
  assert.throws(() => prepared(2000), /^RangeError: rate: 2000 Hz is outside/);
  assert.throws(() => new SleepGate({ threshold: NaN }), /^RangeError: threshold/);
});

test('is shut before open eyes, at the front and at the vertex', (t) => {
  const path = sharedData('eeg', 'yasa', 'resting_eyes_open_2ch_200Hz.i16le.gz');
  if (path === undefined) {
    t.skip('no reference data beside the checkout');
    return;
  }
  const bytes = gunzipSync(readFileSync(path));
  for (const channel of [0, 1]) {
    const gate = prepared(200);
    let open = 0;
    const x = Float64Array.from({ length: bytes.length / 4 }, (_, n) => bytes.readInt16LE(4 * n + 2 * channel) / 10);
    x.forEach((_, at) => {
      gate.process(x.subarray(at, at + 1), 1);
      if (gate.estimates[0]!.state === 'clear') open++;
    });
    assert.ok(open / x.length <= 0.1, `channel ${channel}: open for ${open / x.length}`);
  }
});
