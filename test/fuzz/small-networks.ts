import type { GraphNode, Network } from '../../models/format/graph.js';
import { codes, networkOf, real, spikes, tensor } from '../../models/format/network.test.fixture.js';

/** Networks in which each kind of node and of tensor occurs. */
export function smallNetworks(): Network[] {
  return [convolutional(), counting(), recurrent(), changes(), fixedPoint(), float(), quantised()];
}

function convolutional(): Network {
  return networkOf(
    [codes('x', [3, 8])],
    [
      { op: 'conv1d', name: 'c', from: ['x'], weight: 'w', stride: 2, padding: [2, 2], dilation: 1, groups: 1 },
      { op: 'threshold', name: 't', from: ['c'], threshold: 'T', mode: 'm' },
      { op: 'maxpool', name: 'p', from: ['t'], kernel: [2], stride: [2], padding: [0, 0] },
      { op: 'flatten', name: 'f', from: ['p'] },
      { op: 'dense', name: 'd', from: ['f'], weight: 'v' },
      { op: 'readout', name: 'y', from: ['d'], scale: 's', bias: 'b' },
    ],
    {
      w: tensor('I8', [4, 3, 5], 1, -7, 30, 0),
      T: tensor('I32', [2, 4], 5, -5, 100, 7),
      m: tensor('U8', [4], 0, 1),
      v: tensor('I4', [3, 8], 1, -8, 7),
      s: tensor('F32', [3], 0.1),
      b: tensor('F32', [3], 0, 1),
    },
    { name: 'convolutional', assumptions: ['made up'], provenance: { seed: 1, scores: { accuracy: 0.5 } } },
  );
}

function counting(): Network {
  return networkOf(
    [spikes('x', [2, 6, 6], 3)],
    [
      {
        op: 'conv2d',
        name: 'c',
        from: ['x'],
        weight: 'w',
        stride: [1, 2],
        padding: [1, 1, 1, 1],
        dilation: [1, 1],
        groups: 2,
      },
      { op: 'threshold', name: 'a', from: ['c'], threshold: 'T', mode: 'm' },
      { op: 'threshold', name: 'b', from: ['c', 'a'], threshold: 'U', mode: 'm' },
      { op: 'add', name: 'n', from: ['a', 'b'], multipliers: [1, 1] },
      { op: 'sumpool', name: 'p', from: ['n'], kernel: [2, 3], stride: [2, 3], padding: [0, 0, 0, 0] },
      { op: 'flatten', name: 'f', from: ['p'] },
      { op: 'dense', name: 'd', from: ['f'], weight: 'v', delays: 'l' },
    ],
    {
      w: tensor('I8', [4, 1, 3, 3], 1, 2, -3),
      T: tensor('I32', [1, 4], 3, 5),
      U: tensor('I32', [2, 1, 4], 2, 1),
      m: tensor('U8', [4], 0),
      v: tensor('B1', [2, 12], 1, -1, -1),
      l: tensor('I32', [2, 12], 0, 3, 1),
    },
    { name: 'counting', tickSeconds: 0.004 },
  );
}

const neuron = (name: string, from: string, more: Partial<Extract<GraphNode, { op: 'neuron' }>> = {}): GraphNode => ({
  op: 'neuron',
  name,
  from: [from],
  current: 'new',
  decay: 'k',
  gain: 'g',
  threshold: 'h',
  strict: true,
  reset: 'subtract',
  resetAt: 'spike',
  ...more,
});

function recurrent(): Network {
  return networkOf(
    [real('x', [3])],
    [
      { op: 'previous', name: 'z', of: 'n' },
      { op: 'dense', name: 'r', from: ['z'], weight: 'v' },
      { op: 'dense', name: 'i', from: ['x'], weight: 'w', bias: 'b' },
      { op: 'add', name: 'a', from: ['r', 'i'], multipliers: [1, 2] },
      neuron('n', 'a', { synapseDecay: 'k', synapseGain: 'g', initial: 'b', drive: 'b' }),
      { op: 'delay', name: 'l', from: ['n'], ticks: 't' },
      { op: 'dense', name: 'o', from: ['l'], weight: 'v' },
      neuron('m', 'o', { reset: 'set', resetAt: 'next', resetValue: 'g', strict: false, current: 'old' }),
      { op: 'scale', name: 's', from: ['m'], scale: 'k', bias: 'b' },
      { op: 'smooth', name: 'y', from: ['s'], sections: 'q' },
    ],
    {
      v: tensor('F32', [4, 4], 0.5, -1),
      w: tensor('F32', [4, 3], 1, 0.25),
      b: tensor('F32', [4], 0.1),
      k: tensor('F32', [4], 0.9, 0.8),
      g: tensor('F32', [1], 0.2),
      h: tensor('F32', [1], 1),
      t: tensor('I32', [4], 0, 1, 5),
      q: tensor('F64', [2, 6], 0.1, 0.2, 0.1, 1, -1.1, 0.4),
    },
    { name: 'recurrent', tickSeconds: 0.001 },
  );
}

function changes(): Network {
  return networkOf(
    [real('x', [5])],
    [
      { op: 'delta', name: 'd', from: ['x'], theta: 'h', levels: 7 },
      { op: 'dense', name: 'w', from: ['d'], weight: 'w' },
      { op: 'integrate', name: 's', from: ['w'] },
      { op: 'readout', name: 'r', from: ['s'], scale: 'h' },
      { op: 'compare', name: 'y', from: ['r'], threshold: 'h', strict: false },
    ],
    { h: tensor('F32', [1], 0.5), w: tensor('I8', [2, 5], 3, -4) },
    { name: 'changes' },
  );
}

function fixedPoint(): Network {
  return networkOf(
    [spikes('x', [4])],
    [
      { op: 'dense', name: 'd', from: ['x'], weight: 'w' },
      { op: 'cubafixed', name: 'y', from: ['d'], currentDecay: 'u', voltageDecay: 'v', bias: 'b', threshold: 't' },
    ],
    {
      w: tensor('I8', [3, 4], 100, -20, 5),
      u: tensor('I32', [1], 1024),
      v: tensor('I32', [3], 128, 4096),
      b: tensor('I32', [1], -3),
      t: tensor('I32', [1], 300),
    },
    { name: 'fixed-point' },
  );
}

function float(): Network {
  return networkOf(
    [real('x', [2, 9])],
    [
      {
        op: 'conv1d',
        name: 'c',
        from: ['x'],
        weight: 'w',
        bias: 'b',
        stride: 1,
        padding: [0, 1],
        dilation: 2,
        groups: 1,
      },
      { op: 'batchnorm', name: 'n', from: ['c'], gain: 'b', bias: 'b', mean: 'b', variance: 'b', epsilon: 1e-5 },
      { op: 'activation', name: 'r', from: ['n'], function: 'thresholdedRelu', theta: 0.5 },
      { op: 'avgpool', name: 'p', from: ['r'], kernel: [3], stride: [2], padding: [1, 1] },
      { op: 'transpose', name: 't', from: ['p'], order: [1, 0] },
      { op: 'concat', name: 'k', from: ['t', 't'], axis: 1 },
      { op: 'reshape', name: 'y', from: ['k'], shape: [2, 3, 3] },
    ],
    { w: tensor('F32', [3, 2, 3], 0.5, -1), b: tensor('F32', [3], 1, 2) },
    { name: 'float' },
  );
}

function quantised(): Network {
  const output = { type: 'i8', scale: 0.05, zeroPoint: -4 } as const;
  const cut = { low: -128, high: 127 };
  const weights = { weight: 'w', weightScale: 's', bias: 'b' };
  return networkOf(
    [real('x', [4, 4, 2])],
    [
      { op: 'quantize', name: 'q', from: ['x'], output, halves: 'away' },
      { op: 'qpad', name: 'm', from: ['q'], before: [1, 0, 0], after: [0, 1, 0] },
      {
        op: 'qconv2d',
        name: 'c',
        from: ['m'],
        ...weights,
        stride: [1, 1],
        padding: [0, 0, 1, 1],
        dilation: [1, 1],
        groups: 1,
        output,
        ...cut,
      },
      {
        op: 'qmaxpool',
        name: 'p',
        from: ['c'],
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0, 0, 0],
        output,
        low: -4,
        high: 127,
      },
      { op: 'qlookup', name: 'l', from: ['p'], table: 't', output },
      { op: 'qconstant', name: 'k', codes: 'k', output },
      { op: 'qmultiply', name: 'a', from: ['l', 'k'], output, ...cut },
      { op: 'qconcat', name: 'j', from: ['a', 'l'], axis: 2 },
      { op: 'qslice', name: 'z', from: ['j'], axis: 2, start: 1, length: 3 },
      { op: 'qmean', name: 'v', from: ['z'], output, ...cut },
      { op: 'qdense', name: 'd', from: ['v'], weight: 'e', weightScale: 's', output, ...cut },
      { op: 'qsoftmax', name: 'o', from: ['d'], beta: 1, output: { type: 'i8', scale: 1 / 256, zeroPoint: -128 } },
      { op: 'dequantize', name: 'y', from: ['o'] },
    ],
    {
      w: tensor('I8', [3, 2, 2, 2], 5, -90, 127),
      s: tensor('F32', [1], 0.01),
      b: tensor('I32', [3], 100, -9),
      t: tensor('I8', [256], -5, 9, 17),
      k: tensor('I8', [3], 1, 2),
      e: tensor('I8', [4, 3], 3, -1),
    },
    { name: 'quantised' },
  );
}
