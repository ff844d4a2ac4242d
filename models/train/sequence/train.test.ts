import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../format/model-error.js';
import { bursts, shortTraining, smallNetwork } from './bursts.test.fixture.js';
import { exportSequence } from './export.js';
import { createReference } from '../../engine/reference.js';
import { trainSequence } from './train.js';

const sequences = [bursts(1500, 1), bursts(1500, 2)];

test('a burst is told from a blip, on frames that training never saw', () => {
  const trained = trainSequence(smallNetwork, shortTraining, sequences, 5);
  const model = createReference(exportSequence([trained], { name: 'bursts', tickSeconds: 0.05, provenance: {} }));
  const unseen = bursts(2000, 3);
  const logit = new Float32Array(1);
  let right = 0;
  let high = 0;
  unseen.targets.forEach((target, t) => {
    model.step([unseen.codes.subarray(3 * t, 3 * t + 3)], [logit]);
    if ((logit[0] as number) >= 0 === target > 0.5) right++;
    if ((unseen.codes[3 * t] as number) > 15 === target > 0.5) high++;
  });
  assert.ok(right > 0.87 * 2000, `${right} of 2000 frames right`);
  assert.ok(high < 0.8 * 2000, `${high} by the present alone`);
});

test('equal seeds train equal networks, others do not', () => {
  const short = { ...shortTraining, steps: 5 };
  const first = trainSequence(smallNetwork, short, sequences, 5);
  const again = trainSequence(smallNetwork, short, sequences, 5);
  const other = trainSequence(smallNetwork, short, sequences, 6);
  assert.deepEqual(first.parameters, again.parameters);
  assert.deepEqual(first.running, again.running);
  assert.notDeepEqual(first.parameters, other.parameters);
});

test('the firing penalty makes spikes rarer', () => {
  const firing = (firingPenalty: number): number => {
    let last = 1;
    trainSequence(
      smallNetwork,
      { ...shortTraining, firingPenalty },
      sequences,
      5,
      (progress) => (last = progress.firing),
    );
    return last;
  };
  assert.ok(firing(1) < 0.7 * firing(0));
});

test('frames of weight 0 change nothing, whatever their target', () => {
  const short = { ...shortTraining, steps: 3 };
  const [sequence] = [bursts(1000, 1)];
  const weights = sequence.weights.map((_, t) => (t % 3 === 0 ? 0 : 1));
  const known = { ...sequence, weights };
  const unknown = { ...known, targets: sequence.targets.map((target, t) => (t % 3 === 0 ? NaN : target)) };
  assert.deepEqual(
    trainSequence(smallNetwork, short, [known], 5).parameters,
    trainSequence(smallNetwork, short, [unknown], 5).parameters,
  );
});

test('sequences that do not fit are refused with what to do', () => {
  const [sequence] = [bursts(1000, 1)];
  const refused = (change: object, message: RegExp): void => {
    assert.throws(
      () => trainSequence(smallNetwork, shortTraining, [{ ...sequence, ...change }], 5),
      (error) => error instanceof ModelError && message.test(error.message),
    );
  };
  refused({ weights: new Float32Array(999) }, /bursts 1: 3000 codes, 1000 targets and 999 weights/);
  refused({ targets: sequence.targets.map(() => 2) }, /target of frame 0 is 2/);
  refused(bursts(100, 1), /has 100 frames, but .* need 120/);
  refused({ typical: false }, /no typical sequence/);
});
