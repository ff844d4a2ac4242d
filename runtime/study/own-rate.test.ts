import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextNightLine, type NightEntry, type NightLimits, type NightLine } from './night-log.js';
import { ownRate } from './own-rate.js';

const locked = 'a'.repeat(64);
const slept = (stimuli: number): NightEntry => ({ kind: 'slept', seconds: 900, stimuli });
const armed = (limits: NightLimits): NightEntry => ({ kind: 'armed', by: 'AM', rearmed: 0, limits });

function night(protocol: string | null, ...entries: readonly NightEntry[]): NightLine[] {
  const begun = { study: 'cue', participant: 'P017', night: 1, device: 'bedside-1', approval: null, by: '' };
  const lines: NightLine[] = [];
  for (const entry of [{ kind: 'begun', protocol, ...begun } as const, ...entries]) {
    const time = { us: 1, boot: 'b1', wallMs: 1e12, clock: 'set', zone: 'UTC' } as const;
    lines.push(nextNightLine(lines.at(-1), entry, time).line);
  }
  return lines;
}

test('what is a sleeper’s own comes of all their nights under the same protocol whose limits nobody tightened', () => {
  const nights = [
    night(locked, armed({}), slept(10), slept(20)),
    night(locked, slept(40)),
    // Of a log that is damaged nothing is known.
    [],
    night(null, slept(1000)),
    night('b'.repeat(64), slept(2000)),
    night(locked, armed({ perHour: 10 }), slept(4000)),
    night(locked, armed({}), { kind: 'lowered', limits: { perMinute: 1 } }, slept(8000)),
  ];
  assert.deepEqual(ownRate(nights, locked), { seconds: 2700, stimuli: 70 });
  assert.deepEqual(ownRate(nights, null), { seconds: 900, stimuli: 1000 });
  assert.deepEqual(ownRate([], locked), { seconds: 0, stimuli: 0 });
});
