import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Command, HardLimits } from '../contracts.js';
import { hardLimits } from './actuators.js';
import { FireRules } from './fire-rules.js';

const limits: HardLimits = { intervalUs: 10e6, durationUs: 1e6, perMinute: 4, perHour: 40, perNight: 60 };
const hourUs = 3600e6;

function fire(command: number, changes: Partial<Command> = {}): Command {
  return {
    kind: 'fire',
    sequence: 0,
    cycle: 0,
    command,
    fireAtUs: 0,
    expiresUs: Infinity,
    durationUs: 5e4,
    variant: 0,
    gainDb: 0,
    lease: 0,
    ...changes,
  };
}

/** Rules that have fired command 1 at one second. */
function firedOnce(): FireRules {
  const rules = new FireRules(limits);
  assert.equal(rules.judge(fire(1), 1e6), '');
  rules.fired(1e6, 5e4);
  return rules;
}

test('R-10 no window ever holds more stimuli than its limit, and none is refused without need, by a recount', () => {
  fc.assert(
    fc.property(
      // Waits that crowd the minute, the hour and the day.
      fc.array(
        fc.oneof(
          fc.constantFrom(10e6, 60e6 - 40e6, 20e6, 300e6, hourUs),
          fc.integer({ min: 0, max: 20e6 }),
          fc.integer({ min: 0, max: 3 * 3600 }).map((seconds) => seconds * 1e6),
        ),
        { minLength: 100, maxLength: 400 },
      ),
      (waits) => {
        const rules = new FireRules(limits);
        const starts: number[] = [];
        let nowUs = 1e6;
        waits.forEach((wait, place) => {
          nowUs += wait;
          const within = (us: number): number => starts.filter((start) => nowUs - start < us).length;
          const expected =
            within(limits.intervalUs) >= 1
              ? 'interval'
              : within(60e6) >= limits.perMinute
                ? 'per-minute'
                : within(hourUs) >= limits.perHour
                  ? 'per-hour'
                  : within(24 * hourUs) >= limits.perNight
                    ? 'per-night'
                    : '';
          assert.equal(rules.judge(fire(place + 1), nowUs), expected);
          if (expected !== '') return;
          rules.fired(nowUs, 5e4);
          starts.push(nowUs);
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('R-10 each window refuses by its own name, up to its last microsecond', () => {
  const rules = new FireRules(limits);
  let command = 0;
  let nowUs = 0;
  const shoot = (us: number): string => {
    nowUs = us;
    const verdict = rules.judge(fire(++command), us);
    if (verdict === '') rules.fired(us, 5e4);
    return verdict;
  };
  for (let i = 0; i < 4; i++) assert.equal(shoot(10e6 * i), '');
  assert.equal(shoot(40e6 - 1), 'interval');
  assert.equal(shoot(60e6 - 1), 'per-minute');
  assert.equal(shoot(60e6), '');
  for (let i = 5; i < 40; i++) assert.equal(shoot(60e6 * (i + 1)), '');
  assert.equal(shoot(hourUs - 1), 'per-hour');
  assert.equal(shoot(hourUs), '');
  for (let i = 41; i < 60; i++) assert.equal(shoot(2 * hourUs + 100e6 * i), '');
  assert.equal(shoot(24 * hourUs - 1), 'per-night');
  assert.equal(shoot(24 * hourUs), '');
  assert.equal(nowUs, 24 * hourUs);
});

test('R-10 a duration above the hard limit, of nothing or of no number is refused', () => {
  for (const durationUs of [1e6 + 1, 0, -1, NaN, Infinity]) {
    assert.equal(new FireRules(limits).judge(fire(1, { durationUs }), 1e6), 'duration', String(durationUs));
  }
  assert.equal(new FireRules(limits).judge(fire(1, { durationUs: 1e6 }), 1e6), '');
});

test('R-11 a command number that does not rise is a replay, even if its first judgement was a refusal', () => {
  const rules = firedOnce();
  for (const command of [1, 0, -1, NaN]) assert.equal(rules.judge(fire(command), 100e6), 'replayed', String(command));
  assert.equal(rules.judge(fire(5, { durationUs: 2e6 }), 100e6), 'duration');
  assert.equal(rules.judge(fire(5), 100e6), 'replayed');
  assert.equal(rules.judge(fire(6), 100e6), '');
});

test('R-11 a command past its time is refused, at once or planned', () => {
  const at = (changes: Partial<Command>): string => new FireRules(limits).judge(fire(1, changes), 10e6);
  assert.equal(at({ expiresUs: 10e6 - 1 }), 'expired');
  assert.equal(at({ expiresUs: 10e6 }), '');
  assert.equal(at({ expiresUs: NaN }), 'expired');
  assert.equal(at({ fireAtUs: 10e6 + 5e3, expiresUs: 10e6 + 4e3 }), 'expired');
  assert.equal(at({ fireAtUs: 10e6 - 5e3 }), '');
  assert.equal(at({ fireAtUs: 10e6 - 5e3 - 1 }), 'expired');
});

test('R-11 a command planned more than 20 ms ahead is refused, and one at no time', () => {
  const at = (fireAtUs: number): string => new FireRules(limits).judge(fire(1, { fireAtUs }), 10e6);
  assert.equal(at(10e6 + 20e3), '');
  assert.equal(at(10e6 + 20e3 + 1), 'too far ahead');
  assert.equal(at(Infinity), 'too far ahead');
});

test('R-10 the interval counts to the planned start', () => {
  const rules = firedOnce();
  assert.equal(rules.judge(fire(2, { fireAtUs: 11e6 - 1 }), 11e6 - 15e3), 'interval');
  assert.equal(rules.judge(fire(3, { fireAtUs: 11e6 }), 11e6 - 15e3), '');
});

test('R-10 R-14 nothing fires while a stimulus lasts: a row of overlapping ones would never end', () => {
  const rules = new FireRules({ ...limits, intervalUs: 400e3 });
  assert.equal(rules.judge(fire(1, { durationUs: 1e6 }), 1e6), '');
  rules.fired(1e6, 1e6);
  assert.equal(rules.judge(fire(2), 2e6 - 1), 'interval');
  assert.equal(rules.judge(fire(3), 2e6), '');
});

test('R-10 a clock that runs backwards refuses', () => {
  assert.equal(firedOnce().judge(fire(2), 0.5e6), 'interval');
});

test('R-10 the hard limits of the kinds that a person can meet are those of SAFETY.md', () => {
  const written = { intervalUs: 400e3, durationUs: 1e6, perMinute: 60, perHour: 1200, perNight: 6000 };
  assert.deepEqual(hardLimits['serial-trigger'], written);
  assert.deepEqual(hardLimits.virtual, written);
  assert.deepEqual(hardLimits.audio, { ...written, durationUs: 5e6 });
  assert.deepEqual(hardLimits.bridge, { ...written, intervalUs: 410e3, perMinute: 59 });
});
