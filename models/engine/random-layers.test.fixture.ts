import type { GraphNode, Tensor } from '../format/graph.js';
import type { Value } from '../format/values.js';
import { integers, reals, spreadReals, wholeNumbers, type Draft, type Random } from './random-draft.test.fixture.js';

export type Layer = (draft: Draft, random: Random) => void;

/** The layers that take such a value; the simplest first, since cases shrink towards them. */
export function fitting({ domain, shape }: Value): readonly Layer[] {
  const rank = shape.length;
  const convolution = rank === 2 ? [conv1d] : rank === 3 ? [conv2d] : [];
  const pools = rank > 1 ? [maxpool, sumpool] : [];
  const shapes = rank > 1 ? [flatten, transpose, reshape] : [reshape];
  switch (domain) {
    case 'codes':
      return [
        ...layerOfSums(rank),
        ...layerOfSums(rank),
        ...layerOfSums(rank),
        ...layerOfSums(rank),
        delay,
        flatten,
        dequantize,
      ];
    case 'spikes':
      return [
        ...layerOfSums(rank),
        ...layerOfSums(rank),
        ...[dense, delayedDense, recurrentSums, recurrentNeurons, realDense, previousAdd],
        ...[...convolution, ...pools, ...shapes, addAlike, concatAlike, scale, delay],
      ];
    case 'sums':
      return [
        threshold,
        threshold,
        countedThreshold,
        readout,
        addAlike,
        integrate,
        cubafixed,
        dense,
        ...pools,
        ...shapes,
      ];
    case 'real':
      return [
        ...[compare, neuron, neuron, realDense, delta, integrate, smooth, batchnorm, activation, scale, addAlike],
        ...[...convolution, ...pools, ...shapes, quantize, delay, concatAlike],
        ...(rank > 1 ? [avgpool] : []),
      ];
  }
}

/** Weights and the thresholds after them, as nearly all layers at T=1 are, some with a maximum before or after. */
function layerOfSums(rank: number): Layer[] {
  const synapses = rank === 1 ? dense : rank === 2 ? conv1d : conv2d;
  return [
    (draft, random) => {
      synapses(draft, random);
      if (draft.value.domain !== 'sums') return;
      if (rank > 1 && random.unit() < 0.25) maxpool(draft, random);
      threshold(draft, random);
      if (rank > 1 && random.unit() < 0.25) maxpool(draft, random);
    },
  ];
}

function flat(draft: Draft): void {
  if (draft.value.shape.length > 1) flatten(draft);
}

function dense(draft: Draft, random: Random): void {
  flat(draft);
  const name = draft.name('dense');
  const weight = integers(random, [random.of(1, 3, 8, 16, 17, 40, 65), draft.value.shape[0] ?? 1]);
  draft.add({ [`${name}.w`]: weight }, { op: 'dense', name, from: [draft.last], weight: `${name}.w` });
}

function realDense(draft: Draft, random: Random): void {
  flat(draft);
  const name = draft.name('dense');
  const out = random.of(1, 3, 4, 8, 19);
  const biased = random.unit() < 0.7;
  draft.add(
    { [`${name}.w`]: reals(random, [out, draft.value.shape[0] ?? 1]), [`${name}.b`]: reals(random, [out]) },
    { op: 'dense', name, from: [draft.last], weight: `${name}.w`, ...(biased && { bias: `${name}.b` }) },
  );
}

function delayedDense(draft: Draft, random: Random): void {
  flat(draft);
  const name = draft.name('dense');
  const shape = [random.of(1, 3, 9), draft.value.shape[0] ?? 1];
  const most = random.of(0, 1, 3);
  const delays = Int32Array.from({ length: (shape[0] ?? 1) * (shape[1] ?? 1) }, () => random.whole(0, most));
  draft.add(
    {
      [`${name}.w`]: random.unit() < 0.7 ? integers(random, shape) : reals(random, shape),
      [`${name}.d`]: { type: 'I32', shape, values: delays },
    },
    { op: 'dense', name, from: [draft.last], weight: `${name}.w`, delays: `${name}.d` },
  );
}

function weightsFor(draft: Draft, random: Random, shape: readonly number[]): Tensor {
  const { domain } = draft.value;
  const real = domain === 'real' || (domain === 'spikes' && random.unit() < 0.2);
  return real ? reals(random, shape) : integers(random, shape);
}

function grouping(channels: number, random: Random): { groups: number; outputs: number } {
  const groups = random.of(1, 1, 1, 1, channels, random.of(...divisors(channels)));
  return { groups, outputs: groups * random.of(1, 2, 3, ...(groups < 4 ? [16, 24, 33] : [1])) };
}

function divisors(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter((divisor) => n % divisor === 0);
}

function conv1d(draft: Draft, random: Random): void {
  const name = draft.name('conv');
  const [channels = 1] = draft.value.shape;
  const { groups, outputs } = grouping(channels, random);
  const weight = weightsFor(draft, random, [outputs, channels / groups, random.of(1, 2, 3, 3, 3, 4, 5)]);
  const bias = weight.type === 'F32' && random.unit() < 0.5;
  draft.add(
    { [`${name}.w`]: weight, ...(bias && { [`${name}.b`]: reals(random, [outputs]) }) },
    {
      op: 'conv1d',
      name,
      from: [draft.last],
      weight: `${name}.w`,
      ...(bias && { bias: `${name}.b` }),
      stride: random.of(1, 1, 2, 3),
      padding: [random.of(0, 1, 2, 5), random.of(0, 1, 2)],
      dilation: random.of(1, 1, 2, 3),
      groups,
    },
  );
}

function conv2d(draft: Draft, random: Random): void {
  const name = draft.name('conv');
  const [channels = 1] = draft.value.shape;
  const { groups, outputs } = grouping(channels, random);
  // Three by three without a stride is common enough to have kernels of its own.
  const plain = random.unit() < 0.5;
  const kernel = plain ? [3, 3] : [random.whole(1, 3), random.whole(1, 4)];
  const weight = weightsFor(draft, random, [outputs, channels / groups, ...kernel]);
  const bias = weight.type === 'F32' && random.unit() < 0.5;
  draft.add(
    { [`${name}.w`]: weight, ...(bias && { [`${name}.b`]: reals(random, [outputs]) }) },
    {
      op: 'conv2d',
      name,
      from: [draft.last],
      weight: `${name}.w`,
      ...(bias && { bias: `${name}.b` }),
      stride: plain ? [1, 1] : [random.of(1, 1, 2), random.of(1, 1, 2, 3)],
      padding: [random.of(0, 1), random.of(0, 1, 2), random.of(0, 1, 3), random.of(0, 1)],
      dilation: plain ? [1, 1] : [random.of(1, 1, 2), random.of(1, 1, 2)],
      groups,
    },
  );
}

function thresholds(draft: Draft, random: Random, counts: number | undefined): { threshold: Tensor; mode: Tensor } {
  const { value } = draft;
  const most = value.domain === 'sums' ? value.most : 1;
  const channels = value.shape[0] ?? 1;
  const levels = random.of(1, 1, 1, 2, 3, 7);
  const modes = Uint8Array.from({ length: channels }, () => random.of(0, 0, 0, 1, 1, 2));
  const shape = counts === undefined ? [levels, channels] : [counts, levels, channels];
  const values = Int32Array.from({ length: (counts ?? 1) * levels * channels }, (_, at) =>
    modes[at % channels] === 2 ? random.whole(0, 1) : oneThreshold(random, most),
  );
  return {
    threshold: { type: 'I32', shape, values },
    mode: { type: 'U8', shape: [channels], values: modes },
  };
}

function oneThreshold(random: Random, most: number): number {
  switch (random.of('small', 'inside', 'inside', 'low', 'end')) {
    case 'small':
      return random.whole(-3, 3);
    case 'low':
      return Math.round((random.unit() - 0.5) * Math.sqrt(most) * 4);
    case 'inside':
      return Math.round((random.unit() - 0.5) * (most / 4));
    case 'end':
      return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, random.of(-most - 1, -most, most, most + 1, 32767, -32768)));
  }
}

function threshold(draft: Draft, random: Random): void {
  const name = draft.name('threshold');
  const tensors = thresholds(draft, random, undefined);
  draft.add(
    { [`${name}.t`]: tensors.threshold, [`${name}.m`]: tensors.mode },
    { op: 'threshold', name, from: [draft.last], threshold: `${name}.t`, mode: `${name}.m` },
  );
}

/** The threshold depends on the spikes of a skip connection. */
function countedThreshold(draft: Draft, random: Random): void {
  const chooser = draft.alike(random, 'spikes');
  const counts = chooser === undefined ? undefined : draft.values.get(chooser);
  if (chooser === undefined || counts?.domain !== 'spikes' || counts.levels > 8) {
    threshold(draft, random);
    return;
  }
  const name = draft.name('threshold');
  const tensors = thresholds(draft, random, counts.levels + 1);
  draft.add(
    { [`${name}.t`]: tensors.threshold, [`${name}.m`]: tensors.mode },
    { op: 'threshold', name, from: [draft.last, chooser], threshold: `${name}.t`, mode: `${name}.m` },
  );
}

function compare(draft: Draft, random: Random): void {
  const name = draft.name('compare');
  draft.add(
    { [`${name}.t`]: spreadReals(random, draft.value.shape, -1, 1, true) },
    { op: 'compare', name, from: [draft.last], threshold: `${name}.t`, strict: random.of(true, false) },
  );
}

function window(draft: Draft, random: Random): { kernel: number[]; stride: number[]; padding: number[] } {
  const axes = draft.value.shape.length - 1;
  const kernel = Array.from({ length: axes }, () => random.of(1, 2, 2, 3));
  const padding = Array.from({ length: 2 * axes }, (_, at) => random.whole(0, (kernel[at % axes] ?? 1) - 1));
  return { kernel, stride: kernel.map((size) => random.of(size, 1, 2)), padding };
}

function maxpool(draft: Draft, random: Random): void {
  draft.add({}, { op: 'maxpool', name: draft.name('maxpool'), from: [draft.last], ...window(draft, random) });
}

function sumpool(draft: Draft, random: Random): void {
  draft.add({}, { op: 'sumpool', name: draft.name('sumpool'), from: [draft.last], ...window(draft, random) });
}

function avgpool(draft: Draft, random: Random): void {
  draft.add({}, { op: 'avgpool', name: draft.name('avgpool'), from: [draft.last], ...window(draft, random) });
}

export function flatten(draft: Draft): void {
  draft.add({}, { op: 'flatten', name: draft.name('flatten'), from: [draft.last] });
}

function reshape(draft: Draft, random: Random): void {
  const length = draft.value.shape.reduce((product, extent) => product * extent, 1);
  const rows = random.of(...divisors(length));
  draft.add({}, { op: 'reshape', name: draft.name('reshape'), from: [draft.last], shape: [rows, length / rows] });
}

function transpose(draft: Draft, random: Random): void {
  const order = draft.value.shape.length === 2 ? [1, 0] : random.of([0, 2, 1], [1, 0, 2], [2, 0, 1], [1, 2, 0]);
  draft.add({}, { op: 'transpose', name: draft.name('transpose'), from: [draft.last], order });
}

function concatAlike(draft: Draft, random: Random): void {
  const other = draft.alike(random, draft.value.domain) ?? draft.last;
  const axis = random.whole(0, draft.value.shape.length - 1);
  draft.add({}, { op: 'concat', name: draft.name('concat'), from: [draft.last, other], axis });
}

function addAlike(draft: Draft, random: Random): void {
  const other = draft.alike(random, draft.value.domain) ?? draft.last;
  const multipliers = random.of([1, 1], [1, 1], [1, -1], [3, -7]);
  draft.add({}, { op: 'add', name: draft.name('add'), from: [draft.last, other], multipliers });
}

/** The spikes of this tick and those of the one before. */
function previousAdd(draft: Draft): void {
  const [before, name] = [draft.name('previous'), draft.name('add')];
  draft.add(
    {},
    { op: 'previous', name: before, of: draft.last },
    { op: 'add', name, from: [draft.last, before], multipliers: [1, 1] },
  );
}

function scale(draft: Draft, random: Random): void {
  const name = draft.name('scale');
  const { shape } = draft.value;
  const biased = random.unit() < 0.5;
  draft.add(
    {
      [`${name}.s`]: spreadReals(random, shape, -2, 2, true),
      ...(biased && { [`${name}.b`]: spreadReals(random, shape, -1, 1, true) }),
    },
    { op: 'scale', name, from: [draft.last], scale: `${name}.s`, ...(biased && { bias: `${name}.b` }) },
  );
}

function readout(draft: Draft, random: Random): void {
  const name = draft.name('readout');
  const channels = draft.value.shape.slice(0, 1);
  const biased = random.unit() < 0.5;
  draft.add(
    {
      [`${name}.s`]: reals(random, random.of([1], channels), -0.1, 0.1),
      ...(biased && { [`${name}.b`]: reals(random, random.of([1], channels)) }),
    },
    { op: 'readout', name, from: [draft.last], scale: `${name}.s`, ...(biased && { bias: `${name}.b` }) },
  );
}

function neuronOf(random: Random, name: string, from: string, shape: readonly number[]) {
  const tensors: Record<string, Tensor> = {
    [`${name}.decay`]: spreadReals(random, shape, 0.5, 1),
    [`${name}.gain`]: spreadReals(random, shape, 0.1, 2),
  };
  const fires = random.unit() < 0.8;
  const given = (part: string, share: number, low: number, high: number): Record<string, string> => {
    if (random.unit() >= share) return {};
    tensors[`${name}.${part}`] = spreadReals(random, shape, low, high);
    return { [part]: `${name}.${part}` };
  };
  const synapse = random.unit() < 0.5 ? { ...given('synapseDecay', 1, 0, 1), ...given('synapseGain', 1, -2, 2) } : {};
  const node: GraphNode = {
    op: 'neuron',
    name,
    from: [from],
    decay: `${name}.decay`,
    gain: `${name}.gain`,
    current: random.of('new', 'old'),
    strict: random.of(true, false),
    reset: fires ? random.of('none', 'set', 'subtract') : 'none',
    resetAt: random.of('spike', 'next'),
    ...synapse,
    ...(fires ? given('threshold', 1, 0.1, 1) : {}),
    ...given('drive', 0.4, -0.5, 0.5),
    ...given('resetValue', 0.5, -0.5, 0.25),
    ...given('initial', 0.5, -1, 1),
  };
  return { tensors, node };
}

function neuron(draft: Draft, random: Random): void {
  const { tensors, node } = neuronOf(random, draft.name('neuron'), draft.last, draft.value.shape);
  draft.add(tensors, node);
}

/** Spikes of the tick before come back through weights of their own. */
function recurrentSums(draft: Draft, random: Random): void {
  flat(draft);
  const name = draft.name('recurrent');
  const units = random.of(1, 4, 9, 16);
  const modes = Uint8Array.from({ length: units }, () => random.of(0, 0, 1));
  const values = Int32Array.from({ length: units }, () => random.whole(-40, 120));
  draft.add(
    {
      [`${name}.w`]: integers(random, [units, draft.value.shape[0] ?? 1]),
      [`${name}.r`]: integers(random, [units, units]),
      [`${name}.t`]: { type: 'I32', shape: [1, units], values },
      [`${name}.m`]: { type: 'U8', shape: [units], values: modes },
    },
    { op: 'previous', name: `${name}.before`, of: name },
    { op: 'dense', name: `${name}.in`, from: [draft.last], weight: `${name}.w` },
    { op: 'dense', name: `${name}.back`, from: [`${name}.before`], weight: `${name}.r` },
    { op: 'add', name: `${name}.sum`, from: [`${name}.in`, `${name}.back`], multipliers: [1, 1] },
    { op: 'threshold', name, from: [`${name}.sum`], threshold: `${name}.t`, mode: `${name}.m` },
  );
}

function recurrentNeurons(draft: Draft, random: Random): void {
  flat(draft);
  const name = draft.name('recurrent');
  const units = random.of(1, 4, 9, 16);
  const { tensors, node } = neuronOf(random, name, `${name}.sum`, [units]);
  draft.add(
    {
      ...tensors,
      [`${name}.w`]: reals(random, [units, draft.value.shape[0] ?? 1]),
      [`${name}.r`]: reals(random, [units, units]),
    },
    { op: 'previous', name: `${name}.before`, of: name },
    { op: 'dense', name: `${name}.in`, from: [draft.last], weight: `${name}.w` },
    { op: 'dense', name: `${name}.back`, from: [`${name}.before`], weight: `${name}.r` },
    { op: 'add', name: `${name}.sum`, from: [`${name}.in`, `${name}.back`], multipliers: [1, 1] },
    node,
  );
}

function cubafixed(draft: Draft, random: Random): void {
  const name = draft.name('cubafixed');
  const shape = random.of([1], draft.value.shape);
  const biased = random.unit() < 0.5;
  draft.add(
    {
      [`${name}.u`]: wholeNumbers(random, shape, 0, 4095),
      [`${name}.v`]: wholeNumbers(random, shape, 0, 4096),
      [`${name}.t`]: wholeNumbers(random, shape, 0, random.of(100, 5000, (1 << 17) - 1)),
      ...(biased && { [`${name}.b`]: wholeNumbers(random, shape, -5000, random.of(5000, 1 << 23)) }),
    },
    {
      op: 'cubafixed',
      name,
      from: [draft.last],
      currentDecay: `${name}.u`,
      voltageDecay: `${name}.v`,
      threshold: `${name}.t`,
      ...(biased && { bias: `${name}.b` }),
    },
  );
}

function delay(draft: Draft, random: Random): void {
  const name = draft.name('delay');
  draft.add(
    { [`${name}.t`]: wholeNumbers(random, random.of([1], draft.value.shape), 0, random.of(1, 3)) },
    { op: 'delay', name, from: [draft.last], ticks: `${name}.t` },
  );
}

function delta(draft: Draft, random: Random): void {
  const name = draft.name('delta');
  draft.add(
    { [`${name}.t`]: spreadReals(random, draft.value.shape, 0.125, 1) },
    { op: 'delta', name, from: [draft.last], theta: `${name}.t`, levels: random.of(1, 7, 127) },
  );
}

function integrate(draft: Draft): void {
  draft.add({}, { op: 'integrate', name: draft.name('integrate'), from: [draft.last] });
}

/** Stable sections: poles within the unit circle. */
function smooth(draft: Draft, random: Random): void {
  const name = draft.name('smooth');
  const sections = random.of(1, 2);
  const values = Float64Array.from({ length: sections * 6 }, (_, at) => {
    const place = at % 6;
    return place === 3 ? 1 : place === 4 ? -1.5 + 0.5 * random.unit() : place === 5 ? 0.6 : random.unit() / 4;
  });
  draft.add(
    { [`${name}.s`]: { type: 'F64', shape: [sections, 6], values } },
    { op: 'smooth', name, from: [draft.last], sections: `${name}.s` },
  );
}

function batchnorm(draft: Draft, random: Random): void {
  const name = draft.name('batchnorm');
  const channels = draft.value.shape.slice(0, 1);
  draft.add(
    {
      [`${name}.g`]: reals(random, channels),
      [`${name}.b`]: reals(random, channels),
      [`${name}.m`]: reals(random, channels),
      [`${name}.v`]: reals(random, channels, 0.125, 3),
    },
    {
      op: 'batchnorm',
      name,
      from: [draft.last],
      gain: `${name}.g`,
      bias: `${name}.b`,
      mean: `${name}.m`,
      variance: `${name}.v`,
      epsilon: random.of(1e-5, 0),
    },
  );
}

function activation(draft: Draft, random: Random): void {
  const kind = random.of('relu', 'relu6', 'sigmoid', 'tanh', 'softmax', 'thresholdedRelu');
  draft.add(
    {},
    {
      op: 'activation',
      name: draft.name('activation'),
      from: [draft.last],
      function: kind,
      ...(kind === 'thresholdedRelu' && random.unit() < 0.5 && { theta: 0.25 }),
    },
  );
}

function quantize(draft: Draft, random: Random): void {
  const output = random.of(
    { type: 'u8', scale: Math.fround(0.05), zeroPoint: 128 } as const,
    { type: 'i8', scale: 1 / 16, zeroPoint: -3 } as const,
  );
  draft.add(
    {},
    { op: 'quantize', name: draft.name('quantize'), from: [draft.last], output, halves: random.of('even', 'away') },
  );
}

function dequantize(draft: Draft): void {
  draft.add({}, { op: 'dequantize', name: draft.name('dequantize'), from: [draft.last] });
}
