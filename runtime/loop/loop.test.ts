import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FrameFlag, refusalReasons, type LoopEvent } from '../contracts.js';
import { buildLoop } from './build.js';
import { Bench, plan, rate, stream } from './loop.test.fixture.js';
import type { LoopPlan } from './plan.js';

test('R-05 nothing fires within ten seconds of the start, and a step after them does', async () => {
  const bench = await Bench.create();
  bench.frames(9 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['settling']);
  bench.frames(rate);
  bench.step();
  assert.deepEqual(bench.fired, [1]);
});

test('R-05 a gap, flagged or jumped over, holds the gate for ten seconds again', async () => {
  const reasons = ['settling', 'gap', 'saturation', 'flat'];
  const openings: [open: (bench: Bench) => void, expected: string[]][] = [
    [(bench) => bench.frames(3, () => 1, FrameFlag.gap), reasons],
    // A device that was away has to show its clock anew.
    [(bench) => bench.skip(900), [...reasons, 'clock']],
  ];
  for (const [open, expected] of openings) {
    const bench = await Bench.create();
    bench.frames(11 * rate);
    open(bench);
    bench.frames(rate / 2);
    bench.step();
    // Nothing is known of the signal's quality either, half a second after it.
    assert.deepEqual(bench.lastRefusal(), expected);
    assert.equal(bench.events.filter(({ kind }) => kind === 'gap').length, 1);
    bench.frames(10 * rate);
    bench.step();
    assert.deepEqual(bench.fired, [1]);
  }
});

test('R-22 samples that come late by their own count are refused though they have only just arrived', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  bench.nowUs += 200e3; // the machine stalled, and now reads what it missed
  bench.step();
  // The policy reckons by the same count: what it asks for is over already.
  assert.deepEqual(bench.lastRefusal(), ['expired', 'clock']);
  assert.deepEqual(bench.fired, []);
});

test('R-22 a wall clock that stepped holds until the supervisor says that it is good again', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  bench.tell('clock', [1]);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['clock']);
  bench.tell('clock', [0]);
  bench.frames(rate);
  bench.step();
  assert.deepEqual(bench.fired, [1]);
});

test('R-01 R-03 a disarmed loop detects, asks and refuses', async () => {
  const bench = await Bench.create(false);
  bench.frames(11 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['disarmed', 'lease']);
});

test('R-19 a permit draws on the newest lease and names it; one that comes after a disarming is void', async () => {
  const bench = await Bench.create(false);
  const kinds = (kind: LoopEvent['kind']): object[] => bench.events.filter((event) => event.kind === kind);
  bench.frames(11 * rate);
  bench.tell('lease', [1, 5, Infinity]);
  bench.tell('arm', [Infinity, NaN, NaN, NaN, NaN, NaN]);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['lease']);
  bench.tell('lease', [2, 1, bench.nowUs + 60e6]);
  bench.frames(2 * rate);
  bench.step();
  bench.frames(2 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['lease'], 'used up');
  bench.tell('lease', [3, 5, bench.nowUs + 60e6]);
  bench.tell('lease', [3, 5, bench.nowUs + 60e6]);
  bench.frames(2 * rate);
  bench.step();
  bench.frames(60 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['lease'], 'expired');
  assert.deepEqual(
    kinds('lease').map((event) => (event as { lease: number; stimuli: number }).stimuli),
    [0, 1, 5, 0],
  );
  assert.deepEqual(
    kinds('permit').map((event) => (event as { lease: number }).lease),
    [2, 3],
  );
  assert.deepEqual(bench.fired, [1, 2]);
});

test('R-20 R-21 what was given before counts, and until it is known, or without a recorder or a disk, nothing fires', async () => {
  const bench = await Bench.create();
  for (const kind of ['budget', 'recorder', 'disk'] as const) bench.tell(kind, [2]);
  bench.frames(11 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['budget', 'recorder', 'disk']);
  bench.tell('past', [-3599e6, 99, 0]);
  for (const kind of ['budget', 'recorder', 'disk'] as const) bench.tell(kind, [0]);
  bench.frames(2 * rate);
  bench.step();
  assert.deepEqual(bench.fired, [1]);
  bench.frames(2 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['per-day']);
});

test('R-06 saturation and a flat line hold the gate', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  bench.frames(1, () => 1000);
  assert.deepEqual(bench.lastRefusal(), ['saturation']);
  bench.frames(2 * rate, () => 7);
  bench.frames(1, () => 500);
  // The step itself ends the flat line: what is flat is refused only while it is.
  const flat = bench.events.filter((event) => event.kind === 'inhibitor' && refusalReasons[event.reason] === 'flat');
  assert.deepEqual(
    flat.map((event) => event.kind === 'inhibitor' && event.state),
    [0, 1, 0],
  );
});

test('R-06 no fresh sample for 100 ms is stale', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  bench.silence(150e3);
  const stale = bench.loop.inhibitors.find(({ name }) => name === 'stale');
  assert.equal(stale?.state, 'holds');
});

test('R-07 guardian, supervisor, source and ring losses hold the gate and are named together', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  bench.tell('guardian', [0, 3]); // beats-lost: on again once beats return
  bench.tell('supervisor', [0]);
  bench.tell('source', [1]);
  bench.tell('loss', [0, 5]);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['ring-loss', 'guardian', 'supervisor', 'source']);
  bench.tell('guardian', [1, 0]);
  bench.tell('supervisor', [1]);
  bench.tell('source', [2]);
  bench.frames(11 * rate);
  bench.step();
  assert.deepEqual(bench.fired, [1]);
});

test('R-07 a guardian that was silenced or died disarms: it needs a new arming', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  bench.tell('guardian', [0, 2]);
  bench.frames(1);
  bench.tell('guardian', [1, 0]);
  bench.frames(rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['disarmed', 'lease']);
});

test('R-08 a stimulus whose end nobody reports holds the next one', async () => {
  const loop = await buildLoop(plan, stream);
  const bench = new Bench(loop);
  bench.frames(11 * rate);
  bench.step();
  bench.tell = () => undefined; // receipts are lost from now on
  bench.frames(2 * rate);
  bench.step();
  bench.frames(3 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['unconfirmed']);
});

test('R-08 a guardian that was replaced owes no receipts: the new one may fire', async () => {
  const bench = await Bench.create();
  bench.frames(11 * rate);
  const tell = bench.tell.bind(bench);
  bench.tell = () => undefined; // the guardian dies before it says how the stimulus ended
  bench.step();
  bench.frames(4 * rate);
  bench.tell = tell;
  bench.tell('guardian', [0, 4]); // latched
  bench.frames(rate);
  bench.tell('guardian', [1, 0]);
  bench.tell('arm', [Infinity, NaN, NaN, NaN, NaN, NaN]);
  bench.tell('lease', [2, 10, Infinity]);
  bench.frames(rate);
  bench.step();
  assert.deepEqual(bench.fired, [1, 2]);
});

const verdict = (name: string, options: Record<string, unknown>) => ({
  name,
  signal: 0,
  plan: { module: fileURLToPath(new URL('./verdict.test.fixture.js', import.meta.url)), options },
});

/** The step detector, and detectors of the user's own that the gate requires. */
function requiring(...reasons: string[]): LoopPlan {
  const { detectors, stimulation, ...rest } = plan;
  assert.ok(stimulation);
  return {
    ...rest,
    detectors: [...detectors, ...reasons.map((reason, place) => verdict(`own${place}`, { reason }))],
    stimulation: { ...stimulation, require: reasons.map((_, place) => place + 1) },
  };
}

test('R-09 the gate holds, by the name of the reason, until a required detector says that it is clear', async () => {
  const bench = new Bench(await buildLoop(requiring('sleep'), stream));
  bench.frames(11 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['sleep']);
  const refusals = bench.events.length;
  bench.frames(1, () => 801);
  assert.deepEqual(bench.fired, [1]);
  bench.frames(2 * rate);
  bench.frames(1, () => 802);
  assert.deepEqual(bench.lastRefusal(), ['sleep']);
  assert.ok(bench.events.length > refusals);
  // What is no state at all counts as not known.
  bench.frames(2 * rate);
  bench.frames(1, () => 803);
  assert.deepEqual(bench.lastRefusal(), ['sleep']);
  assert.deepEqual(bench.fired, [1]);
  const states = bench.events.filter(
    (event) => event.kind === 'inhibitor' && event.reason === refusalReasons.indexOf('sleep'),
  );
  assert.deepEqual(
    states.map((event) => event.kind === 'inhibitor' && event.state),
    [0, 1, 2],
  );
});

test('R-09 a gap makes a required judgement unknown again', async () => {
  const bench = new Bench(await buildLoop(requiring('quality'), stream));
  bench.frames(1, () => 801);
  bench.frames(11 * rate);
  bench.step();
  assert.deepEqual(bench.fired, [1]);
  bench.frames(3, () => 1, FrameFlag.gap);
  bench.frames(11 * rate);
  bench.step();
  assert.deepEqual(bench.lastRefusal(), ['quality']);
});

test('R-09 of two required detectors that judge the same thing, one is enough to hold', async () => {
  const loop = await buildLoop(requiring('flat', 'electrode', 'electrode'), stream);
  assert.deepEqual(
    loop.inhibitors.map(({ name }) => name),
    [...refusalReasons.slice(6, 16), 'electrode', 'budget', 'recorder', 'disk', 'clock'],
  );
  const bench = new Bench(loop);
  bench.frames(11 * rate);
  bench.step();
  // Raw counts say nothing against it: the estimate of the same name does, by not knowing.
  assert.deepEqual(bench.lastRefusal(), ['flat', 'electrode']);
});

test('estimates are told when they change and every ten seconds; one that is not required holds nothing', async () => {
  const { stimulation } = plan;
  assert.ok(stimulation);
  const own = { ...plan, detectors: [...plan.detectors, verdict('own', { reason: 'sleep' })] };
  const bench = new Bench(await buildLoop(own, stream));
  bench.frames(11 * rate);
  bench.frames(1, () => 802);
  bench.frames(20 * rate);
  assert.deepEqual(bench.fired, [1]);
  assert.deepEqual(
    bench.events.flatMap((event) =>
      event.kind === 'estimate' ? [[event.index, event.detector, event.estimate, event.state, event.value]] : [],
    ),
    [
      [0, 1, 0, 2, NaN],
      [10 * rate, 1, 0, 2, NaN],
      [11 * rate, 1, 0, 1, 802],
      [20 * rate, 1, 0, 1, 802],
      [30 * rate, 1, 0, 1, 802],
    ],
  );
});

test('what the gate could not wait for, or what is no estimate, is refused by name before the first sample', async () => {
  const { stimulation } = plan;
  assert.ok(stimulation);
  await assert.rejects(
    buildLoop({ ...plan, stimulation: { ...stimulation, require: [0] } }, stream),
    /gate.require: step judges nothing that the gate could wait for/,
  );
  await assert.rejects(
    buildLoop(requiring('sleeping'), stream),
    /detectors.own0: .* reason sleeping is none of .*sleep/,
  );
});

test('the same cycles give the same events, bit for bit', async () => {
  const [a, b] = [await Bench.create(), await Bench.create()];
  for (const bench of [a, b]) {
    bench.frames(11 * rate);
    bench.step();
    bench.skip(3);
    bench.frames(11 * rate);
    bench.step();
  }
  assert.deepEqual(a.events, b.events);
});

test('a mark that says when it was stands at the sample of that time, whenever it comes', async () => {
  const bench = await Bench.create(false);
  bench.frames(500);
  bench.tell('marker', [1, 0]);
  // Frame n has come at 1.004 s + 4 ms n: 1.5 s is frame 124.
  bench.tell('marker', [2, 1.5e6]);
  bench.tell('marker', [3, 1.502e6]);
  bench.frames(1);
  const markers = bench.events.flatMap((event) => (event.kind === 'marker' ? [event] : []));
  assert.deepEqual(
    markers.map(({ marker, at, atUs }) => [marker, Number(at.toFixed(6)), atUs]),
    [
      [1, 0, 0],
      [2, 124, 1.5e6],
      [3, 124.5, 1.502e6],
    ],
  );
});
