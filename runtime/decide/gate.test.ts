import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { refusalReasons, type EstimateReason, type RefusalReason, type StimulusRequest } from '../contracts.js';
import { Gate } from './gate.js';

const limits = { intervalUs: 1.5e6, perMinute: 6, perHour: 20, perNight: 30 };

/** What holds a gate that requires nothing: `refusalReasons` from `stale` to `unconfirmed`, the recorder's, and the clock. */
const inhibitorNames = [...refusalReasons.slice(6, 16), 'budget', 'recorder', 'disk', 'clock'] as const;

/** In the order in which refusals name them. */
function inOrder(...reasons: RefusalReason[]): RefusalReason[] {
  return refusalReasons.filter((name) => reasons.includes(name));
}

function readyGate(...required: EstimateReason[]): Gate {
  const gate = new Gate(limits, required);
  for (const { name } of gate.inhibitors) gate.inhibit(name, 'clear', 0);
  gate.arm(Infinity, NaN, NaN, NaN, NaN, NaN);
  gate.lease(1, 1e9, Infinity, 0);
  return gate;
}

function request(atUs: number, fireAtUs = 0): StimulusRequest {
  return { detector: 0, onset: 0, fireAtUs, expiresUs: atUs + 1e5, variant: 0, withheld: false };
}

function names(reasons: number): RefusalReason[] {
  return refusalReasons.filter((_, place) => (reasons & (1 << place)) !== 0);
}

test('R-01 a new gate is disarmed and refuses with every reason it knows of', () => {
  const reasons = names(new Gate(limits).decide(request(1e6), 1e6));
  assert.deepEqual(reasons, inOrder('disarmed', ...inhibitorNames, 'lease'));
});

test('R-01 arming ends by itself at its time', () => {
  const gate = readyGate();
  gate.arm(10e6, NaN, NaN, NaN, NaN, NaN);
  assert.deepEqual(names(gate.decide(request(9.9e6), 9.9e6)), []);
  assert.deepEqual(names(gate.decide(request(12e6), 12e6)), ['disarmed']);
  assert.deepEqual(names(gate.decide(request(9.99e6, 10.005e6), 9.99e6)), ['disarmed', 'expired', 'interval']);
});

test('R-03 one inhibitor that holds or is unknown is enough, and is named', () => {
  for (const name of inhibitorNames) {
    for (const state of ['holds', 'unknown'] as const) {
      const gate = readyGate();
      gate.inhibit(name, state, 0);
      assert.deepEqual(names(gate.decide(request(1e6), 1e6)), [name]);
    }
  }
});

test('R-09 a required judgement is unknown at first, and holds like any other inhibitor', () => {
  const gate = new Gate(limits, ['sleep', 'saturation']);
  assert.deepEqual(names(gate.decide(request(1e6), 1e6)), inOrder('disarmed', ...inhibitorNames, 'sleep', 'lease'));
  const ready = readyGate('sleep', 'movement');
  assert.equal(ready.holding, 0);
  ready.inhibit('movement', 'holds', 0);
  assert.deepEqual(names(ready.holding), ['movement']);
  assert.deepEqual(names(ready.decide(request(1e6), 1e6)), ['movement']);
});

test('R-09 what is not required does not hold, and cannot be told to: a mistake in the loop shows', () => {
  assert.throws(() => readyGate('sleep').inhibit('mains', 'holds', 0), /mains: is no inhibitor of this gate/);
});

test('R-04 an expired request, a clock that runs backwards and a time that is no number are refused', () => {
  const gate = readyGate();
  assert.deepEqual(names(gate.decide({ ...request(1e6), expiresUs: 0.9e6 }, 1e6)), ['expired']);
  assert.deepEqual(names(gate.decide({ ...request(1e6), expiresUs: NaN }, 1e6)), ['expired']);
  assert.deepEqual(names(gate.decide(request(0.5e6), 0.5e6)), ['expired']);
  assert.deepEqual(names(gate.decide(request(1e6, NaN), 1e6)), ['disarmed', 'expired', 'lease']);
  assert.ok(gate.decide(request(NaN), NaN) !== 0);
});

test('R-04 what is due more than 20 ms ahead is refused: it comes again, and is judged when it is due', () => {
  const gate = readyGate();
  assert.deepEqual(names(gate.decide(request(1e6, 1.0201e6), 1e6)), ['expired']);
  assert.equal(gate.decide(request(1e6, 1.02e6), 1e6), 0);
});

test('R-02 a limit that is no whole number permits no stimulus more than it says', () => {
  const gate = readyGate();
  gate.lower(2.5, NaN, NaN, NaN, NaN);
  const permitted = [1, 3, 5, 7].filter((second) => gate.decide(request(second * 1e6), second * 1e6) === 0);
  assert.deepEqual(permitted, [1, 3]);
  gate.lower(-1, NaN, NaN, NaN, NaN);
  assert.deepEqual(names(gate.decide(request(200e6), 200e6)), ['per-minute']);
});

test('R-02 arming and lowering can only tighten limits', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.double(), fc.double(), fc.double(), fc.double()), { maxLength: 8 }), (steps) => {
      const gate = readyGate();
      steps.forEach((step, place) => {
        if (place % 2 === 0) gate.arm(Infinity, ...step, NaN);
        else gate.lower(...step, NaN);
      });
      assert.ok(gate.limits.perMinute <= limits.perMinute);
      assert.ok(gate.limits.perHour <= limits.perHour);
      assert.ok(gate.limits.perNight <= limits.perNight);
      assert.ok(gate.limits.intervalUs >= limits.intervalUs);
    }),
  );
});

test('R-02 no window ever holds more stimuli than its limit, by a recount of all permits', () => {
  const step = fc.record({
    waitUs: fc.oneof(fc.double({ min: 0, max: 5e6, noNaN: true }), fc.double({ min: 0, max: 1800e6, noNaN: true })),
    aheadUs: fc.double({ min: -1e4, max: 2e4, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const gate = readyGate();
      const permits: number[] = [];
      let now = 0;
      for (const { waitUs, aheadUs } of steps) {
        now += waitUs;
        const fireUs = Math.max(now, now + aheadUs);
        if (gate.decide(request(now, now + aheadUs), now) === 0) permits.push(fireUs);
        else if (permits.length === 0) assert.fail('the first request of a ready gate is permitted');
      }
      permits.forEach((at, place) => {
        const within = (us: number): number => permits.filter((other, p) => p <= place && other > at - us).length;
        assert.ok(within(60e6) <= limits.perMinute && within(3600e6) <= limits.perHour);
        assert.ok(within(24 * 3600e6) <= limits.perNight);
        if (place > 0) assert.ok(at - (permits[place - 1] ?? 0) >= limits.intervalUs);
      });
    }),
  );
});

test('R-02 a refused request uses up nothing', () => {
  const gate = readyGate();
  gate.inhibit('gap', 'holds', 0);
  for (let i = 0; i < 100; i++) gate.decide(request(i * 1e6), i * 1e6);
  gate.inhibit('gap', 'clear', 100e6);
  assert.equal(gate.decide(request(101e6), 101e6), 0);
});

test('R-19 without a lease nothing is permitted; one is used up, expires, and ends with its arming', () => {
  const gate = new Gate({ ...limits, intervalUs: 0 });
  for (const { name } of gate.inhibitors) gate.inhibit(name, 'clear', 0);
  assert.equal(gate.lease(1, 5, Infinity, 0), 0); // disarmed: nobody asked for it
  gate.arm(Infinity, NaN, NaN, NaN, NaN, NaN);
  assert.deepEqual(names(gate.decide(request(1e6), 1e6)), ['lease']);
  assert.equal(gate.lease(2, 2, 10e6, 1e6), 2);
  assert.equal(gate.lease(2, 2, Infinity, 1e6), 0); // told twice
  for (const expected of [[], [], ['lease']]) assert.deepEqual(names(gate.decide(request(2e6), 2e6)), expected);
  gate.lease(3, 2, 10e6, 2e6);
  assert.deepEqual(names(gate.decide(request(10e6), 10e6)), ['lease']);
  gate.lease(4, 2, Infinity, 10e6);
  assert.equal(gate.leaseNumber, 4);
  gate.disarm();
  gate.arm(Infinity, NaN, NaN, NaN, NaN, NaN);
  assert.deepEqual(names(gate.decide(request(11e6), 11e6)), ['lease']);
});

test('R-20 what was given before counts: in its hour, its day and its night; what is no number uses up all', () => {
  const hourUs = 3600e6;
  const ready = (ofNight: boolean): Gate => {
    const gate = new Gate(limits, [], ofNight);
    for (const { name } of gate.inhibitors) gate.inhibit(name, 'clear', 0);
    gate.arm(Infinity, NaN, NaN, NaN, NaN, NaN);
    gate.lease(1, 9, Infinity, 0);
    return gate;
  };
  const one = ready(false);
  one.past(-hourUs / 2, 20, true); // as many as an hour holds; the run belongs to no night
  assert.deepEqual(names(one.decide(request(1e6), 1e6)), ['per-hour']);
  assert.deepEqual(names(one.spent(hourUs / 2)), []);
  const night = ready(true);
  night.past(-2 * hourUs, 30, true);
  assert.deepEqual(names(night.spent(0)), ['per-night', 'per-day']);
  assert.deepEqual(names(night.spent(22 * hourUs)), ['per-night']);
  const unknown = ready(true);
  unknown.past(0, NaN, true);
  assert.deepEqual(names(unknown.spent(1e6)), ['per-hour', 'per-night', 'per-day']);
});
