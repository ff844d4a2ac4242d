import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoopEvent } from '../contracts.js';
import type { PolicyPlan } from '../decide/policy-plan.js';
import { Bench, plan, rate } from './loop.test.fixture.js';
import type { LoopPlan, StimulationPlan } from './plan.js';

/** A step of the signal is answered by this policy, within these limits. */
function answering(policy: Partial<PolicyPlan>, limits: Partial<StimulationPlan['limits']> = {}): LoopPlan {
  const { stimulation } = plan;
  assert.ok(stimulation);
  return {
    ...plan,
    stimulation: {
      ...stimulation,
      policy: { ...stimulation.policy, ...policy } as PolicyPlan,
      limits: { ...stimulation.limits, ...limits },
    },
  };
}

const requests = (events: readonly LoopEvent[]): number => events.filter(({ kind }) => kind === 'request').length;

test('R-03 a delayed stimulus is judged when it is due, not when its detection was confirmed', async () => {
  const bench = await Bench.create(true, answering({ use: 'delayed', delaySeconds: 0.5 }));
  bench.frames(11 * rate);
  bench.step();
  bench.frames(0.4 * rate);
  assert.equal(requests(bench.events), 0);
  bench.tell('disk', [1]); // all was well until now
  bench.frames(0.2 * rate);
  assert.deepEqual(bench.lastRefusal(), ['disk']);
  assert.deepEqual(bench.fired, []);
  bench.tell('disk', [0]);
  bench.frames(2 * rate);
  bench.step();
  bench.frames(0.6 * rate);
  assert.deepEqual(bench.fired, [1]);
  bench.frames(2 * rate);
  bench.step();
  bench.tell('disarm', [0]);
  bench.frames(0.6 * rate);
  assert.deepEqual(bench.lastRefusal().slice(0, 1), ['disarmed']);
  assert.deepEqual(bench.fired, [1]);
});

test('R-02 every pulse of a train is a stimulus of its own: each is judged, and counts', async () => {
  const train = { pulses: 4, intervalSeconds: 0.5 };
  const bench = await Bench.create(true, answering({ train }, { intervalUs: 0.4e6, perMinute: 3 }));
  bench.frames(11 * rate);
  bench.step();
  bench.frames(3 * rate);
  assert.deepEqual(bench.fired, [1, 2, 3]);
  assert.equal(requests(bench.events), 4);
  assert.deepEqual(bench.lastRefusal(), ['per-minute']);
});

test('R-03 the judgement of a request stands behind it in the record, in its own cycle, before any other', async () => {
  const bench = await Bench.create(
    false,
    answering({ train: { pulses: 3, intervalSeconds: 0.1 }, refractorySeconds: 0 }),
  );
  for (let second = 0; second < 14; second++) {
    if (second === 11) bench.tell('arm', [Infinity, NaN, NaN, NaN, NaN, NaN]);
    if (second === 11) bench.tell('lease', [9, 50, Infinity]);
    bench.frames(rate - 2);
    bench.step();
  }
  const judged = bench.events.filter(({ kind }) => ['request', 'refusal', 'permit'].includes(kind));
  assert.ok(bench.fired.length > 2, `${bench.fired.length} fired`);
  assert.ok(judged.length >= 30, `${judged.length} judged`);
  for (let place = 0; place < judged.length; place += 2) {
    const [request, judgement] = judged.slice(place, place + 2);
    assert.ok(request?.kind === 'request' && (judgement?.kind === 'refusal' || judgement?.kind === 'permit'));
    assert.equal(judgement.request, request.request);
    assert.equal(judgement.cycle, request.cycle);
  }
});
