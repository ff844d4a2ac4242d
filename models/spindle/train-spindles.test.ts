import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ModelError } from '../format/model-error.js';
import { Random } from '../train/random.js';
import { isSpindleRecipe, readSpindleRecipe } from './recipe.js';
import { trainLeaveOneOut, type SpindleExcerpt } from './train-spindles.js';

const file = 'models/train/recipes/spindle-t1.yaml';
const text = readFileSync(file, 'utf8');
const recipe = readSpindleRecipe(text, file);
const short = { ...recipe, training: { ...recipe.training, steps: 2, window: 80 } };

function noise(number: number): [number, SpindleExcerpt] {
  const random = Random.of(number);
  const frames = 600;
  const codes = Int8Array.from({ length: 21 * frames }, () => random.below(60) - 30);
  const targets = Float32Array.from({ length: frames }, () => Number(random.uniform() < 0.1));
  const sequence = { name: `excerpt ${number}`, codes, targets, weights: new Float32Array(frames).fill(1) };
  return [number, { sequence, marks: [{ onset: 5, end: 6 }] }];
}
const sequences = { excerpts: new Map([noise(2), noise(4), noise(5)]), sleepers: [] };

test('the network of a fold does not depend on what is left out, and says what it was trained on', () => {
  const fold = trainLeaveOneOut(short, sequences, 4, 1);
  assert.deepEqual(fold.trainedOn, [2, 5]);
  assert.match(fold.network.graph.provenance.data ?? '', /excerpts 2, 5$/);
  assert.match(fold.network.graph.provenance.licence ?? '', /CC BY-NC-ND 3\.0/);
  assert.equal(fold.network.graph.provenance.seed, 1);
  const changed = trainLeaveOneOut(
    short,
    { ...sequences, excerpts: new Map([...sequences.excerpts, [4, noise(9)[1]]]) },
    4,
    1,
  );
  assert.equal(changed.sha256, fold.sha256);
  assert.notEqual(trainLeaveOneOut(short, sequences, 5, 1).sha256, fold.sha256);
  assert.notEqual(trainLeaveOneOut(short, sequences, 4, 2).sha256, fold.sha256);
  assert.deepEqual(trainLeaveOneOut(short, sequences, undefined, 1).trainedOn, [2, 4, 5]);
});

test('a mean holds the networks of as many seeds, none of which another mean has', () => {
  const name = 'models/train/recipes/spindle-t1-mean.yaml';
  assert.equal(readSpindleRecipe(readFileSync(name, 'utf8'), name).networks, 3);
  const plain = { ...short, choosePoints: false, training: { ...short.training, softTargets: 0 } };
  const tensorsOf = (networks: number, seed: number) =>
    trainLeaveOneOut({ ...plain, networks }, sequences, 4, seed).network.tensors;
  const mean = tensorsOf(2, 1);
  for (const [place, seed] of [2, 3].entries())
    for (const [tensor, { values }] of tensorsOf(1, seed))
      assert.deepEqual(mean.get(`${place + 1}.${tensor}`)?.values, values, tensor);
});

test('an excerpt that is not there cannot be left out, nor the only one', () => {
  assert.throws(() => trainLeaveOneOut(short, sequences, 3, 1), /excerpt 3 is not among/);
  assert.throws(
    () => trainLeaveOneOut(short, { excerpts: new Map([noise(2)]), sleepers: [] }, 2, 1),
    /without excerpt 2 there is none/,
  );
});

test('recipes of spindles are told from others; a wrong one names its faults', () => {
  assert.ok(isSpindleRecipe(text));
  assert.ok(!isSpindleRecipe(readFileSync('models/train/recipes/fashion-t1.yaml', 'utf8')));
  assert.ok(!isSpindleRecipe('{'));
  assert.throws(
    () => readSpindleRecipe(text.replace('dropout: 0.25', 'dropout: 2'), file),
    (error) => error instanceof ModelError && /spindle-t1\.yaml: training\.dropout/.test(error.message),
  );
});

test('the points of a fold are chosen on what it was trained on; those that the recipe gives stand beside them', () => {
  const points = { adaptive: { on: 1, margin: 1, confirm: 2 } };
  const { network } = trainLeaveOneOut({ ...short, points, choosePoints: true }, sequences, 4, 1);
  assert.deepEqual(Object.keys(network.graph.points ?? {}).sort(), ['accurate', 'adaptive', 'fast', 'sure']);
  assert.deepEqual(network.graph.points?.['adaptive'], points.adaptive);
  const fixed = trainLeaveOneOut({ ...short, points, choosePoints: false }, sequences, 4, 1);
  assert.deepEqual(fixed.network.graph.points, points);
});
