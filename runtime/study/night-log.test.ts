import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  endOfNightLog,
  nextNightLine,
  nightFileName,
  readNightLog,
  secondsBetween,
  wallTimes,
  type NightEntry,
  type NightTime,
} from './night-log.js';

const begun: NightEntry = {
  kind: 'begun',
  study: 'cue-night',
  participant: 'P017',
  night: 3,
  device: 'bedside-1',
  protocol: null,
  approval: null,
  by: 'AM',
};
const note = (text: string): NightEntry => ({ kind: 'mark', mark: 'note', text, by: 'AM' });
const at = (us: number, more: Partial<NightTime> = {}): NightTime => {
  return { us, boot: 'b1', wallMs: 1e12 + us / 1000, clock: 'set', zone: 'Europe/Berlin', ...more };
};

function written(...entries: readonly (readonly [NightEntry, NightTime])[]): string {
  let log = '';
  for (const [entry, time] of entries) {
    log += endOfNightLog(log) + nextNightLine(readNightLog(log).at(-1), entry, time).text;
  }
  return log;
}

test('R-42 each line holds its own hash and that of the line before, by a plain SHA-256 over the text', () => {
  const log = written([begun, at(1e6)], [note('"lamp", line\none'), at(2e6)]);
  let previous = '';
  for (const line of log.trimEnd().split('\n')) {
    const body = `${line.slice(0, line.lastIndexOf(',"previous":'))}}`;
    const hash = createHash('sha256').update(`${previous}\n${body}`).digest('hex');
    const { previous: saidBefore, hash: said } = JSON.parse(line) as { previous: string; hash: string };
    assert.deepEqual([saidBefore, said], [previous, hash]);
    previous = hash;
  }
  const [first, second] = readNightLog(log);
  assert.deepEqual([first?.entry, second?.entry, second?.n], [begun, note('"lamp", line\none'), 2]);
});

test('a last line that was cut off anywhere counts as nothing, and the next one ends and marks it', () => {
  const log = written([begun, at(1e6)]);
  const { text } = nextNightLine(readNightLog(log).at(-1), note('x'), at(2e6));
  for (let length = 1; length < text.length; length += 7) {
    const cut = log + text.slice(0, length);
    assert.equal(readNightLog(cut).length, 1);
    const more = cut + endOfNightLog(cut) + nextNightLine(readNightLog(cut).at(-1), note('y'), at(3e6)).text;
    assert.deepEqual(
      readNightLog(more).map(({ n }) => n),
      [1, 2],
    );
  }
});

test('R-42 any other damage names its line: a changed byte, a line that is gone, two that are swapped, one written again', () => {
  const log = written([begun, at(1e6)], [note('a'), at(2e6)], [note('b'), at(3e6)]);
  const [a = '', b = '', c = ''] = log.split('\n');
  for (let place = 0; place < b.length; place++) {
    const damaged = `${b.slice(0, place)}${b[place] === '~' ? '!' : '~'}${b.slice(place + 1)}`;
    assert.throws(() => readNightLog(`${[a, damaged, c].join('\n')}\n`), /line [23]/);
  }
  assert.throws(() => readNightLog(`${[a, c].join('\n')}\n`), /does not continue the line before in line 2/);
  assert.throws(() => readNightLog(`${[a, c, b].join('\n')}\n`), /line 2/);
  assert.throws(() => readNightLog(`${[a, b, b, c].join('\n')}\n`), /line 3/);
  assert.throws(() => readNightLog(`${[b, c].join('\n')}\n`), /line 1/);
  // A whole chain that somebody made anew, with the first line in the middle.
  assert.throws(() => readNightLog(written([note('a'), at(1)])), /does not begin/);
});

test('an entry that is none is refused before it is written', () => {
  const clear = { kind: 'adverseCleared', by: '', text: '' } as const;
  assert.throws(() => nextNightLine(undefined, clear, at(1)), /initials/);
  assert.throws(() => nextNightLine(undefined, { ...begun, night: 0 }, at(1)));
});

test('a night across the end of summer time keeps its order and durations', () => {
  // 2026-10-25 02:30 summer time, and an hour of the machine later: 02:30 winter time. Wall times in UTC.
  const half = Date.UTC(2026, 9, 25, 0, 30);
  const log = written(
    [begun, at(0, { wallMs: half })],
    [note('one hour later'), at(3600e6, { wallMs: half + 3600e3 })],
  );
  const lines = readNightLog(log);
  const [first, second] = lines;
  assert.ok(first && second);
  assert.equal(secondsBetween(lines, first, second), 3600);
  assert.deepEqual(
    wallTimes(lines).map((ms) => new Date(ms ?? NaN).toISOString().slice(11, 16)),
    ['00:30', '01:30'],
  );
});

test('without a clock at boot durations stand, and wall times come from when it was set', () => {
  const unset = { clock: 'unset', wallMs: 5 } as const;
  const log = written(
    [begun, at(10e6, unset)],
    [note('dark'), at(70e6, unset)],
    [note('set'), at(130e6, { wallMs: 2e12 })],
    // Another boot, whose clock was never set.
    [note('again'), at(3e6, { ...unset, boot: 'b2' })],
    [note('again'), at(9e6, { ...unset, boot: 'b2' })],
  );
  const lines = readNightLog(log);
  assert.deepEqual(wallTimes(lines), [2e12 - 120e3, 2e12 - 60e3, 2e12, undefined, undefined]);
  const between = (from: number, to: number): number => {
    const [a, b] = [lines[from], lines[to]];
    assert.ok(a && b);
    return secondsBetween(lines, a, b);
  };
  assert.deepEqual([between(0, 1), between(3, 4), between(2, 3)], [60, 6, NaN]);
});

test('nights of a participant sort by name', () => {
  assert.equal(nightFileName('cue-night', 'P017', 3), 'cue-night-P017-03.night');
});
