import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockTime, secondsUntil } from './clock-time.js';

/** Expected: ISO 8601 with the offsets of the tz database for Europe/Berlin, whose clocks went back on 25 October 2026 at 3:00. */
const zone = 'Europe/Berlin';

test('a time of day is the next one, also over the nights in which clocks change', () => {
  for (const [now, text, at] of [
    ['2026-11-28T22:10:30+01:00', '07:15', '2026-11-29T07:15:00+01:00'],
    ['2026-11-28T22:10:30+01:00', '7:15', '2026-11-29T07:15:00+01:00'],
    ['2026-11-28T22:10:30+01:00', '22:10', '2026-11-29T22:10:00+01:00'],
    ['2026-10-24T23:00:00+02:00', '07:00', '2026-10-25T07:00:00+01:00'],
    ['2026-10-24T23:00:00+02:00', '02:30', '2026-10-25T02:30:00+02:00'],
    ['2026-03-28T23:00:00+01:00', '07:00', '2026-03-29T07:00:00+02:00'],
  ] as const) {
    assert.equal(
      secondsUntil(text, Date.parse(now), zone),
      (Date.parse(at) - Date.parse(now)) / 1000,
      `${now} ${text}`,
    );
    assert.equal(clockTime(Date.parse(at), zone), text.padStart(5, '0'));
  }
});

test('what is no time, or one that no clock shows, is none', () => {
  for (const text of ['', '8', '8h', '24:00', '12:60', '7.15', '-1:00'])
    assert.ok(Number.isNaN(secondsUntil(text, Date.parse('2026-11-28T22:10:30+01:00'), zone)), text);
  assert.ok(Number.isNaN(secondsUntil('02:30', Date.parse('2026-03-28T23:00:00+01:00'), zone)));
});
