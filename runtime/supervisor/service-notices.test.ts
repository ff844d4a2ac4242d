import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceNotices, type Progress } from './service-notices.js';

/** Lines of beats every 50 ms, with the second at which each was told. */
function told(seconds: number, at: (second: number) => Partial<Progress>, watchdogSeconds = Infinity): string[] {
  const notices = new ServiceNotices(watchdogSeconds * 1e6);
  const lines: string[] = [];
  for (let beat = 0; beat < seconds * 20; beat++) {
    const second = beat / 20;
    const progress = { cycle: beat, delivering: true, behindUs: 0.2e6, text: 'streams', ...at(second) };
    for (const line of notices.beat(second * 1e6, progress)) lines.push(`${second} ${line}`);
  }
  return lines;
}
const of = (lines: readonly string[], word: string): number[] =>
  lines.filter((line) => line.includes(` ${word}`)).map((line) => Number(line.split(' ')[0]));

test('ready once, with the first samples that are on disk; until then more time is asked for', () => {
  const lines = told(12, (second) => ({ delivering: second >= 5, behindUs: second < 7 ? NaN : 0.2e6 }));
  assert.deepEqual(of(lines, 'READY=1'), [7]);
  // Within the twenty seconds that each asks for, and none afterwards.
  assert.deepEqual(of(lines, 'EXTEND_TIMEOUT_USEC=20000000'), [0, 1, 2, 3, 4, 5, 6]);
  assert.ok(of(lines, 'WATCHDOG=1').every((second) => second >= 7));
});

test('it beats four times in the time that systemd waits, and at least once a second', () => {
  assert.deepEqual(
    of(
      told(2, () => ({}), 2),
      'WATCHDOG=1',
    ),
    [0, 0.5, 1, 1.5],
  );
  assert.deepEqual(
    of(
      told(3, () => ({}), 30),
      'WATCHDOG=1',
    ),
    [0, 1, 2],
  );
});

test('a device that goes silent is told, and no reason to start again', () => {
  const lines = told(6, (second) => (second < 2 ? {} : { delivering: false, text: 'waiting for cyton' }));
  assert.deepEqual(of(lines, 'WATCHDOG=1'), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(of(lines, 'STATUS=waiting for cyton'), [2]);
});

test('no beat while the loop stands still, before readiness no more time, and it is told why', () => {
  const ready = told(6, (second) => (second < 3 ? {} : { cycle: 60 }));
  assert.deepEqual(of(ready, 'WATCHDOG=1'), [0, 1, 2, 3, 4]);
  assert.deepEqual(of(ready, 'STATUS=the loop stands still; streams'), [5]);
  const waiting = told(6, () => ({ cycle: 1, delivering: false }));
  assert.deepEqual(of(waiting, 'EXTEND_TIMEOUT_USEC'), [0, 1]);
});

test('no beat while the recorder has not written for ten seconds', () => {
  const lines = told(16, (second) => ({ behindUs: Math.max(0.2, second - 2) * 1e6 }));
  assert.equal(of(lines, 'WATCHDOG=1').at(-1), 12);
  assert.deepEqual(of(lines, 'STATUS=the recorder has not written'), [13]);
});

test('what is told is one line each, and nothing after the last words', () => {
  const notices = new ServiceNotices(Infinity);
  const progress = { cycle: 1, delivering: false, behindUs: 0, text: 'two\nlines\nWATCHDOG=1' };
  assert.deepEqual(notices.beat(0, progress), ['EXTEND_TIMEOUT_USEC=20000000', 'STATUS=two lines WATCHDOG=1']);
  assert.deepEqual(notices.stop(), ['STOPPING=1', 'STATUS=ending']);
  assert.deepEqual(notices.stop(), []);
  assert.deepEqual(notices.beat(5e6, { ...progress, cycle: 2 }), []);
});
