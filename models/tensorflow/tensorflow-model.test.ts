import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelValues } from '../../runtime/contracts.js';
import { createReference } from '../engine/reference.js';
import type { Graph, GraphNode, Network, Tensor } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { networkOf, real, tensor } from '../format/network.test.fixture.js';
import { loadTensorFlow, startTensorFlow } from './library.js';
import { createTensorFlow } from './tensorflow-model.js';

const missing = await loadTensorFlow().then(
  () => false as const,
  (error: unknown) => (error instanceof ModelError ? 'TensorFlow.js is not installed' : assert.fail(String(error))),
);

/** Numbers in −1 … 1 from a seed. */
function numbersFrom(seed: number): (count: number) => number[] {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return (count) =>
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    });
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A float network of up to eight layers, drawn from a seed; every node is an output. */
function randomNetwork(seed: number): Network {
  const draw = numbersFrom(seed);
  const pick = (count: number): number => Math.floor(((draw(1)[0]! + 1) / 2) * count);
  const tensors: Record<string, Tensor> = {};
  const nodes: GraphNode[] = [];
  const start = [[2 + pick(5)], [1 + pick(4), 5 + pick(8)], [1 + pick(4), 5 + pick(4), 4 + pick(5)]][pick(3)]!;
  let shape = start;
  let from = 'x';
  const floats = (name: string, of: number[], map = (value: number): number => value): string => {
    tensors[name] = { type: 'F32', shape: of, values: Float32Array.from(draw(size(of)), map) };
    return name;
  };
  const put = (node: GraphNode, after = shape): void => {
    nodes.push(node);
    [from, shape] = [node.name, after];
  };
  for (let i = 0; i < 1 + pick(8); i++) {
    const name = `n${i}`;
    const [channels = 1, ...places] = shape;
    const axes = places.length;
    const choice = pick(11);
    const windowed = (kernel: number, stride: number, margin: number, dilation = 1): number[] =>
      places.map((length) => Math.floor((length + 2 * margin - dilation * (kernel - 1) - 1) / stride) + 1);
    if (choice === 0 && axes === 0) {
      const units = 1 + pick(6);
      put(
        {
          op: 'dense',
          name,
          from: [from],
          weight: floats(`${name}w`, [units, channels]),
          bias: floats(`${name}b`, [units]),
        },
        [units],
      );
    } else if (choice <= 3 && axes > 0) {
      const [stride, dilation, margin, kernel] = [1 + pick(2), 1 + pick(2), pick(3), 1 + pick(3)];
      const after = windowed(kernel, stride, margin, dilation);
      if (after.some((length) => length < 1)) continue;
      const groups = [1, channels, channels % 2 === 0 ? 2 : 1][pick(3)]!;
      const outputs = groups * (1 + pick(3));
      const of = [outputs, channels / groups, ...places.map(() => kernel)];
      const common = {
        name,
        from: [from] as [string],
        weight: floats(`${name}w`, of),
        bias: floats(`${name}b`, [outputs]),
        groups,
      };
      put(
        axes === 1
          ? { op: 'conv1d', ...common, stride, dilation, padding: [margin, margin] }
          : {
              op: 'conv2d',
              ...common,
              stride: [stride, stride],
              dilation: [dilation, dilation],
              padding: [margin, margin, margin, margin],
            },
        [outputs, ...after],
      );
    } else if (choice <= 5 && axes > 0) {
      const [kernel, stride] = [2 + pick(2), 1 + pick(3)];
      const margin = pick(2);
      const after = windowed(kernel, stride, margin);
      if (after.some((length) => length < 1)) continue;
      const op = (['maxpool', 'sumpool', 'avgpool'] as const)[pick(3)]!;
      const all = (value: number): number[] => places.map(() => value);
      put(
        { op, name, from: [from], kernel: all(kernel), stride: all(stride), padding: [...all(margin), ...all(margin)] },
        [channels, ...after],
      );
    } else if (choice === 6) {
      const part = (key: string, map?: (value: number) => number): string => floats(name + key, [channels], map);
      const variance = part('v', (value) => Math.abs(value) + 0.1);
      put({
        op: 'batchnorm',
        name,
        from: [from],
        gain: part('g'),
        bias: part('b'),
        mean: part('m'),
        variance,
        epsilon: 1e-3,
      });
    } else if (choice === 7) {
      const kinds = ['relu', 'relu6', 'sigmoid', 'tanh', 'softmax', 'thresholdedRelu'] as const;
      put({ op: 'activation', name, from: [from], function: kinds[pick(6)]!, theta: 0.25 });
    } else if (choice === 8) {
      const of = [[1], [channels], shape];
      put({
        op: 'scale',
        name,
        from: [from],
        scale: floats(`${name}s`, of[pick(3)]!),
        bias: floats(`${name}b`, of[pick(3)]!),
      });
    } else if (choice === 9 && axes > 0) {
      const order =
        axes === 1
          ? [1, 0]
          : [
              [1, 2, 0],
              [2, 0, 1],
              [0, 2, 1],
            ][pick(3)]!;
      const turned = order.map((axis) => shape[axis]!);
      put({ op: 'transpose', name, from: [from], order }, turned);
      if (pick(3) === 0) put({ op: 'flatten', name: `${name}f`, from: [from] }, [size(turned)]);
      else if (pick(2) === 0)
        put({ op: 'reshape', name: `${name}r`, from: [from], shape: [1, size(turned)] }, [1, size(turned)]);
    } else {
      const other = floats(`${name}s`, [1]);
      put({ op: 'scale', name: `${name}t`, from: [from], scale: other });
      const before = nodes.at(-1)!;
      const first = 'from' in before ? before.from[0] : 'x';
      if (pick(2) === 0) put({ op: 'add', name, from: [first, from], multipliers: [1, [1, -1, 3][pick(3)]!] });
      else {
        const axis = pick(shape.length);
        put({ op: 'concat', name, from: [first, from], axis }, shape.with(axis, 2 * shape[axis]!));
      }
    }
  }
  if (nodes.length === 0) put({ op: 'scale', name: 'n', from: [from], scale: floats('s', [1]) });
  const outputs = nodes.map(({ name }) => ({ name, node: name }));
  return networkOf([real('x', start)], nodes, tensors, { outputs });
}

function outputsFor(ports: readonly { shape: readonly number[]; type: string }[]): ModelValues[] {
  return ports.map(({ shape, type }) => (type === 'u8' ? new Uint8Array(size(shape)) : new Float32Array(size(shape))));
}

test('random float networks give what the reference gives', { skip: missing }, async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 150; seed++) {
    const network = randomNetwork(seed);
    const [reference, model] = [createReference(network), await createTensorFlow(network)];
    assert.deepEqual(model.inputs, reference.inputs);
    assert.deepEqual(model.outputs, reference.outputs);
    const input = Float32Array.from(numbersFrom(9000 + seed)(size(model.inputs[0]!.shape)));
    const [wanted, got] = [outputsFor(reference.outputs), outputsFor(model.outputs)];
    reference.step([input], wanted);
    model.step([input], got);
    network.graph.nodes.forEach(({ name, op }, place) => {
      seen.add(op);
      wanted[place]!.forEach((value, i) => {
        const error = Math.abs(value - got[place]![i]!);
        const close = error <= 1e-5 * Math.max(1, Math.abs(value));
        assert.ok(close, `seed ${seed}, ${op} ${name}, element ${i}: ${got[place]![i]}, not ${value}`);
      });
    });
  }
  assert.equal(seen.size, 14, [...seen].join());
});

const spiking = (strict: boolean): Network =>
  networkOf(
    [real('x', [2, 3])],
    [
      { op: 'compare', name: 'spikes', from: ['x'], threshold: 't', strict },
      {
        op: 'conv1d',
        name: 'layer',
        from: ['spikes'],
        weight: 'w',
        stride: 1,
        padding: [0, 0],
        dilation: 1,
        groups: 1,
      },
    ],
    { t: tensor('F32', [2], 0.5, -0.5), w: tensor('F32', [1, 2, 1], 2, 3) },
  );

test('comparisons spike, strictly or not, and feed float layers', { skip: missing }, async () => {
  const run = async (strict: boolean): Promise<number[]> => {
    const output = new Float32Array(3);
    (await createTensorFlow(spiking(strict))).step([Float32Array.of(0.5, 1, 0, -0.5, -1, 0)], [output]);
    return Array.from(output);
  };
  assert.deepEqual(await run(true), [0, 2, 3]);
  assert.deepEqual(await run(false), [5, 2, 3]);
});

test('a thousand steps leave no tensor behind and nothing on the console', { skip: missing }, async (t) => {
  const said = ['log', 'warn', 'info', 'error'].map((kind) => t.mock.method(console, kind as 'log', () => undefined));
  const tf = await loadTensorFlow();
  const model = await createTensorFlow(randomNetwork(3));
  const input = new Float32Array(size(model.inputs[0]!.shape)).fill(0.5);
  const outputs = outputsFor(model.outputs);
  model.step([input], outputs);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 1000; i++) model.step([input], outputs);
  assert.equal(tf.memory().numTensors, before);
  assert.equal(
    said.reduce((calls, { mock }) => calls + mock.callCount(), 0),
    0,
  );
});

test('where TensorFlow.js is missing, the packages to install are named', async () => {
  await assert.rejects(
    startTensorFlow(() => Promise.resolve(undefined)),
    (error) =>
      error instanceof ModelError &&
      /@tensorflow\/tfjs and @tensorflow\/tfjs-backend-wasm: axond check/.test(error.message),
  );
});

test('networks of integers and of neurons are refused', async () => {
  const codes: Graph['inputs'][number] = {
    name: 'x',
    shape: [2],
    kind: { domain: 'codes', type: 'u8', scale: 1, zeroPoint: 0 },
  };
  const integers = networkOf([codes], [{ op: 'flatten', name: 'n', from: ['x'] }]);
  await assert.rejects(createTensorFlow(integers), /x: holds codes\. TensorFlow\.js runs float networks/);
  const neuron: GraphNode = {
    op: 'neuron',
    name: 'n',
    from: ['x'],
    current: 'new',
    decay: 'd',
    gain: 'd',
    strict: true,
    reset: 'none',
    resetAt: 'spike',
  };
  const stateful = networkOf([real('x', [2])], [neuron], { d: tensor('F32', [1], 0.5) });
  if (!missing) await assert.rejects(createTensorFlow(stateful), /n: neuron is not run by TensorFlow\.js/);
});
