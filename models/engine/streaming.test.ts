import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphNode, Network, Tensor } from '../format/graph.js';
import { networkOf, spikes, tensor } from '../format/network.test.fixture.js';
import { kernels } from './kernels.test.fixture.js';
import { createReference } from './reference.js';
import { createStreaming } from './streaming.js';

const samples = 40;

function weights(...shape: number[]): Tensor {
  const length = shape.reduce((product, axis) => product * axis, 1);
  return tensor('I8', shape, ...Array.from({ length }, (_, at) => ((at * 7919 + 13) % 255) - 127));
}

const conv = (name: string, from: string, more: Partial<Extract<GraphNode, { op: 'conv1d' }>> = {}): GraphNode => ({
  op: 'conv1d',
  name,
  from: [from],
  weight: `${name}.w`,
  stride: 1,
  padding: [0, 0],
  dilation: 1,
  groups: 1,
  ...more,
});
const threshold = (name: string, from: string): GraphNode => ({
  op: 'threshold',
  name,
  from: [from],
  threshold: `${name}.t`,
  mode: `${name}.m`,
});
const pool = (name: string, from: string, stride: number): GraphNode => ({
  op: 'maxpool',
  name,
  from: [from],
  kernel: [2],
  stride: [stride],
  padding: [0, 0],
});

/** Four columns a sample: conv, pool before the threshold, a conv with stride, and one behind it. */
function network(more: { padding?: [number, number]; mode?: number } = {}): Network {
  return networkOf(
    [spikes('in', [6, samples])],
    [
      conv('a', 'in', more.padding ? { padding: more.padding } : {}),
      pool('p', 'a', 2),
      threshold('s', 'p'),
      conv('b', 's', { stride: 2 }),
      threshold('t', 'b'),
      conv('c', 't', { dilation: 2 }),
      threshold('u', 'c'),
      { op: 'flatten', name: 'f', from: ['u'] },
      { op: 'dense', name: 'd', from: ['f'], weight: 'd.w' },
    ],
    {
      'a.w': weights(16, 6, 5),
      's.t': tensor('I32', [1, 16], 200, 100, 1, -50),
      's.m': tensor('U8', [16], more.mode ?? 0, 0, 2, 0),
      'b.w': weights(20, 16, 3),
      't.t': tensor('I32', [1, 20], 100, -100),
      't.m': tensor('U8', [20], 0, 1),
      'c.w': weights(12, 20, 2),
      'u.t': tensor('I32', [1, 12], 50),
      'u.m': tensor('U8', [12], 0, 1),
      'd.w': weights(10, 12 * (more.padding ? 7 : 6)),
    },
  );
}

/** The samples of one window as the network takes them: [channel][sample]. */
function windowAt(signal: readonly Uint8Array[], start: number): Uint8Array {
  return Uint8Array.from(
    { length: 6 * samples },
    (_, at) => signal[start + (at % samples)]?.[Math.floor(at / samples)] ?? 0,
  );
}

const signal = Array.from({ length: 100 }, (_, t) =>
  Uint8Array.from({ length: 6 }, (_, c) => Number((Math.imul(t * 6 + c + 1, 0x9e3779b1) >>> 8) % 101 < 25)),
);

for (const hop of [1, 2, 3, 4])
  test(`with a hop of ${hop} every window gives the sums of the whole network`, () => {
    const streaming = createStreaming(network(), kernels, { slides: 'in', hop });
    const whole = createReference(network());
    const [found, expected] = [new Int32Array(10), new Int32Array(10)];
    let windows = 0;
    for (const [t, sample] of signal.entries()) {
      streaming.push(sample);
      if (!streaming.isDue()) continue;
      streaming.step([], [found]);
      whole.step([windowAt(signal, t + 1 - samples)], [expected]);
      assert.deepEqual(found, expected);
      windows++;
    }
    assert.equal(windows, Math.floor((100 - samples) / hop) + 1);
  });

test('a sample costs a column of each layer, and less where windows move by whole strides', () => {
  const perSample = [1, 4].map((hop) => {
    const streaming = createStreaming(network(), kernels, { slides: 'in', hop });
    for (const sample of signal) streaming.push(sample);
    const before = streaming.columns;
    for (const sample of signal) streaming.push(sample);
    return (streaming.columns - before) / signal.length;
  });
  // conv a, pool p, conv b, conv c: all at each sample; or p at every second, b and c at every fourth.
  assert.deepEqual(perSample, [4, 1 + 1 / 2 + 1 / 4 + 1 / 4]);
});

test('after a reset it waits for a whole window again', () => {
  const streaming = createStreaming(network(), kernels, { slides: 'in' });
  for (const sample of signal) streaming.push(sample);
  streaming.reset();
  assert.ok(!streaming.isDue());
  assert.throws(() => streaming.step([], [new Int32Array(10)]), /no window of 40 samples is due/);
});

test('what sees the edges of the window is refused, and so is a maximum of sums that must be small', () => {
  const made = (more: Parameters<typeof network>[0]) => () => createStreaming(network(more), kernels, { slides: 'in' });
  assert.throws(made({ padding: [2, 2] }), /^ModelError: a: padding \[2, 2\] puts zeros at the edges of each window/);
  // The convolution before the pool has no threshold of its own to end with.
  assert.throws(made({ mode: 1 }), /^ModelError: p: it pools sums/);
});
