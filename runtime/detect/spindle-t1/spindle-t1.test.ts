import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { loadModel } from '../../../models/load-model.js';
import { DetectionPhase, type Detector, type Model } from '../../contracts.js';
import { createDetectionList } from '../detection-list.js';
import { createSleeper } from '../../../drivers/sleeper/generator.js';
import { checkDetector } from '../detector.laws.js';
import { burstySignal } from '../plain-rule.test.fixture.js';
import { plainNetwork } from './plain-network.test.fixture.js';
import { SpindleT1 } from './spindle-t1.js';
import { spindlePoints } from './runs.js';

const rate = 250;
const network = plainNetwork();
const models: Model[] = [];
for (let place = 0; place < 3; place++) models.push(await loadModel(network));

/** [onset, end, confirmed] in samples. */
function detect(detector: Detector, inputs: readonly Float64Array[], rate: number): number[][] {
  detector.prepare({ rate, unit: 'uV' });
  const list = createDetectionList(1000);
  const [input = new Float64Array(0)] = inputs;
  if (inputs.length === 1) detector.process(input, input.length, 0, list);
  else detector.processSeveral?.(inputs, input.length, 0, list);
  const events: number[][] = [];
  for (const { phase, onset, confirmed, end } of list.items.slice(0, list.length)) {
    if (phase === DetectionPhase.confirmed) events.push([onset, NaN, confirmed]);
    else events.at(-1)![1] = end;
  }
  return events;
}

function spindleT1(channels = 1): SpindleT1 {
  return new SpindleT1(models.slice(0, channels), spindlePoints.accurate);
}

test('finds the bursts, at any rate at the same times', () => {
  const times = [50, 100, 200, 250, 512].map((rate) => {
    const events = detect(spindleT1(), [burstySignal(rate, 120, 3)], rate);
    return { rate, events: events.map((event) => event.map((sample) => sample / rate)) };
  });
  for (const { rate, events } of times) {
    assert.ok(events.length >= 5, `${events.length} at ${rate} Hz`);
    for (const [onset, end, confirmed] of events) {
      assert.ok(onset! < confirmed! && (Number.isNaN(end!) || onset! + 0.28 < end!), `${onset} ${end} ${confirmed}`);
      // Onsets are those of frames: multiples of 50 ms, to a sample.
      assert.ok(Math.abs(onset! * 20 - Math.round(onset! * 20)) <= 10.1 / rate);
    }
  }
});

/** Five minutes of N2 on C3 against the mastoid, without hum. */
const asleep = ((): Float64Array => {
  const stages = Array.from({ length: 10 }, () => 'N2' as const);
  const sleeper = createSleeper({
    seed: 5,
    rate,
    channels: ['C3', 'M2'],
    stages,
    mains: { frequency: 50, amplitude: 0 },
  });
  const frame = new Float64Array(2);
  const values: number[] = [];
  while (sleeper.read(frame)) values.push(frame[0]! - frame[1]!);
  return Float64Array.from(values);
})();

/** Seconds of the spindles in `signal` that have a counterpart in `asleep`, and how many have none on either side. */
function compare(signal: Float64Array): { both: number; missed: number; added: number } {
  const spindles = (x: Float64Array) => detect(spindleT1(), [x], rate).map(([onset, end]) => [onset!, end!] as const);
  const [before, after] = [spindles(asleep), spindles(signal)];
  const both = before.filter(([onset, end]) =>
    after.some(([other, otherEnd]) => other < end && onset < otherEnd),
  ).length;
  return { both, missed: before.length - both, added: after.length - both };
}

function expectSame(signal: Float64Array, most: { missed: number; added: number }): void {
  const { both, missed, added } = compare(signal);
  assert.ok(
    both >= 15 && missed <= most.missed && added <= most.added,
    `${both} in both, ${missed} missed, ${added} added`,
  );
}

const changed = (change: (value: number, seconds: number, sample: number) => number): Float64Array =>
  asleep.map((value, sample) => change(value, sample / rate, sample));

test('gain, offset and drift of an electrode change hardly any detection', () => {
  for (const gain of [0.25, 0.5, 2, 4])
    expectSame(
      changed((value) => gain * value),
      { missed: 1, added: 1 },
    );
  expectSame(
    changed((value) => value + 5000),
    { missed: 0, added: 0 },
  );
  // Three millivolts up and down in two minutes, and as much again in ten.
  expectSame(
    changed((value, t) => value + 3000 * Math.sin((2 * Math.PI * t) / 120) + 5 * t),
    { missed: 1, added: 1 },
  );
});

test('mains hum of any country changes hardly any detection', () => {
  const hum = (hertz: number, size: number, t: number): number =>
    size * Math.sin(2 * Math.PI * hertz * t) + 0.2 * size * Math.sin(2 * Math.PI * 2 * hertz * t + 1);
  for (const hertz of [50, 60]) {
    for (const size of [1, 10, 50])
      expectSame(
        changed((value, t) => value + hum(hertz, size, t)),
        { missed: 2, added: 2 },
      );
  }
});

test('pops and glitches neither fire nor disturb what follows', () => {
  const popsAt = Array.from({ length: 25 }, (_, pop) => 15 + 11 * pop);
  const height = (pop: number): number => (pop % 2 === 0 ? 1 : -1) * 150 * 1.15 ** pop;
  const steps = changed((value, t) => popsAt.reduce((sum, at, pop) => (t >= at ? sum + height(pop) : sum), value));
  expectSame(steps, { missed: 1, added: 1 });
  expectSame(
    changed((value, _, sample) => (sample % 2000 === 1500 ? 5000 : value)),
    { missed: 1, added: 1 },
  );
  const decaying = changed((value, t) =>
    popsAt.reduce((sum, at, pop) => (t >= at ? sum + height(pop) * Math.exp((at - t) / 0.4) : sum), value),
  );
  expectSame(decaying, { missed: 5, added: 4 });
  expectSame(
    changed((value, _, sample) => (sample % 3000 < 40 ? NaN : value)),
    { missed: 1, added: 1 },
  );
  assert.deepEqual(compare(changed((value, _, sample) => (sample === 0 ? NaN : value))).added, 0);
});

test('a dead or clipped electrode, or one that is off, detects nothing and is forgotten at once', () => {
  const isBad = (t: number): boolean => t % 100 >= 60;
  const bad: [most: number, value: (t: number, noise: number) => number][] = [
    [0, () => 0],
    [0, () => 187_500],
    // A network that was not trained takes 50 of these for spindles if it is asked.
    [8, (t, noise) => 300 * noise + 100 * Math.sin(2 * Math.PI * 50 * t)],
  ];
  for (const [most, value] of bad) {
    let noise = 1;
    const signal = changed((good, t) => {
      noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
      return isBad(t) ? value(t, noise / 2 ** 32) : good;
    });
    const onsets = detect(spindleT1(), [signal], rate).map(([onset]) => onset! / rate);
    const expected = detect(spindleT1(), [asleep], rate).map(([onset]) => onset! / rate);
    const whileGood = (times: readonly number[]) => times.filter((t) => !isBad(t) && !isBad(t + 2) && t % 100 > 3);
    // Noise is told from a head within seconds.
    assert.ok(onsets.filter((t) => isBad(t) && isBad(t - 5)).length <= most, onsets.join(' '));
    const [found, wanted] = [whileGood(onsets), whileGood(expected)];
    assert.ok(Math.abs(found.length - wanted.length) <= 2 && wanted.length >= 8, `${found.length} of ${wanted.length}`);
  }
});

test('one bad electrode of several neither fires nor silences', () => {
  let noise = 1;
  const off = changed((value, t) => {
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
    return t < 100 ? value : 0.3e-6 * noise;
  });
  const alone = detect(spindleT1(), [asleep], rate).map(([onset]) => onset);
  for (const bad of [off, changed((value, t) => (t < 100 ? value : 3)), changed(() => NaN)]) {
    // What is noise is told within seconds, and single frames of it may pass.
    const several = detect(spindleT1(3), [asleep, bad, asleep], rate).map(([onset]) => onset);
    const common = several.filter((onset) => alone.includes(onset)).length;
    assert.ok(
      common >= alone.length - 2 && several.length - common <= 4,
      `${common} of ${alone.length}, ${several.length}`,
    );
  }
});

test('of several electrodes too, any blocks give the same detections', () => {
  const inputs = [asleep, asleep.map((value, n) => value + 5 * Math.sin(n)), asleep.map((value) => 0.7 * value)];
  const whole = detect(spindleT1(3), inputs, rate);
  assert.ok(whole.length >= 15);
  for (const length of [1, 7, 64]) {
    const detector = spindleT1(3);
    detector.prepare({ rate, unit: 'uV' });
    const list = createDetectionList(1000);
    for (let first = 0; first < asleep.length; first += length) {
      const blocks = inputs.map((input) => input.slice(first, first + length));
      detector.processSeveral(blocks, blocks[0]!.length, first, list);
    }
    const confirmed = list.items.slice(0, list.length).filter(({ phase }) => phase === DetectionPhase.confirmed);
    assert.deepEqual(
      confirmed.map((event) => [event.onset, event.confirmed]),
      whole.map(([onset, , at]) => [onset, at]),
    );
  }
});

test('keeps the laws of detectors', () => {
  const heapUsed = (): number => memoryUsage().heapUsed;
  for (const rate of [50, 250]) {
    const signal = burstySignal(rate, 60, 11);
    for (const point of [spindlePoints.adaptive, spindlePoints.fast]) {
      const create = (): Detector => new SpindleT1(models.slice(0, 1), point);
      assert.deepEqual(checkDetector(create, { rate, unit: 'uV' }, { signal, heapUsed }), [], `${rate} Hz`);
    }
  }
});

test('delay and settling scale with the rate', () => {
  for (const rate of [50, 200, 1000]) {
    const detector = spindleT1();
    detector.prepare({ rate, unit: 'uV' });
    assert.ok(Math.abs(detector.delaySamples / rate - 0.2) < 1e-12);
    assert.equal(detector.settleSamples, 10 * rate);
  }
});

test('a model of other ports is refused', () => {
  const other: Model = {
    ...models[0]!,
    inputs: [{ name: 'x', shape: [20], type: 'f32' }],
    outputs: models[0]!.outputs,
  };
  assert.throws(
    () => new SpindleT1([other], spindlePoints.sure),
    /^RangeError: model: goes from f32 \[20\] to f32 \[1\], and spindle-t1 needs i8 \[21\] to f32 \[1\]\. Name/,
  );
});
