import type { ModelPort, ModelValues } from '../../../runtime/contracts.js';
import {
  writeTflite,
  type FileToWrite,
  type OperatorToWrite,
  type TensorToWrite,
} from './write-tflite.test.fixture.js';

/**
 * Small TensorFlow Lite files made from a seed: each operator by itself, and a network of the kind that detects sleep
 * spindles, with a convolution trunk along time and a gated recurrent cell whose state is an input and an output. What a
 * real runtime gives for them is recorded in ../fixtures/tflite-runtime.json.
 */

/** Numbers from 0 up to 1; the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

const arrays = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, i8: Int8Array };

export function arraysFor(ports: readonly ModelPort[]): ModelValues[] {
  return ports.map(({ type, shape }) => new arrays[type](shape.reduce((product, extent) => product * extent, 1)));
}

/** Codes of the whole range (i16: of half of it), or reals from −4 to 4. */
export function fill(values: readonly ModelValues[], draw: () => number): void {
  for (const array of values)
    for (let place = 0; place < array.length; place++) {
      const u = draw();
      if (array instanceof Float32Array) array[place] = u * 8 - 4;
      else if (array instanceof Int32Array) array[place] = Math.floor(u * 32768) - 16384;
      else array[place] = Math.floor(u * 256) - (array instanceof Int8Array ? 128 : 0);
    }
}

export function generatedFiles(): { name: string; bytes: Uint8Array }[] {
  return makers.flatMap(([name, make]) =>
    [1, 2, 3].map((seed) => ({ name: `${name} ${seed}`, bytes: writeTflite(make(new Random(seed), seed)) })),
  );
}

class Random {
  readonly #draw: () => number;
  constructor(seed: number) {
    this.#draw = seeded(seed);
  }

  scale(low: number, high: number): number {
    return Math.fround(low * (high / low) ** this.#draw());
  }

  code(low = -128, high = 127): number {
    return low + Math.floor(this.#draw() * (high - low + 1));
  }

  value(name: string, shape: number[], scale = this.scale(0.01, 0.1), zeroPoint = this.code()): TensorToWrite {
    return { name, shape, type: 9, scales: [scale], zeroPoints: [zeroPoint] };
  }

  weight(name: string, shape: number[], scales: number[], scaleAxis = 0): TensorToWrite {
    const length = shape.reduce((product, extent) => product * extent, 1);
    const constant = Int8Array.from({ length }, () => this.code(-127));
    return { name, shape, type: 9, scales, zeroPoints: scales.map(() => 0), scaleAxis, constant };
  }

  bias(name: string, input: TensorToWrite, weight: TensorToWrite, most: number): TensorToWrite {
    const length = (weight.scaleAxis === 3 ? weight.shape[3] : weight.shape[0]) ?? 1;
    const scales = (weight.scales ?? []).map((scale) => Math.fround(scale * (input.scales?.[0] ?? 1)));
    const constant = Int32Array.from({ length }, () => this.code(-most, most));
    return { name, shape: [length], type: 2, scales, zeroPoints: scales.map(() => 0), constant };
  }
}

function whole(name: string, values: number[], shape = [values.length]): TensorToWrite {
  return { name, shape, type: 2, constant: Int32Array.from(values) };
}

type Options = OperatorToWrite['options'];

/** One operator that gives the last of the tensors; those without constants before it are inputs. */
function single(code: number, tensors: TensorToWrite[], optionsType = 0, options: Options = []): FileToWrite {
  const last = tensors.length - 1;
  const places = tensors.slice(0, last).map((_, place) => place);
  const inputs = places.filter((place) => !tensors[place]?.constant);
  return {
    tensors,
    operators: [{ code, inputs: places, outputs: [last], optionsType, options }],
    inputs,
    outputs: [last],
  };
}

function two(code: number, optionsType: number): (random: Random, seed: number) => FileToWrite {
  return (random, seed) => {
    const shapes = [[1, 4, 6, 10], [1, 1, 1, 10], [1]];
    const tensors = [
      random.value('a', [1, 4, 6, 10]),
      random.value('b', shapes[seed - 1] ?? []),
      random.value('out', [1, 4, 6, 10]),
    ];
    return single(code, tensors, optionsType, [[0, 'i8', seed === 2 ? 1 : 0]]);
  };
}

function one(code: number, scale?: number, zeroPoint?: number): (random: Random) => FileToWrite {
  return (random) =>
    single(code, [
      random.value('a', [1, 256]),
      random.value('out', [1, 256], scale ?? random.scale(0.01, 0.2), zeroPoint),
    ]);
}

function pooling(code: number): (random: Random, seed: number) => FileToWrite {
  return (random, seed) => {
    const input = random.value('a', [1, 9, 11, 5]);
    const [stride, padding, shape] = seed === 1 ? [1, 1, [1, 7, 9, 5]] : [2, 0, [1, 5, 6, 5]];
    const tensors = [input, { ...input, name: 'out', shape }];
    return single(code, tensors, 5, [
      [0, 'i8', padding],
      [1, 'i32', stride],
      [2, 'i32', stride],
      [3, 'i32', 3],
      [4, 'i32', 3],
      [5, 'i8', 0],
    ]);
  };
}

function convolution(random: Random, seed: number): FileToWrite {
  const [stride, dilation, padding, shape] = [
    [1, 2, 1, [1, 5, 6, 6]],
    [2, 1, 0, [1, 5, 5, 6]],
    [1, 1, 0, [1, 9, 10, 6]],
  ][seed - 1] as [number, number, number, number[]];
  const input = random.value('a', [1, 9, 10, 5]);
  const weight = random.weight(
    'w',
    [6, 3, 3, 5],
    Array.from({ length: 6 }, () => random.scale(0.002, 0.02)),
  );
  const tensors = [
    input,
    weight,
    random.bias('b', input, weight, 20000),
    random.value('out', shape, random.scale(0.2, 1)),
  ];
  return single(3, tensors, 1, [
    [0, 'i8', padding],
    [1, 'i32', stride],
    [2, 'i32', stride],
    [3, 'i8', seed === 3 ? 1 : 0],
    [4, 'i32', dilation],
    [5, 'i32', dilation],
  ]);
}

function depthwise(random: Random, seed: number): FileToWrite {
  const channels = 5 * seed;
  const input = random.value('a', [1, 9, 10, 5]);
  const weight = random.weight(
    'w',
    [1, 3, 3, channels],
    Array.from({ length: channels }, () => random.scale(0.002, 0.02)),
    3,
  );
  const tensors = [
    input,
    weight,
    random.bias('b', input, weight, 2000),
    random.value('out', [1, 9, 10, channels], random.scale(0.1, 0.5)),
  ];
  return single(4, tensors, 2, [
    [0, 'i8', 0],
    [1, 'i32', 1],
    [2, 'i32', 1],
    [3, 'i32', seed],
    [4, 'i8', 0],
    [5, 'i32', 1],
    [6, 'i32', 1],
  ]);
}

function dense(random: Random, seed: number): FileToWrite {
  const input = random.value('a', [1, 37]);
  const weight = random.weight('w', [64, 37], [random.scale(0.002, 0.02)]);
  const tensors = [
    input,
    weight,
    random.bias('b', input, weight, 20000),
    random.value('out', [1, 64], random.scale(0.2, 1)),
  ];
  return single(9, tensors, 8, [[0, 'i8', seed === 3 ? 3 : 0]]);
}

/**
 * h' = z·h + (1 − z)·n, with z = σ(x_z + h_z), r = σ(x_r + h_r), n = tanh(x_n + r·h_n); x from a trunk of two convolutions
 * and pools along 20 samples; y = σ(dense(h')). The file's inputs are the samples and h, its outputs h' and y.
 */
function recurrent(random: Random): FileToWrite {
  const tensors: TensorToWrite[] = [];
  const operators: OperatorToWrite[] = [];
  const add = (tensor: TensorToWrite): number => tensors.push(tensor) - 1;
  const run = (
    code: number,
    inputs: number[],
    output: TensorToWrite,
    optionsType = 0,
    options: Options = [],
  ): number => {
    const out = add(output);
    operators.push({ code, inputs, outputs: [out], optionsType, options });
    return out;
  };
  const units = 3;
  const channels = 6;
  const x = add(random.value('samples', [1, 1, 20], 0.07, 10));
  const h = add(random.value('h', [1, units], 1 / 127, 0));
  let trunk = run(
    22,
    [x, add(whole('image', [1, 1, 20, 1]))],
    random.value('image of samples', [1, 1, 20, 1], 0.07, 10),
  );
  let length = 20;
  for (const [layer, from] of [1, channels].entries()) {
    const scales = Array.from({ length: channels }, () => random.scale(0.002, 0.01));
    const weight = random.weight(`conv${layer}`, [channels, 1, 5, from], scales);
    const input = tensors[trunk] as TensorToWrite;
    const parts = [trunk, add(weight), add(random.bias(`bias${layer}`, input, weight, 500))];
    const options: Options = [
      [0, 'i8', 1],
      [1, 'i32', 1],
      [2, 'i32', 1],
      [3, 'i8', 1],
      [4, 'i32', 1],
      [5, 'i32', 1],
    ];
    length -= 4;
    const convolved = random.value(`relu${layer}`, [1, 1, length, channels], 0.05, -128);
    trunk = run(3, parts, convolved, 1, options);
    length -= 2;
    const pooled = { ...convolved, name: `pool${layer}`, shape: [1, 1, length, channels] };
    trunk = run(17, [trunk], pooled, 5, [
      [0, 'i8', 1],
      [1, 'i32', 1],
      [2, 'i32', 1],
      [3, 'i32', 3],
      [4, 'i32', 1],
      [5, 'i8', 0],
    ]);
  }
  const swapped = random.value('channels first', [1, 1, channels, length], 0.05, -128);
  trunk = run(39, [trunk, add(whole('order', [0, 1, 3, 2]))], swapped);
  const features = channels * length;
  trunk = run(22, [trunk, add(whole('flat', [1, features]))], random.value('features', [1, features], 0.05, -128));
  const gates = (name: string, from: number, inputs: number, scale: number): number[] => {
    const input = tensors[from] as TensorToWrite;
    const weight = random.weight(`${name} weights`, [3 * units, inputs], [scale]);
    const parts = [from, add(weight), add(random.bias(`${name} bias`, input, weight, 3000))];
    const sum = run(9, parts, random.value(name, [1, 3 * units], 0.06, 5), 8, [[0, 'i8', 0]]);
    const outs = ['z', 'r', 'n'].map((gate) => add(random.value(`${name} ${gate}`, [1, units], 0.06, 5)));
    operators.push({
      code: 49,
      inputs: [add(whole(`${name} axis`, [1], [])), sum],
      outputs: outs,
      optionsType: 35,
      options: [[0, 'i32', 3]],
    });
    return outs;
  };
  const [xz = 0, xr = 0, xn = 0] = gates('from x', trunk, features, 0.003);
  const [hz = 0, hr = 0, hn = 0] = gates('from h', h, units, 0.02);
  const binary = (code: number, name: string, a: number, b: number, scale: number, zero: number): number =>
    run(code, [a, b], random.value(name, [1, units], scale, zero), code === 0 ? 11 : code === 18 ? 21 : 28, [
      [0, 'i8', 0],
    ]);
  const sigmoid = (name: string, from: number): number =>
    run(14, [from], random.value(name, [1, units], 1 / 256, -128));
  const z = sigmoid('z', binary(0, 'z sum', xz, hz, 0.08, 3));
  const r = sigmoid('r', binary(0, 'r sum', xr, hr, 0.08, -3));
  const rn = binary(18, 'r times n', r, hn, 0.05, 0);
  const n = run(28, [binary(0, 'n sum', xn, rn, 0.07, 1)], random.value('n', [1, units], 1 / 128, 0));
  const unity = add({
    name: 'one',
    shape: [],
    type: 9,
    scales: [1 / 255],
    zeroPoints: [-128],
    constant: Int8Array.of(127),
  });
  const rest = binary(41, '1 - z', unity, z, 1 / 255, -128);
  const next = binary(
    0,
    "h'",
    binary(18, 'z times h', z, h, 1 / 127, 0),
    binary(18, 'rest times n', rest, n, 1 / 128, -1),
    1 / 127,
    0,
  );
  const weight = random.weight('dense', [1, units], [0.02]);
  const parts = [next, add(weight), add(random.bias('dense bias', tensors[next] as TensorToWrite, weight, 100))];
  const logit = run(9, parts, random.value('logit', [1, 1], 0.05, 0), 8, [[0, 'i8', 0]]);
  const y = run(14, [logit], random.value('y', [1, 1], 1 / 256, -128));
  return { tensors, operators, inputs: [h, x], outputs: [next, y] };
}

const makers: readonly (readonly [string, (random: Random, seed: number) => FileToWrite])[] = [
  ['ADD', two(0, 11)],
  ['SUB', two(41, 28)],
  ['MUL', two(18, 21)],
  ['LOGISTIC', one(14, 1 / 256, -128)],
  ['TANH', one(28, 1 / 128, 0)],
  ['RELU', one(19)],
  ['RELU6', one(21)],
  ['QUANTIZE of codes', one(114)],
  ['QUANTIZE', (random) => single(114, [{ name: 'a', shape: [1, 200], type: 0 }, random.value('out', [1, 200], 0.03)])],
  ['DEQUANTIZE', (random) => single(6, [random.value('a', [1, 50]), { name: 'out', shape: [1, 50], type: 0 }])],
  [
    'SOFTMAX',
    (random, seed) =>
      single(25, [random.value('a', [1, 10]), random.value('out', [1, 10], 1 / 256, -128)], 9, [[0, 'f32', seed / 2]]),
  ],
  ['AVERAGE_POOL_2D', pooling(1)],
  ['MAX_POOL_2D', pooling(17)],
  [
    'MEAN',
    (random, seed) =>
      single(
        40,
        [
          random.value('a', [1, 7, 6, 8]),
          whole('axes', [1, 2]),
          random.value('out', seed === 1 ? [1, 1, 1, 8] : [1, 8]),
        ],
        27,
        [[0, 'i8', seed === 1 ? 1 : 0]],
      ),
  ],
  ['CONV_2D', convolution],
  ['DEPTHWISE_CONV_2D', depthwise],
  ['FULLY_CONNECTED', dense],
  [
    'CONCATENATION',
    (_, seed) =>
      single(
        2,
        ['a', 'b', 'out'].map((name) => ({
          name,
          shape: name === 'out' ? (seed === 1 ? [1, 6, 4] : [1, 3, 8]) : [1, 3, 4],
          type: 9,
          scales: [0.1],
          zeroPoints: [3],
        })),
        10,
        [
          [0, 'i32', seed === 1 ? 1 : -1],
          [1, 'i8', 0],
        ],
      ),
  ],
  [
    'PAD',
    () =>
      single(
        34,
        [
          { name: 'a', shape: [1, 3, 4, 2], type: 9, scales: [0.1], zeroPoints: [-7] },
          whole('margins', [0, 0, 1, 2, 3, 0, 0, 1], [4, 2]),
          { name: 'out', shape: [1, 6, 7, 3], type: 9, scales: [0.1], zeroPoints: [-7] },
        ],
        22,
      ),
  ],
  ['recurrent', recurrent],
];
