import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextNightLine, type NightEntry, type NightLine } from '../night-log.js';
import { accountOf } from './night-account.js';

/** Lines of two boots: the clock of the first is set after its second line, that of the second never. */
function logOf(entries: readonly (readonly [boot: 'a' | 'b', seconds: number, isSet: boolean, entry: NightEntry])[]) {
  const lines: NightLine[] = [];
  for (const [boot, seconds, isSet, entry] of entries) {
    const wallMs = (isSet ? Date.UTC(2026, 9, 24, 22) : 0) + seconds * 1000;
    const time = { us: seconds * 1e6, boot, wallMs, clock: isSet ? 'set' : 'unset', zone: 'Europe/Zurich' } as const;
    lines.push(nextNightLine(lines.at(-1), entry, time).line);
  }
  return lines;
}

const begun: NightEntry = {
  ...{ kind: 'begun', study: 'cue', participant: 'P001', night: 1, device: 'bed-1', approval: '2026-014', by: 'AM' },
  protocol: 'ab'.repeat(32),
};

test('a night is told by its log: steps as they went last, lights by the clock that was right in the end', () => {
  const run = (recording: string, state: 'began' | 'gone'): NightEntry => ({
    kind: 'run',
    recording,
    state,
    detail: '',
  });
  const alarm = (name: string, state: 'raised' | 'over'): NightEntry => ({
    ...{ kind: 'alarm', alarm: name, state, by: '', detail: '' },
  });
  const lines = logOf([
    ['a', 10, false, begun],
    ['a', 20, false, { kind: 'step', step: 'impedance', result: 'failed', detail: '' }],
    ['a', 30, true, { kind: 'step', step: 'impedance', result: 'ok', detail: '' }],
    ['a', 40, true, { kind: 'step', step: 'sound', result: 'skipped', detail: 'deaf on the left' }],
    ['a', 60, true, { kind: 'lightsOff', by: 'AM', untilUs: 1e12, untilWallMs: 0 }],
    ['a', 61, true, run('one', 'began')],
    ['a', 62, true, { kind: 'armed', by: 'AM', rearmed: 0 }],
    ['a', 70, true, alarm('signal-lost', 'raised')],
    ['a', 71, true, alarm('signal-lost', 'over')],
    ['a', 72, true, alarm('signal-lost', 'raised')],
    ['b', 5, false, run('one', 'gone')],
    ['b', 6, false, run('two', 'began')],
    ['b', 7, false, { kind: 'armed', by: '', rearmed: 1 }],
    ['b', 8, false, { kind: 'mark', mark: 'adverse', text: '', by: 'AM' }],
    ['b', 90, false, { kind: 'lightsOn', by: 'AM' }],
    ['b', 95, false, { kind: 'closed', outcome: 'complete', reason: '' }],
  ]);
  const { alarms, head, clocks, ...account } = accountOf(lines);
  assert.deepEqual(account, {
    ...{ outcome: 'complete', reason: '', protocol: 'ab'.repeat(32), approval: '2026-014', zone: 'Europe/Zurich' },
    ...{ lightsOffMs: Date.UTC(2026, 9, 24, 22, 1), lightsOnMs: undefined, steps: ['sound skipped'] },
    ...{ adverse: 1, rearmed: 1, rearmRefused: 0, recordings: ['one', 'two'] },
  });
  assert.deepEqual([...alarms], [['signal-lost', 2]]);
  assert.equal(head, lines.at(-1)!.hash);
  assert.deepEqual([...clocks], [['a', { us: 72e6, wallMs: Date.UTC(2026, 9, 24, 22, 1, 12) }]]);
});

test('a night that nobody closed is open, and a lost one says why', () => {
  assert.equal(accountOf(logOf([['a', 1, true, begun]])).outcome, 'open');
  const lost = logOf([
    ['a', 1, true, begun],
    ['a', 2, true, { kind: 'closed', outcome: 'lost', reason: 'the electrode broke' }],
  ]);
  const { outcome, reason } = accountOf(lost);
  assert.deepEqual([outcome, reason], ['lost', 'the electrode broke']);
});
