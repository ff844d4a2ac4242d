import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../../runtime/contracts.js';
import { createReference } from '../engine/reference.js';
import type { GraphNode, Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { networkOf, real, tensor } from '../format/network.test.fixture.js';
import { createHybrid } from './hybrid-model.js';
import { HybridScheduler, type Schedule } from './scheduler.js';

/** v = v/2 + x; shown as it is, or spiking above 1 with 1 taken off. */
function neuron(spikes: boolean): Network {
  const node: GraphNode = {
    op: 'neuron',
    name: 'v',
    from: ['x'],
    current: 'new',
    decay: 'half',
    gain: 'one',
    strict: true,
    resetAt: 'spike',
    ...(spikes ? { threshold: 'one', reset: 'subtract' as const } : { reset: 'none' as const }),
  };
  return networkOf([real('x', [1])], [node], { half: tensor('F32', [1], 0.5), one: tensor('F32', [1], 1) });
}

/** Runs ticks 0 … with x = 1; `during` is called at each tick between asking and initialising. */
function trace(
  model: Model,
  scheduler: HybridScheduler,
  ticks: number,
  during: (tick: number, asked: boolean) => void,
): number[] {
  const output = model.outputs[0]!.type === 'u8' ? new Uint8Array(1) : new Float32Array(1);
  const shown: number[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    during(tick, scheduler.asks(tick));
    scheduler.initialise(tick);
    model.step([Float32Array.of(1)], [output]);
    shown.push(output[0]!);
  }
  return shown;
}

const schedule: Schedule = { every: 3, mostAge: 3, nodes: ['v'] };
const start = (given: Partial<Schedule> = {}, spikes = false): [Model, HybridScheduler] => {
  const model = createReference(neuron(spikes));
  return [model, new HybridScheduler(model, { ...schedule, ...given })];
};
const v = (value: number): Float32Array[] => [Float32Array.of(value)];

test('an answer of the same tick starts the membrane every three ticks', () => {
  const [model, scheduler] = start();
  const shown = trace(model, scheduler, 7, (tick, asked) => {
    assert.equal(asked, tick % 3 === 0);
    if (asked) scheduler.answer(tick, v(8 + tick));
  });
  // From 8: 8/2 + 1 = 5, 3.5, 2.75; from 11: 6.5, 4.25, 3.125; from 14: 8.
  assert.deepEqual(shown, [5, 3.5, 2.75, 6.5, 4.25, 3.125, 8]);
  assert.deepEqual(scheduler.counts, { set: 3, missed: 0, dropped: 0 });
});

test('an answer that comes between is used at the next initialisation', () => {
  const [model, scheduler] = start();
  const shown = trace(model, scheduler, 5, (tick) => {
    if (tick === 2) scheduler.answer(0, v(8));
  });
  // From 0: 1, 1.5, 1.75; then from 8.
  assert.deepEqual(shown, [1, 1.5, 1.75, 5, 3.5]);
  assert.deepEqual(scheduler.counts, { set: 1, missed: 0, dropped: 0 });
});

test('a late answer: the state goes on, the miss is counted, no second question is out', () => {
  const [model, scheduler] = start({ mostAge: 6 });
  const asked: number[] = [];
  const shown = trace(model, scheduler, 8, (tick, asks) => {
    if (asks) asked.push(tick);
    if (tick === 4) scheduler.answer(0, v(8));
  });
  assert.deepEqual(asked, [0, 6]);
  assert.deepEqual(shown, [1, 1.5, 1.75, 1.875, 1.9375, 1.96875, 5, 3.5]);
  assert.deepEqual(scheduler.counts, { set: 1, missed: 1, dropped: 0 });
});

test('an answer that is too old is dropped', () => {
  const [model, scheduler] = start({ mostAge: 5 });
  const shown = trace(model, scheduler, 7, (tick) => {
    if (tick === 4) scheduler.answer(0, v(8));
  });
  assert.deepEqual(shown, [1, 1.5, 1.75, 1.875, 1.9375, 1.96875, 1.984375]);
  assert.deepEqual(scheduler.counts, { set: 0, missed: 2, dropped: 1 });
});

test('answers that are not finite, or overtaken, are dropped', () => {
  const [model, scheduler] = start();
  const shown = trace(model, scheduler, 4, (tick) => {
    if (tick === 0) scheduler.answer(0, v(NaN));
    if (tick === 1) scheduler.answer(1, v(4));
    if (tick === 2) {
      scheduler.answer(2, v(8));
      scheduler.answer(1, v(6));
    }
  });
  assert.deepEqual(shown, [1, 1.5, 1.75, 5]);
  assert.deepEqual(scheduler.counts, { set: 1, missed: 0, dropped: 3 });
});

test('a spiking network spikes as its membrane was set', () => {
  const [model, scheduler] = start({}, true);
  const shown = trace(model, scheduler, 6, (tick, asked) => {
    if (asked) scheduler.answer(tick, v(tick === 0 ? -4 : 1.5));
  });
  // From −4 (v before the reset): −1, 0.5, 1.25 spike, left 0.25; from 1.5: 1.75 spike 0.75, 1.375 spike 0.375, 1.1875 spike.
  assert.deepEqual(shown, [0, 0, 1, 1, 1, 1]);
});

test('all membranes of an answer are set, or none', () => {
  const [model, scheduler] = start();
  assert.throws(() => scheduler.answer(0, [Float32Array.of(1, 2)]), /v: 2 values for 1 membranes/);
  assert.throws(() => scheduler.answer(0, []), /0 outputs for 1 nodes/);
  assert.deepEqual(
    trace(model, scheduler, 1, () => undefined),
    [1],
  );
});

test('making a scheduler leaves the state as it is; unknown nodes are refused', () => {
  const model = createReference(neuron(false));
  const output = new Float32Array(1);
  model.step([Float32Array.of(1)], [output]);
  new HybridScheduler(model, schedule);
  model.step([Float32Array.of(1)], [output]);
  assert.deepEqual(Array.from(output), [1.5]);
  assert.throws(() => new HybridScheduler(model, { ...schedule, nodes: ['w'] }), /w: no neuron/);
  assert.throws(() => new HybridScheduler(model, { ...schedule, every: 0 }), ModelError);
  assert.throws(() => new HybridScheduler(model, { ...schedule, nodes: ['v', 'v'] }), /each once/);
});

test('one model of both: the slow network runs in the tick of its frame, and its state is saved with it', () => {
  const slow = networkOf([real('frame', [2])], [{ op: 'dense', name: 'v0', from: ['frame'], weight: 'w' }], {
    w: tensor('F32', [1, 2], 2, 1),
  });
  const model = createHybrid(createReference(slow), createReference(neuron(false)), {
    every: 3,
    mostAge: 0,
    nodes: ['v'],
  });
  const output = new Float32Array(1);
  const step = (frame: readonly number[]): number => {
    model.step([Float32Array.of(1), Float32Array.from(frame)], [output]);
    return output[0]!;
  };
  assert.deepEqual(
    model.inputs.map(({ name }) => name),
    ['x', 'frame'],
  );
  // 2·3 + 2 = 8; the frame of tick 1 is not looked at.
  assert.deepEqual([step([3, 2]), step([9, 9])], [5, 3.5]);
  const state = new Uint8Array(model.stateBytes);
  model.saveState(state);
  assert.deepEqual([step([0, 0]), step([5, 1])], [2.75, 6.5]);
  model.loadState(state);
  assert.deepEqual([step([0, 0]), step([0, 0])], [2.75, 1]);
  model.reset();
  assert.equal(step([3, 2]), 5);
  assert.deepEqual(model.counts, { set: 1, missed: 0, dropped: 0 });
});
