import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Graph, GraphNode, Tensor } from './graph.js';
import { ModelError } from './model-error.js';
import { codes, networkOf, real, spikes, tensor } from './network.test.fixture.js';
import { inferValues } from './values.js';

const conv = (more: Partial<Extract<GraphNode, { op: 'conv1d' }>> = {}): GraphNode => ({
  op: 'conv1d',
  name: 'c',
  from: ['x'],
  weight: 'w',
  stride: 2,
  padding: [2, 2],
  dilation: 1,
  groups: 1,
  ...more,
});
const pool = (
  op: 'maxpool' | 'sumpool' | 'avgpool',
  kernel: number[],
  stride = kernel,
  padding = [0, 0],
): GraphNode => ({
  op,
  name: 'p',
  from: ['x'],
  kernel,
  stride,
  padding,
});
const i8 = { type: 'i8', scale: 0.5, zeroPoint: -3 } as const;

type Case = [inputs: Graph['inputs'], nodes: GraphNode[], tensors?: Record<string, Tensor>];

const last = ([inputs, nodes, tensors]: Case): unknown =>
  inferValues(networkOf(inputs, nodes, tensors)).get(nodes.at(-1)!.name);

const fine: [what: string, Case, value: object][] = [
  [
    'a conv1d of codes: Σ|w| of the heavier output times the code farthest from the zero point',
    [
      [codes('x', [8, 24])],
      [conv()],
      { w: tensor('I8', [2, 8, 5], ...Array.from({ length: 80 }, (_, i) => (i < 40 ? 1 : -2))) },
    ],
    { domain: 'sums', shape: [2, 12], most: 80 * 128 },
  ],
  [
    'a grouped, dilated conv2d of float32',
    [
      [real('x', [4, 9, 7])],
      [
        {
          op: 'conv2d',
          name: 'c',
          from: ['x'],
          weight: 'w',
          bias: 'b',
          stride: [2, 1],
          padding: [1, 0, 0, 2],
          dilation: [2, 3],
          groups: 2,
        },
      ],
      { w: tensor('F32', [6, 2, 3, 2], 1), b: tensor('F32', [6], 1) },
    ],
    { domain: 'real', shape: [6, 3, 6] },
  ],
  [
    'a dense layer of spikes with delays and 1-bit weights',
    [
      [spikes('x', [3], 2)],
      [{ op: 'dense', name: 'd', from: ['x'], weight: 'w', delays: 't' }],
      { w: tensor('B1', [2, 3], 1, -1), t: tensor('I32', [2, 3], 0, 5) },
    ],
    { domain: 'sums', shape: [2], most: 6 },
  ],
  [
    'several thresholds, the row chosen by a count',
    [
      [spikes('x', [3]), spikes('n', [2], 4)],
      [
        { op: 'dense', name: 'd', from: ['x'], weight: 'w' },
        { op: 'threshold', name: 't', from: ['d', 'n'], threshold: 'T', mode: 'm' },
      ],
      { w: tensor('I8', [2, 3], 1), T: tensor('I32', [5, 3, 2], 1), m: tensor('U8', [2], 0, 2) },
    ],
    { domain: 'spikes', shape: [2], levels: 3 },
  ],
  [
    'a sum pool of counts',
    [[spikes('x', [2, 8], 3)], [pool('sumpool', [4], [2])]],
    { domain: 'spikes', shape: [2, 3], levels: 12 },
  ],
  [
    'a max pool in two axes',
    [[real('x', [2, 5, 5])], [pool('maxpool', [3, 3], [2, 2], [1, 1, 1, 1])]],
    { domain: 'real', shape: [2, 3, 3] },
  ],
  ['an average pool', [[real('x', [2, 9])], [pool('avgpool', [3], [2])]], { domain: 'real', shape: [2, 4] }],
  [
    'added spikes count',
    [[spikes('x', [4], 2), spikes('y', [4], 3)], [{ op: 'add', name: 'a', from: ['x', 'y'], multipliers: [1, 1] }]],
    { domain: 'spikes', shape: [4], levels: 5 },
  ],
  [
    'weighed spikes are sums',
    [[spikes('x', [4], 2), spikes('y', [4], 3)], [{ op: 'add', name: 'a', from: ['x', 'y'], multipliers: [1, -2] }]],
    { domain: 'sums', shape: [4], most: 8 },
  ],
  [
    'what comes by changes and is added up again',
    [
      [real('x', [3])],
      [
        { op: 'delta', name: 'd', from: ['x'], theta: 'h', levels: 127 },
        { op: 'dense', name: 'w', from: ['d'], weight: 'w' },
        { op: 'integrate', name: 's', from: ['w'] },
      ],
      { h: tensor('F32', [1], 0.5), w: tensor('I4', [2, 3], -8, 7) },
    ],
    { domain: 'sums', shape: [2], most: 2 ** 31 - 1 },
  ],
  [
    'a recurrent layer: its own spikes of the tick before',
    [
      [real('x', [2])],
      [
        { op: 'previous', name: 'z', of: 'n' },
        { op: 'dense', name: 'r', from: ['z'], weight: 'v' },
        { op: 'dense', name: 'i', from: ['x'], weight: 'w' },
        { op: 'add', name: 'a', from: ['r', 'i'], multipliers: [1, 1] },
        {
          op: 'neuron',
          name: 'n',
          from: ['a'],
          current: 'new',
          decay: 'h',
          gain: 'h',
          threshold: 'h',
          strict: true,
          reset: 'set',
          resetAt: 'spike',
        },
      ],
      { v: tensor('F32', [3, 3], 1), w: tensor('F32', [3, 2], 1), h: tensor('F32', [1], 0.5) },
    ],
    { domain: 'spikes', shape: [3], levels: 1 },
  ],
  [
    'an int8 convolution, its channels last',
    [
      [codes('x', [1, 10, 4], 'i8')],
      [
        {
          op: 'qconv2d',
          name: 'q',
          from: ['x'],
          weight: 'w',
          weightScale: 's',
          bias: 'b',
          stride: [1, 2],
          padding: [0, 1, 0, 1],
          dilation: [1, 1],
          groups: 4,
          output: i8,
          low: -128,
          high: 127,
        },
      ],
      { w: tensor('I8', [8, 1, 3, 1], 9), s: tensor('F32', [8], 0.1), b: tensor('I32', [8], 7) },
    ],
    { domain: 'codes', shape: [1, 5, 8], ...i8 },
  ],
  [
    'an int8 sum of an image and a row of channels',
    [
      [codes('x', [2, 3, 4], 'i8'), codes('y', [4], 'i8')],
      [{ op: 'qadd', name: 'a', from: ['y', 'x'], output: i8, low: -3, high: 127 }],
    ],
    { domain: 'codes', shape: [2, 3, 4], ...i8 },
  ],
  [
    'transposed and joined',
    [
      [real('x', [2, 3]), real('y', [3, 5])],
      [
        { op: 'transpose', name: 't', from: ['x'], order: [1, 0] },
        { op: 'concat', name: 'c', from: ['t', 'y'], axis: 1 },
      ],
    ],
    { domain: 'real', shape: [3, 7] },
  ],
];

for (const [what, network, value] of fine) test(what, () => assert.deepEqual(last(network), value));

const dense: Extract<GraphNode, { op: 'dense' }> = { op: 'dense', name: 'd', from: ['x'], weight: 'w' };
const refused: [what: string, Case, message: RegExp][] = [
  [
    'channels that do not fit',
    [[real('x', [6, 24])], [conv()], { w: tensor('F32', [16, 8, 5], 1) }],
    /^c: weight is F32 \[16, 8, 5\], but its input is real \[6, 24\]\. Give a weight of \[outputs, 6, kernel\]\.$/,
  ],
  ['a missing tensor', [[real('x', [6])], [dense]], /^d: the file has no tensor w\. Add it\.$/],
  [
    'a window too large',
    [[real('x', [8, 2])], [conv({ padding: [0, 0] })], { w: tensor('F32', [1, 8, 5], 1) }],
    /^c: a window of \[5\].*larger/,
  ],
  [
    'outputs that groups do not divide',
    [[real('x', [8, 9])], [conv({ groups: 2 })], { w: tensor('F32', [3, 4, 5], 1) }],
    /^c: 3 outputs in 2 groups/,
  ],
  [
    'integer weights on real values',
    [[real('x', [6])], [dense], { w: tensor('I8', [2, 6], 1) }],
    /^d: its input is real \[6\]/,
  ],
  [
    'float weights on codes',
    [[codes('x', [6])], [dense], { w: tensor('F32', [2, 6], 1) }],
    /^d: its input is u8 codes \[6\]/,
  ],
  [
    'a bias on integer sums',
    [[spikes('x', [6])], [{ ...dense, bias: 'b' }], { w: tensor('I8', [2, 6], 1), b: tensor('F32', [2], 1) }],
    /^d: has I8 weights and the bias b/,
  ],
  [
    'a dense layer on an image',
    [[spikes('x', [6, 1])], [dense], { w: tensor('I8', [2, 6], 1) }],
    /^d: its input is spikes \[6, 1\].*flatten/,
  ],
  [
    'sums beyond int32',
    [[spikes('x', [70_000], 255)], [dense], { w: tensor('I8', [1, 70_000], 127) }],
    /^d: a sum can reach 2266950000, more than int32 holds/,
  ],
  [
    'counts beyond a byte',
    [[spikes('x', [1, 300])], [pool('sumpool', [256])]],
    /^p: counts spikes up to 256.*window of at most 255/,
  ],
  [
    'windows of padding alone',
    [[real('x', [1, 9])], [pool('maxpool', [2], [2], [0, 2])]],
    /^p: padding \[0, 2\] leaves windows/,
  ],
  [
    'a reader before what it reads',
    [
      [real('x', [2])],
      [
        { op: 'flatten', name: 'f', from: ['g'] },
        { op: 'flatten', name: 'g', from: ['x'] },
      ],
    ],
    /^f: reads g, which comes later/,
  ],
  [
    'a name of nothing',
    [[real('x', [2])], [{ op: 'flatten', name: 'f', from: ['y'] }]],
    /^f: reads y, which is neither/,
  ],
  ['a name used twice', [[real('x', [2])], [{ op: 'flatten', name: 'x', from: ['x'] }]], /^x: two inputs or nodes/],
  [
    'a cycle without a start',
    [
      [real('x', [2])],
      [
        { op: 'previous', name: 'p', of: 'f' },
        { op: 'flatten', name: 'f', from: ['p'] },
      ],
    ],
    /^p: nothing says what shape/,
  ],
  [
    'a sum that grows for ever',
    [
      [spikes('x', [2])],
      [
        { op: 'previous', name: 'p', of: 'a' },
        { op: 'add', name: 'a', from: ['x', 'p'], multipliers: [1, 1] },
      ],
    ],
    /^p: what it gives is not settled/,
  ],
  [
    'rows of thresholds for another count',
    [
      [spikes('x', [3]), spikes('n', [2], 4)],
      [dense, { op: 'threshold', name: 't', from: ['d', 'n'], threshold: 'T', mode: 'm' }],
      { w: tensor('I8', [2, 3], 1), T: tensor('I32', [4, 1, 2], 1), m: tensor('U8', [2], 0) },
    ],
    /^t: tensor T is I32 \[4, 1, 2\]\. Give it the shape \[5, 1, 2\]\.$/,
  ],
  [
    'delays of a year',
    [[real('x', [2])], [{ op: 'delay', name: 'y', from: ['x'], ticks: 't' }], { t: tensor('I32', [2], 1, 1e9) }],
    /^y: tensor t asks for 1000000000 ticks/,
  ],
  [
    'delays that fill the memory',
    [[real('x', [1 << 14])], [{ op: 'delay', name: 'y', from: ['x'], ticks: 't' }], { t: tensor('I32', [1], 4096) }],
    /^y: with it the values and states/,
  ],
  [
    'values that fill the memory',
    [[real('x', [1, 1 << 20])], [conv({ stride: 1 })], { w: tensor('F32', [16, 1, 5], 1) }],
    /^c: with it the values and states/,
  ],
  [
    'one tensor read by many nodes',
    [
      [real('x', [50_000])],
      Array.from({ length: 400 }, (_, i) => ({ ...dense, name: `d${i}` })),
      { w: tensor('F32', [1, 50_000], 1) },
    ],
    /^d\d+: with it the nodes read .* Let fewer nodes share/,
  ],
  [
    'a weight that is no number',
    [[real('x', [1])], [dense], { w: tensor('F32', [1, 1], NaN) }],
    /^tensor w: element 0 is NaN/,
  ],
  [
    'a 4-bit weight of 8',
    [[spikes('x', [1])], [dense], { w: tensor('I4', [1, 1], 8) }],
    /^tensor w: element 0 is 8; I4 holds −8 … 7/,
  ],
  [
    'an array shorter than its shape',
    [[real('x', [1])], [dense], { w: { type: 'F32', shape: [1, 1], values: new Float32Array(0) } }],
    /^tensor w: F32 \[1, 1\], but held as 0 elements/,
  ],
  [
    'a zero point outside its type',
    [[codes('x', [1], 'i8', 200)], [{ op: 'dequantize', name: 'q', from: ['x'] }]],
    /^x: zero point 200 of i8/,
  ],
  [
    'a transpose of one axis twice',
    [[real('x', [2, 2])], [{ op: 'transpose', name: 't', from: ['x'], order: [1, 1] }]],
    /^t: order \[1, 1\]/,
  ],
];

for (const [what, network, message] of refused)
  test(`refused: ${what}`, () =>
    assert.throws(
      () => last(network),
      (error) => error instanceof ModelError && message.test(error.message),
    ));

test('refused: an output that reads nothing', () =>
  assert.throws(
    () =>
      inferValues(
        networkOf(
          [real('x', [2])],
          [{ op: 'flatten', name: 'f', from: ['x'] }],
          {},
          { outputs: [{ name: 'y', node: 'g' }] },
        ),
      ),
    /^ModelError: output y: reads g/,
  ));
