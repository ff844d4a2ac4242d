import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noFaults, parseFaults, spellAt } from './faults.js';

test('each kind of fault is read', () => {
  assert.deepEqual(
    parseFaults([
      'drop:0.01',
      'duplicate:1',
      'corrupt:0.5',
      'garbage:1e-3',
      'burst:16ms',
      'drift:-1320ppm',
      'stall:5s@30s',
      'unplug:1s@60s+2m',
      'power-off:3.5s@40s',
    ]),
    {
      drop: 0.01,
      duplicate: 1,
      corrupt: 0.5,
      garbage: 0.001,
      burstMs: 16,
      driftPpm: -1320,
      spells: [
        { kind: 'stall', durationMs: 5000, atMs: 30_000, everyMs: 0 },
        { kind: 'unplug', durationMs: 1000, atMs: 60_000, everyMs: 120_000 },
        { kind: 'power-off', durationMs: 3500, atMs: 40_000, everyMs: 0 },
      ],
    },
  );
  assert.deepEqual(parseFaults([]), noFaults());
});

for (const [spec, fix] of [
  ['explode:1', /drop, duplicate, corrupt/],
  ['drop', /drop:0\.01/],
  ['drop:0', /drop:0\.01/],
  ['drop:1.5', /drop:0\.01/],
  ['corrupt:many', /corrupt:0\.01/],
  ['burst:16', /16ms, 5s or 1m/],
  ['burst:0ms', /16ms, 5s or 1m/],
  ['drift:1320', /drift:1320ppm/],
  ['drift:30000ppm', /at most 20000/],
  ['stall:5s', /stall:2s@30s/],
  ['unplug:@30s', /16ms, 5s or 1m/],
  ['power-off:3s@soon', /16ms, 5s or 1m/],
  ['stall:5s@30s+never', /16ms, 5s or 1m/],
] as const) {
  test(`${spec} is refused, with its name and the fix`, () => {
    assert.throws(
      () => parseFaults([spec]),
      (error) => error instanceof RangeError && error.message.includes(spec) && fix.test(error.message),
    );
  });
}

test('a spell holds for its duration, once or again and again', () => {
  const once = parseFaults(['stall:5s@30s']).spells;
  assert.deepEqual(
    [29_999, 30_000, 34_999, 35_000, 95_000].map((ms) => spellAt(once, ms)?.kind),
    [undefined, 'stall', 'stall', undefined, undefined],
  );
  const often = parseFaults(['unplug:1s@60s+120s']).spells;
  assert.deepEqual(
    [0, 60_500, 61_000, 180_500, 300_999, 301_000].map((ms) => spellAt(often, ms)?.kind),
    [undefined, 'unplug', undefined, 'unplug', 'unplug', undefined],
  );
});

test('any text is read or refused with a RangeError', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((value) => `stall:${value}`),
    fc.stringMatching(/^drop:[\d.e-]{0,9}$/),
  );
  fc.assert(
    fc.property(text, (spec) => {
      try {
        parseFaults([spec]);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
  );
});
