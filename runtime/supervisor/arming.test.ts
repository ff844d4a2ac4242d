import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armingReasons, type ArmingFacts, type ArmingWish } from './arming.js';

const wish: ArmingWish = { device: 'bedside-1', forSeconds: 8 * 3600 };
const good: ArmingFacts = {
  device: 'bedside-1',
  limits: { intervalUs: 1.5e6, perMinute: 6, perHour: 120, perNight: 600 },
  guardian: { ready: true, cause: 'ready' },
  guardianReasons: [],
  timingFaults: [],
  studyFaults: [],
  recorderProblem: '',
  budgetProblem: '',
  // A sleeper who is awake, and an electrode that still moves.
  holding: ['stale', 'settling', 'gap', 'source', 'sleep', 'movement', 'unconfirmed'],
  source: { device: 'cyton', port: '/dev/ttyUSB0', samples: 1000, notice: '' },
};

test('R-01 what the signal says is judged at each firing, not at arming', () => {
  assert.deepEqual(armingReasons(wish, good), []);
});

test('R-01 R-22 R-48 each reason against arming is one line that names thing, value and fix', () => {
  const each: [what: Partial<ArmingFacts>, asked: Partial<ArmingWish>, expected: RegExp][] = [
    [{ limits: undefined }, {}, /^this configuration stimulates nothing\. Give it policy/],
    [{}, { device: 'bedside-2' }, /^device: this is bedside-1, not bedside-2\. /],
    [{}, { device: '' }, /^device: this is bedside-1, not \. /],
    [{}, { forSeconds: 86_401 }, /^for: 86401 s is not within 24 h\. /],
    [{}, { forSeconds: 0 }, /^for: 0 s/],
    [{}, { forSeconds: NaN }, /^for: NaN s/],
    [{}, { forSeconds: Infinity }, /^for: Infinity s/],
    [{}, { perMinute: 7 }, /^perMinute: 7 is above 6, as configured\. /],
    [{}, { perHour: 121 }, /^perHour: 121 is above 120/],
    [{}, { perNight: 601 }, /^perNight: 601 is above 600/],
    [{}, { perNight: NaN }, /^perNight: NaN is above 600/],
    [{}, { intervalUs: 1e6 }, /^interval: 1 s is below 1\.5 s, as configured\. /],
    [{}, { gainDb: 1 }, /^gain: 1 dB is above 0 dB/],
    [{ guardian: { ready: false, cause: 'latched' } }, {}, /^guardian: not ready \(latched\)\. /],
    [{ guardianReasons: ['the button is pressed. Release it.'] }, {}, /^the button is pressed\. Release it\.$/],
    [{ timingFaults: ['timing.json: gain 24. Measure anew.'] }, {}, /^timing\.json: gain 24\. Measure anew\.$/],
    [{ studyFaults: ['study: gate.perMinute is 8, locked as 6.'] }, {}, /^study: gate\.perMinute is 8, locked as 6\.$/],
    [{ recorderProblem: 'night.db: the disk is full. Free some.' }, {}, /^night\.db: the disk is full/],
    [{ budgetProblem: 'budget.json: is damaged. Reset it.', holding: ['budget'] }, {}, /^budget\.json: is damaged/],
    [{ holding: ['recorder'] }, {}, /^recorder: behind/],
    [{ holding: ['disk'] }, {}, /^disk: nearly full/],
    [{ holding: ['budget'] }, {}, /^budget: /],
    [{ holding: ['clock'] }, {}, /^clock: /],
    [{ holding: ['per-day'] }, {}, /^perNight: used up by the last 24 hours/],
    [{ holding: ['per-night'] }, {}, /^perNight: used up by this night/],
    [
      { source: { ...good.source, samples: 0, notice: 'no such device' }, holding: ['clock'] },
      {},
      /^source: cyton on \/dev\/ttyUSB0 has given no sample yet \(no such device\)\. Connect it/,
    ],
  ];
  for (const [facts, asked, expected] of each) {
    const reasons = armingReasons({ ...wish, ...asked }, { ...good, ...facts });
    assert.equal(reasons.length, 1, reasons.join('\n'));
    assert.match(reasons[0]!, expected);
    assert.ok(!reasons[0]!.includes('\n'));
  }
});

test('R-01 all reasons come at once', () => {
  const reasons = armingReasons(
    { device: 'other', forSeconds: 1e9, perMinute: 99, perHour: 999, perNight: 9999, intervalUs: 0, gainDb: 6 },
    {
      ...good,
      guardian: { ready: false, cause: 'exited' },
      guardianReasons: ['mixer: 90 %', 'condition: no row'],
      recorderProblem: 'the recorder thread died',
      budgetProblem: 'budget: damaged',
      holding: ['disk', 'recorder', 'budget', 'clock', 'per-day', 'per-night'],
      source: { ...good.source, samples: 0 },
    },
  );
  assert.equal(reasons.length, 16, reasons.join('\n'));
});

test('R-02 limits that are as configured, or tighter, are no reason', () => {
  const tighter = { perMinute: 6, perHour: 0, perNight: 10, intervalUs: 2e6, gainDb: -6 };
  assert.deepEqual(armingReasons({ ...wish, ...tighter, forSeconds: 86_400 }, good), []);
});
