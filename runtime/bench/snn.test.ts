import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileFloor } from './snn-floor.js';
import { generateNetwork, shapes } from './snn-networks.js';
import { createWasm } from '../../models/engine/wasm.js';
import type { Network } from '../../models/format/graph.js';
import { readKernels } from '../../models/load-model.js';
import { crossoverOf } from './snn-curve.js';
import { axondContender, largestDifference, measureActivity, takeTurns } from './snn.js';

const networks = shapes.map((shape) => generateNetwork(shape, 0.15, 1));

test('every hidden layer of the networks of the bench is 15 ± 2 % active, binary inputs 15 ± 1 %', () => {
  assert.deepEqual(
    networks.map(({ name, activity }) => [name, activity.length]),
    [
      ['mlp', 2],
      ['conv1d', 3],
      ['conv2d', 3],
    ],
  );
  for (const { name, activity, inputActivity } of networks) {
    for (const share of activity) assert.ok(Math.abs(share - 0.15) <= 0.02, `${name}: ${activity.join(' ')}`);
    if (name !== 'conv2d') assert.ok(Math.abs((inputActivity ?? 0) - 0.15) <= 0.01, `${name}: ${inputActivity}`);
  }
});

const cc = spawnSync('cc', ['--version']).status === 0;
const skip = cc ? false : 'there is no C compiler';
for (const vectors of ['ordinary', 'wide'] as const) {
  test(`the floor in C with ${vectors} vectors gives the expected logits of every example`, { skip }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'axond-floor-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const floor = compileFloor(folder, vectors);
    if (floor === undefined) {
      t.skip('this processor has no such vectors');
      return;
    }
    for (const network of networks) {
      const net = floor(network);
      assert.ok(net.run(network.examples.length) > 0);
      assert.deepEqual(net.logits(), network.logits, network.name);
    }
  });
}

test('axond gives the expected logits of every example, and the activity that the networks were made for', () => {
  const kernels = readKernels();
  assert.ok(kernels);
  const engine = (network: Network) => createWasm(network, kernels);
  for (const network of networks) {
    assert.equal(largestDifference(network, axondContender(network, engine)), 0, network.name);
    assert.deepEqual(measureActivity(network, engine), network.activity, network.name);
  }
});

test('a network gone silent is refused, and wrong logits are seen', () => {
  const kernels = readKernels();
  assert.ok(kernels);
  const [mlp] = networks;
  assert.ok(mlp);
  const silenced = new Map(mlp.network.tensors);
  const thresholds = silenced.get('layer2.threshold')!;
  silenced.set('layer2.threshold', { ...thresholds, values: new Int32Array(512).fill(30_000) });
  const engine = ({ graph }: Network) => createWasm({ graph, tensors: silenced }, kernels);
  assert.throws(() => measureActivity(mlp, engine), /mlp: layer2\.spikes is 0\.0 % active, not 15\.0 % ± 2\.0 %/);
  assert.ok(largestDifference(mlp, axondContender(mlp, engine)) > 0);
});

test('the crossover lies where the lines between the points cross', () => {
  const at = (activity: number, us: number, denseUs: number) => ({ activity, us, denseUs });
  assert.equal(crossoverOf([at(0.1, 1, 4), at(0.3, 3, 4)]), null);
  assert.equal(crossoverOf([at(0.2, 2, 4), at(0.4, 6, 4)])?.toFixed(6), '0.300000');
  assert.equal(crossoverOf([at(0.2, 5, 4)]), 0.2);
});

test('contenders take turns, each round begins with another one, and a round is a median', () => {
  const order: string[] = [];
  const values = { a: [1, 9, 2], b: [5, 6, 70] };
  const counts = { a: 0, b: 0 };
  const pass = (name: 'a' | 'b') => () => {
    order.push(name);
    return values[name][counts[name]++ % 3] ?? NaN;
  };
  const rounds = takeTurns({ a: pass('a'), b: pass('b') }, { rounds: 2, roundMs: 0 });
  assert.deepEqual(rounds, { a: [2, 2], b: [6, 6] });
  assert.equal(order.slice(-12).join(''), 'aaabbbbbbaaa');
});
