import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArmCause, event, inhibitor } from './events.test.fixture.js';
import { armedTime } from './armed-time.js';
import { inOrder, secondsBetween, utcOf, type NightPart } from './nights.js';

const part = (boot: string, startUs: number, endUs: number, wallOffsetMs: number): NightPart => ({
  ...{
    id: '',
    boot,
    startUs,
    endUs,
    wallOffsetMs,
    timeZone: 'Europe/Zurich',
    lock: undefined,
    firstSample: 0,
    recordedSeconds: 0,
  },
  ...{ armed: armedTime([], 0), stimuli: [], stages: new Map() },
});

test('armed minutes are those between arming and disarming, and what held in them counts by its cause', () => {
  const us = (seconds: number): number => seconds * 1e6;
  const { armedUs, inhibitedUs, byReason } = armedTime(
    [
      inhibitor(us(0), 'stale', 'clear'),
      event('armed', us(10), {}),
      inhibitor(us(40), 'sleep', 'clear'), // unknown until now: 30 s of the armed ones
      inhibitor(us(50), 'movement', 'holds'),
      inhibitor(us(55), 'sleep', 'holds'),
      inhibitor(us(60), 'movement', 'clear'),
      inhibitor(us(65), 'sleep', 'clear'),
      event('refusal', us(70), { reasons: 1 << 17 }), // mains: nothing ever judged it
      event('armed', us(80), {}), // tightened
      event('disarmed', us(100), { cause: ArmCause.request }),
      inhibitor(us(110), 'sleep', 'holds'),
      event('armed', us(120), {}),
    ],
    us(125),
  );
  assert.equal(armedUs, us(95));
  // Movement had told nothing before it held: unknown from the start, so for 40 s, and for 10 s then.
  assert.deepEqual(Object.fromEntries([...byReason].map(([reason, time]) => [reason, time / 1e6])), {
    stale: 0,
    sleep: 30 + 10 + 5,
    movement: 40 + 10,
    mains: 95,
  });
  assert.equal(inhibitedUs, us(95));
});

test('R-57 a night across the autumn clock change keeps order and durations, for both are of the monotonic clock', () => {
  // 2026-10-25 in Zurich: 03:00 summer time is 02:00 winter time. The second recording begins at the later 02:10.
  const startMs = Date.UTC(2026, 9, 24, 22, 0);
  const first = part('a', 0, 3 * 3600e6, startMs); // from 00:00 to 03:00, that is 02:00
  const second = part('a', 3 * 3600e6 + 600e6, 6 * 3600e6, startMs);
  assert.equal(secondsBetween(first, second), 600);
  assert.equal(utcOf(second, second.startUs), '2026-10-25T01:10:00.000Z');
  const times = [second, first].map(({ boot, startUs }) => ({ id: '', boot, startUs, startWallMs: NaN }));
  assert.deepEqual(
    inOrder(times, []).map(({ startUs }) => startUs),
    [0, 3 * 3600e6 + 600e6],
  );
});

test('R-57 a night with no clock at boot keeps order and durations; what lies between its boots is bounded, not guessed', () => {
  const known = part('a', 100e6, 3700e6, 1.7e12);
  const unset = part('b', 20e6, 1820e6, NaN);
  assert.equal(utcOf(unset, unset.startUs), undefined);
  assert.ok(Number.isNaN(secondsBetween(known, unset)));
  // The board began in 1970, but the night's log names it second.
  const times = [
    { id: 'later', boot: 'b', startUs: 20e6, startWallMs: 20_000 },
    { id: 'latest', boot: 'b', startUs: 60e6, startWallMs: 60_000 },
    { id: 'first', boot: 'a', startUs: 100e6, startWallMs: 1.7e12 },
  ];
  assert.deepEqual(
    inOrder(times, ['first', 'later']).map(({ id }) => id),
    ['first', 'later', 'latest'],
  );
  // Two boots with clocks: the second began 300 s after the first had ended.
  assert.equal(secondsBetween(known, part('c', 5e6, 10e6, 1.7e12 + 3700e3 + 300e3 - 5e3)), 300);
});
