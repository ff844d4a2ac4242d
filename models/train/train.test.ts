import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { stripes, stripesRecipe } from './stripes.test.fixture.js';
import { trainFromRecipe } from './train-from-recipe.js';
import { train, type Progress } from './train.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-train-'));
after(() => rmSync(folder, { recursive: true }));

const data = stripes();
const here = { threads: 0, source: 'test' };
const iir = {
  batchNorm: false,
  method: {
    use: 'iir',
    scale: 0.6,
    calibration: 64,
    stages: [
      { steps: 0, epochs: 4, rate: 0.01 },
      { steps: 5, epochs: 2, rate: 0.01 },
      { steps: 3, epochs: 2, rate: 0.01 },
      { steps: 1, epochs: 4, rate: 0.01 },
    ],
  },
};

for (const [name, changes] of Object.entries({
  'Hoyer spikes': {},
  'stages of fewer and fewer steps': iir,
  'Hoyer spikes by SGD': {
    optimiser: { use: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
    method: { use: 'hoyer', epochs: 8, rate: 0.05 },
  },
  ReLU: { method: { use: 'relu', epochs: 4, rate: 0.01 } },
})) {
  test(`${name} learn to tell stripes apart, and the exported network is right as often`, async () => {
    const { report } = await trainFromRecipe(stripesRecipe(changes), data, here);
    assert.ok(report.accuracy >= 0.95, `accuracy ${report.accuracy}`);
    assert.equal(report.accuracy, report.accuracyInTraining);
    const [first, second] = report.energy.layers;
    assert.ok(second!.inputRate > 0.02 && second!.inputRate < 0.9, `rate ${second!.inputRate}`);
    // 4.6 pJ for each of 64 places × 9 weights × 8 channels.
    assert.ok(Math.abs(first!.estimatedSynapticNanojoules - 64 * 9 * 8 * 0.0046) < 1e-9);
  });
}

test('a run that was interrupted after any epoch gives the numbers of one that was not', async () => {
  const recipe = stripesRecipe({ ...iir, validation: 16, augment: { shift: 1, flip: true } });
  const whole = await train(recipe, data, here);
  const checkpoint = join(folder, 'interrupted');
  let runs = 0;
  for (;;) {
    runs++;
    const stop = (progress: Progress): void => {
      if (progress.ended && progress.done < 1) throw new Error('interrupted');
    };
    const result = await train(recipe, data, { ...here, checkpoint, onProgress: stop }).catch((error: unknown) => {
      assert.equal((error as Error).message, 'interrupted');
    });
    if (!result) continue;
    assert.deepEqual(result.parameters, whole.parameters);
    assert.deepEqual(result.running, whole.running);
    break;
  }
  assert.equal(runs, 12);
});

test('two threads give the numbers of one', async () => {
  const recipe = stripesRecipe({ method: { use: 'hoyer', epochs: 1, rate: 0.01 } });
  const one = await train(recipe, data, here);
  const two = await train(recipe, data, { threads: 2 });
  assert.deepEqual(two.parameters, one.parameters);
  assert.deepEqual(two.running, one.running);
  assert.deepEqual(two.test, one.test);
});

test('a checkpoint of another recipe, a damaged one and a cut one are refused', async () => {
  const checkpoint = join(folder, 'checkpoint');
  const recipe = stripesRecipe({ method: { use: 'hoyer', epochs: 1, rate: 0.01 } });
  await train(recipe, data, { ...here, checkpoint });
  await assert.rejects(train({ ...recipe, seed: 4 }, data, { ...here, checkpoint }), /of another recipe or other data/);
  const bytes = readFileSync(checkpoint);
  const middle = Math.floor(bytes.length / 2);
  writeFileSync(
    checkpoint,
    bytes.map((byte, at) => (at === middle ? byte ^ 1 : byte)),
  );
  await assert.rejects(train(recipe, data, { ...here, checkpoint }), /damaged/);
  writeFileSync(checkpoint, bytes.subarray(0, middle));
  await assert.rejects(train(recipe, data, { ...here, checkpoint }), /damaged/);
});

test('pruning leaves the asked share of weights, also in the exported network', async () => {
  const recipe = stripesRecipe({ prune: { sparsity: 0.75, from: 1, to: 3 } });
  const { network, report } = await trainFromRecipe(recipe, data, here);
  for (const name of ['conv1', 'dense2', 'dense3']) {
    const { values } = network.tensors.get(`${name}.weight`)!;
    const zeros = values.filter((weight) => weight === 0).length;
    assert.ok(zeros >= Math.floor(0.75 * values.length), `${name}: ${zeros} of ${values.length} are 0`);
  }
  assert.ok(report.accuracy >= 0.9, `accuracy ${report.accuracy}`);
});

test('a batch larger than the data is refused', async () => {
  await assert.rejects(train(stripesRecipe({ batch: 256 }), data, here), /256, but there are 128 training samples/);
});
