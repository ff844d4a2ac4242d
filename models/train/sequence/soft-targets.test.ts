import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bursts, shortTraining, smallNetwork } from './bursts.test.fixture.js';
import { SequencePass } from './pass.js';
import { heldOutLogits, logitsOf, softenTargets } from './soft-targets.js';
import { trainSequence } from './train.js';

const short = { ...shortTraining, steps: 40 };

test('a whole sequence in chunks has the logits that it has in one piece', () => {
  const trained = trainSequence(smallNetwork, { ...shortTraining, steps: 10 }, [bursts(1000, 1)], 5);
  const frames = 4500;
  const { codes } = bursts(frames, 2);
  const pass = new SequencePass(trained.plan, trained.parameters, frames, 1);
  pass.features.values().set(Float32Array.from(codes, (code) => code / 16));
  pass.forward({ running: trained.running });
  assert.deepEqual(logitsOf(trained, codes), pass.logits.values());
});

test('a sequence is judged by a network that knows the others: where its marks are wrong, the truth comes through', () => {
  const other = bursts(1500, 3);
  const wrong = { ...other, targets: other.targets.map((target) => 1 - target) };
  const logits = heldOutLogits(smallNetwork, short, [bursts(1500, 1), bursts(1500, 2), wrong], 7)[2]!;
  const softened = softenTargets(wrong, logits, 0.5);
  const mean = (truth: number): number => {
    const those = softened.targets.filter((_, t) => other.targets[t] === truth);
    return those.reduce((sum, target) => sum + target, 0) / those.length;
  };
  // Half is the wrong mark; the other half is what the network thinks, near the truth.
  assert.ok(mean(1) > 0.3, `${mean(1)} where there is a burst`);
  assert.ok(mean(0) < 0.65, `${mean(0)} where there is none`);
  assert.deepEqual(softened.weights, wrong.weights);
});

test('a single sequence and one that is not typical are judged by nobody', () => {
  const generated = { ...bursts(1500, 2), typical: false };
  assert.deepEqual(heldOutLogits(smallNetwork, short, [bursts(1500, 1), generated], 7), [undefined, undefined]);
  const three = heldOutLogits(smallNetwork, { ...short, steps: 2 }, [bursts(900, 1), generated, bursts(900, 4)], 7);
  assert.deepEqual(
    three.map((logits) => logits?.length),
    [900, undefined, 900],
  );
});
