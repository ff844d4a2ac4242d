import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { planNetwork } from './plan.js';
import { readRecipe, stagesOf } from './recipe.js';

const folder = new URL('../../../models/train/recipes/', import.meta.url);
const text = readFileSync(new URL('fashion-t1.yaml', folder), 'utf8');
const image = { height: 28, width: 28, channels: 1 };

test('every packaged recipe for Fashion-MNIST is one and fits it, and the float one has the shape of the spiking one', () => {
  const files = readdirSync(folder).filter((file) => file.startsWith('fashion-'));
  const recipes = files.map((file) => readRecipe(readFileSync(new URL(file, folder), 'utf8'), file));
  assert.ok(recipes.length >= 3);
  for (const recipe of recipes) planNetwork(recipe, image, 10);
  const [spiking, float] = ['fashion-t1', 'fashion-relu'].map((name) =>
    recipes.find((recipe) => recipe.name === name)!,
  );
  assert.deepEqual(float!.layers, spiking!.layers);
  assert.equal(stagesOf(spiking!).at(-1)!.steps, 1);
});

test('the weights of the packaged network are as many as its layers have', () => {
  const { blocks } = planNetwork(readRecipe(text, 'fashion-t1.yaml'), image, 10);
  const synapses = blocks.map(({ depth, sums }) => depth * sums.channels);
  assert.deepEqual(synapses, [9 * 32, 288 * 64, 3136 * 128, 1280]);
});

for (const [fault, from, to, message] of [
  ['an unknown key', 'units: 128', 'unit: 128', /r\.yaml: layers\.2.*\n?.*unit/],
  ['a slice that does not divide the batch', 'seed:', 'slice: 30\nseed:', /slice: 30 does not divide batch 64/],
  ['text that is no YAML', 'layers:', 'layers: [', /^r\.yaml: /],
  [
    'stages that do not end with one step',
    '{ use: hoyer, epochs: 12, rate: 1e-3 }',
    '{ use: iir, stages: [{ steps: 2, epochs: 1, rate: 1 }] }',
    /method\.stages: the last stage has 1 step/,
  ],
] as const)
  test(`${fault} is refused by name`, () => {
    const changed = text.replace(from, to);
    assert.notEqual(changed, text);
    assert.throws(() => readRecipe(changed, 'r.yaml'), { name: 'RecipeError', message });
  });

for (const [fault, from, to, message] of [
  [
    'a last layer without a unit for each class',
    'units: 10',
    'units: 11',
    /dense4: .* End with \{ layer: dense, units: 10 \}/,
  ],
  ['a sequence layer on images', 'conv2d, channels: 32', 'conv1d, channels: 32', /conv1: conv1d on \[1, 28, 28\]/],
  ['a kernel larger than its input', 'kernel: 3', 'kernel: 31', /conv1: a kernel of 31 is larger/],
  ['pooling that leaves nothing', 'maxpool: 2', 'maxpool: 29', /conv1: nothing is left of \[32, 28, 28\]/],
] as const)
  test(`${fault} is refused by name`, () => {
    const recipe = readRecipe(text.replace(from, to), 'r.yaml');
    assert.throws(() => planNetwork(recipe, image, 10), { name: 'ModelError', message });
  });
