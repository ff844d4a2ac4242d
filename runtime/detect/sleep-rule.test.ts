import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SleepRule, type SleepRuleOptions } from './sleep-rule.js';
import { bandAt, bandCount, type BandName } from './spindle-t1/band-powers.js';
import { SpindleFeatures } from './spindle-t1/features.js';
import { trialNight } from './sleep-rule.test.fixture.js';

interface Golden {
  readonly rate: number;
  readonly frames: number;
  readonly depth: Readonly<Record<string, number>>;
  readonly turns: readonly number[];
}
const golden = JSON.parse(
  readFileSync(new URL('../../../runtime/detect/fixtures/sleep-rule.golden.json', import.meta.url), 'utf8'),
) as Golden[];

for (const { rate, frames, depth, turns } of golden) {
  test(`equals NumPy at ${rate} Hz, frame by frame, on the band powers of the spindle network`, () => {
    const features = new SpindleFeatures();
    features.prepare({ rate, unit: 'uV' });
    const rule = new SleepRule();
    const turned: number[] = [];
    let wasAsleep = false;
    trialNight(rate, 150).forEach((_, at, x) => {
      if (!features.push(x, at)) return;
      rule.push(features.logPowers);
      assert.equal(features.depth, rule.isAroused ? -Infinity : rule.depth + 1);
      const expected = depth[features.frame];
      if (expected !== undefined) assert.ok(Math.abs(rule.depth - expected) < 1e-9, `${rule.depth}, not ${expected}`);
      if (rule.isAsleep !== wasAsleep) turned.push(features.frame);
      wasAsleep = rule.isAsleep;
    });
    assert.equal(features.frame, frames - 1);
    assert.deepEqual(turned, turns);
    assert.ok(turns.length > 2);
  });
}

/** Whether somebody is asleep after each of `seconds` of frames in which these bands have these levels. */
function judge(rule: SleepRule, seconds: number, levels: Partial<Record<BandName, number>>): boolean[] {
  const frame = new Float64Array(bandCount);
  for (const [band, level] of Object.entries(levels)) frame[bandAt[band as BandName]] = level;
  return Array.from({ length: seconds }, () => {
    for (let n = 0; n < 20; n++) rule.push(frame);
    return rule.isAsleep;
  });
}
const asleep = { delta: 4, theta: 4, alpha: 1, beta: 0, highBeta: -1 };
const awake = { delta: 2, theta: 1.5, alpha: 1.5, beta: 0, highBeta: -1 };

test('nothing is known for ten seconds, and a reset forgets all', () => {
  const rule = new SleepRule();
  assert.equal(judge(rule, 9, asleep).indexOf(true), -1);
  assert.equal(rule.isKnown, false);
  assert.deepEqual(judge(rule, 2, asleep), [true, true]);
  assert.ok(rule.isKnown);
  rule.reset();
  assert.equal(rule.isKnown, false);
  assert.equal(rule.depth, 0);
  judge(rule, 40, awake);
  assert.equal(rule.isAsleep, false);
});

test('takes some seconds to believe in sleep and in waking', () => {
  const rule = new SleepRule();
  judge(rule, 120, awake);
  const falling = judge(rule, 120, asleep).indexOf(true);
  // From 1 to 3.5 octaves with 15 s: 2.4 is passed after 15 ln (2.5 ÷ 1.1) s.
  assert.equal(falling, 12);
  assert.equal(judge(rule, 120, awake).indexOf(false), 8);
});

test('an arousal ends sleep at once and for ten seconds, however deep it was', () => {
  const arousal = { ...asleep, delta: 8, theta: 7, alpha: 5, beta: 4, highBeta: 3 };
  for (const [options, calm] of [
    [{}, 10],
    [{ calmSeconds: 40 }, 40],
  ] as [Partial<SleepRuleOptions>, number][]) {
    const rule = new SleepRule(options);
    judge(rule, 200, asleep);
    assert.deepEqual(judge(rule, 2, arousal), [false, false]);
    const after = judge(rule, 60, asleep).indexOf(true);
    assert.ok(Math.abs(after - calm) <= 1, `${after} s`);
  }
});

test('gain does not matter, a recorder that ends at 20 Hz little', () => {
  const louder = Object.fromEntries(Object.entries(awake).map(([band, level]) => [band, level + 6]));
  const cut = { ...awake, beta: awake.beta - 1, highBeta: awake.highBeta - 3 };
  for (const levels of [louder, cut]) assert.equal(judge(new SleepRule(), 300, levels).indexOf(true), -1);
});

test('refuses what is no option', () => {
  assert.throws(
    () => new SleepRule({ threshold: NaN }),
    /^RangeError: threshold: NaN is no number of octaves\. Use 2\.4/,
  );
  assert.throws(() => new SleepRule({ calmSeconds: -1 }), /^RangeError: calmSeconds: -1 is no time/);
});
