import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BeatWatch, beatTimeoutUs, tickUs } from './beat-watch.js';

/** A watch with a clock of its own: time passes in ticks, with beats or without. */
class Rig {
  readonly watch = new BeatWatch();
  nowUs = 1e6;
  beatUs = 0;

  tick(periodUs: number, beats: boolean): string {
    this.nowUs += periodUs;
    if (beats) this.beatUs = this.nowUs;
    return this.watch.tick(this.nowUs, this.beatUs);
  }

  pass(us: number, beats: boolean): string {
    for (const endUs = this.nowUs + us; this.nowUs < endUs;) this.tick(tickUs, beats);
    return this.watch.state;
  }
}

/** On time, a little late, and later than three ticks. */
const period = fc.oneof(
  { weight: 8, arbitrary: fc.constant(tickUs) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 12e3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 12e3, max: 300e3 }) },
);
const life = fc.array(
  fc.record({
    ticks: fc.integer({ min: 1, max: 40 }),
    beats: fc.boolean(),
    periods: fc.array(period, { minLength: 1 }),
  }),
  { maxLength: 30 },
);

test('R-13 never ready two ticks after the newest beat became older than 40 ms, whatever stalls', () => {
  fc.assert(
    fc.property(life, (spans) => {
      const rig = new Rig();
      let overdueTicks = 0;
      for (const { ticks, beats, periods } of spans) {
        for (let i = 0; i < ticks; i++) {
          const periodUs = periods[i % periods.length]!;
          const state = rig.tick(periodUs, beats);
          overdueTicks = rig.nowUs - rig.beatUs > beatTimeoutUs ? overdueTicks + 1 : 0;
          const onTime = periodUs <= 3 * tickUs;
          if (overdueTicks >= 2 || (overdueTicks === 1 && onTime)) assert.notEqual(state, 'ready');
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('R-13 R-15 with ticks on time, never ready more than 40 ms and two ticks after the last beat', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ us: fc.integer({ min: 1, max: 3e5 }), beats: fc.boolean() })), (spans) => {
      const rig = new Rig();
      for (const { us, beats } of spans) {
        for (const endUs = rig.nowUs + us; rig.nowUs < endUs;) {
          if (rig.tick(tickUs, beats) === 'ready') assert.ok(rig.nowUs - rig.beatUs <= beatTimeoutUs + 2 * tickUs);
        }
      }
    }),
  );
});

test('R-13 latched stays latched, whatever comes', () => {
  fc.assert(
    fc.property(life, (spans) => {
      const rig = new Rig();
      rig.pass(20e3, true);
      rig.pass(1.1e6, false);
      assert.equal(rig.watch.state, 'latched');
      for (const { ticks, beats, periods } of spans) {
        for (let i = 0; i < ticks; i++) assert.equal(rig.tick(periods[i % periods.length]!, beats), 'latched');
      }
    }),
  );
});

test('R-13 no beat yet: it waits, for however long', () => {
  const rig = new Rig();
  assert.equal(rig.pass(5e6, false), 'waiting');
  assert.equal(rig.tick(tickUs, true), 'ready');
});

test('R-13 40 ms without a beat: rest; beats return: ready', () => {
  const rig = new Rig();
  rig.pass(100e3, true);
  assert.equal(rig.pass(40e3, false), 'ready');
  assert.equal(rig.tick(tickUs, false), 'resting');
  assert.equal(rig.pass(900e3, false), 'resting');
  assert.equal(rig.tick(tickUs, true), 'ready');
});

test('R-13 a second without a beat latches', () => {
  const rig = new Rig();
  rig.pass(100e3, true);
  assert.equal(rig.pass(1e6, false), 'resting');
  assert.equal(rig.tick(tickUs, false), 'latched');
});

test('R-13 the third rest in ten minutes latches; slower ones never do', () => {
  const quick = new Rig();
  const states = [1, 2, 3].map(() => {
    quick.pass(1e6, true);
    return quick.pass(48e3, false);
  });
  assert.deepEqual(states, ['resting', 'resting', 'latched']);
  const slow = new Rig();
  for (let i = 0; i < 6; i++) {
    slow.pass(301e6, true);
    assert.equal(slow.pass(48e3, false), 'resting', `rest ${i + 1}`);
  }
});

test('R-13 a stall of the guardian itself is excused for one tick, not for two late ones', () => {
  const rig = new Rig();
  rig.pass(100e3, true);
  assert.equal(rig.tick(80e3, false), 'ready');
  assert.equal(rig.tick(tickUs, true), 'ready', 'the beats were there, unread');
  assert.equal(rig.tick(80e3, false), 'ready');
  assert.equal(rig.tick(13e3, false), 'resting', 'still none, and late again');
});
