import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { loadModel } from '../../../models/load-model.js';
import { DetectionPhase, type Detector, type Model } from '../../contracts.js';
import { createDetectionList } from '../detection-list.js';
import { checkDetector } from '../detector.laws.js';
import { burstySignal } from '../plain-rule.test.fixture.js';
import { plainNetwork } from './plain-network.test.fixture.js';
import { SpindleT1 } from './spindle-t1.js';
import { spindlePoints } from './runs.js';

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
    assert.ok(events.length >= 8, `${events.length} at ${rate} Hz`);
    for (const [onset, end, confirmed] of events) {
      assert.ok(onset! < confirmed! && (Number.isNaN(end!) || onset! + 0.28 < end!), `${onset} ${end} ${confirmed}`);
      // Onsets are those of frames: multiples of 50 ms, to a sample.
      assert.ok(Math.abs(onset! * 20 - Math.round(onset! * 20)) <= 10.1 / rate);
    }
  }
});

test('keeps the laws of detectors', () => {
  const heapUsed = (): number => memoryUsage().heapUsed;
  for (const rate of [50, 128, 200, 250]) {
    const signal = burstySignal(rate, 60, 11);
    for (const point of Object.values(spindlePoints)) {
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
