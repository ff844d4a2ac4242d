import fc from 'fast-check';
import type { Model, ModelValues } from '../../runtime/contracts.js';
import type { Network } from '../format/graph.js';
import { floatNodes } from '../format/nodes-float.js';
import { spikingNodes } from '../format/nodes-spiking.js';
import type { Value } from '../format/values.js';
import { newArray } from './ports.js';
import { Draft, Random } from './random-draft.test.fixture.js';
import { fitting, flatten, type Layer } from './random-layers.test.fixture.js';

/** A network and what comes in, tick by tick and port by port. */
export interface NetworkCase {
  readonly network: Network;
  readonly ticks: readonly (readonly ModelValues[])[];
}

interface LayerRecipe {
  /** Which of the layers that fit. */
  readonly choice: number;
  readonly seed: number;
}

interface Recipe {
  readonly input: 'spikes' | 'levels' | 'u8' | 'i8' | 'i16' | 'real';
  readonly shape: readonly number[];
  readonly layers: readonly LayerRecipe[];
  /** Of the spikes that come in, per cent. */
  readonly activity: number;
  readonly ticks: number;
  /** Bit n makes node n an output, besides the last. */
  readonly watched: number;
  readonly seed: number;
}

/** All that the reference runs. */
export const kindsOfNodes = [
  ...[...spikingNodes, ...floatNodes].map(({ shape }) => shape.op.value),
  ...(['quantize', 'dequantize'] as const),
];

const seeds = fc.nat(0xffffff);
const axis = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.constantFrom(16, 17, 32, 33));
const width = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) },
  fc.constantFrom(64, 100, 128, 258, 300),
);
const channels = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 20));

const anyRecipe: fc.Arbitrary<Recipe> = fc.record({
  input: fc.constantFrom('spikes', 'spikes', 'levels', 'u8', 'i8', 'real', 'i16'),
  shape: fc.oneof(
    width.map((units) => [units]),
    fc.tuple(axis, axis),
    { weight: 2, arbitrary: fc.tuple(channels, axis, axis) },
  ),
  layers: fc.array(fc.record({ choice: fc.nat(999), seed: seeds }), { minLength: 1, maxLength: 7 }),
  activity: fc.constantFrom(0, 3, 15, 50, 100),
  ticks: fc.integer({ min: 1, max: 5 }),
  watched: fc.oneof(fc.constant(0), fc.nat(0xff)),
  seed: seeds,
});

/**
 * Random valid networks of every kind of spiking and float layer, stateless and with one step per tick, with weights up to
 * the extremes. Shrinks to fewer layers, smaller shapes and fewer ticks.
 */
export const randomCase: fc.Arbitrary<NetworkCase> = anyRecipe.map(build);

/** One or two convolutions of an image, the first on codes, each with its threshold: where an engine has most to gain. */
export const imageCase: fc.Arbitrary<NetworkCase> = fc
  .record({
    recipe: anyRecipe,
    input: fc.constantFrom<Recipe['input'][]>('u8', 'i8', 'levels'),
    shape: fc.tuple(channels, axis, fc.integer({ min: 4, max: 17 })),
    layers: fc.array(fc.record({ choice: fc.constant(0), seed: seeds }), { minLength: 1, maxLength: 2 }),
  })
  .map(({ recipe, ...image }) => build({ ...recipe, ...image, watched: 0 }));

/** The first output of two models that differs over the ticks of a case, in words; NaN equals NaN, −0 is not 0. */
export function firstDifference(one: Model, other: Model, { ticks }: NetworkCase): string | undefined {
  const [a, b] = [one, other].map((model) => model.outputs.map((port) => arrayOf(port.type, port.shape)));
  for (const [tick, inputs] of ticks.entries()) {
    one.step(inputs, a as ModelValues[]);
    other.step(inputs, b as ModelValues[]);
    for (const [place, { name }] of one.outputs.entries()) {
      const [x, y] = [a?.[place], b?.[place]];
      if (x?.length !== y?.length) return `output ${name}: ${x?.length} values and ${y?.length}`;
      const at = x?.findIndex((value, i) => !Object.is(value, y?.[i])) ?? -1;
      if (at >= 0) return `output ${name}, element ${at}, tick ${tick}: ${x?.[at]} and ${y?.[at]}`;
    }
  }
  return undefined;
}

function arrayOf(type: 'f32' | 'i32' | 'u8' | 'i8', shape: readonly number[]): ModelValues {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return new { f32: Float32Array, i32: Int32Array, u8: Uint8Array, i8: Int8Array }[type](length);
}

function build(recipe: Recipe): NetworkCase {
  const random = new Random(recipe.seed);
  const draft = new Draft(inputKind(recipe.input, random), recipe.shape);
  for (const { choice, seed } of recipe.layers) {
    const layers = fitting(draft.value);
    (layers[choice % layers.length] as Layer)(draft, new Random(seed));
  }
  if (draft.nodes.length === 0) flatten(draft);
  const network = draft.network(recipe.watched);
  const input = draft.values.get('in') as Value;
  const ticks = Array.from({ length: recipe.ticks }, () => [randomInput(input, recipe.activity / 100, random)]);
  return { network, ticks, [fc.toStringMethod]: () => describe(recipe, network) } as NetworkCase;
}

function describe(recipe: Recipe, { graph, tensors }: Network): string {
  const shapes = [...tensors].map(([name, { type, shape }]) => `${name} ${type} [${shape.join()}]`);
  return `${JSON.stringify(recipe)}\n${graph.nodes.map((node) => JSON.stringify(node)).join('\n')}\n${shapes.join('; ')}`;
}

function inputKind(input: Recipe['input'], random: Random): Network['graph']['inputs'][0]['kind'] {
  switch (input) {
    case 'real':
      return { domain: 'real' };
    case 'spikes':
      return { domain: 'spikes', levels: 1 };
    case 'levels':
      return { domain: 'spikes', levels: random.of(2, 3, 4, 17, 255) };
    case 'u8':
      return { domain: 'codes', type: 'u8', scale: 1 / 64, zeroPoint: random.of(0, 128, 255, random.whole(0, 255)) };
    case 'i8':
      return { domain: 'codes', type: 'i8', scale: 0.1, zeroPoint: random.of(0, -128, 127, random.whole(-128, 127)) };
    case 'i16':
      return { domain: 'codes', type: 'i16', scale: 1e-3, zeroPoint: 0 };
  }
}

function randomInput(value: Value, activity: number, random: Random): ModelValues {
  const array = newArray(value);
  for (let i = 0; i < array.length; i++)
    if (value.domain === 'spikes') array[i] = random.unit() < activity ? random.whole(1, value.levels) : 0;
    else if (value.domain === 'real') array[i] = realNumber(random);
    else if (value.domain === 'codes') {
      const [low, high] = { u8: [0, 255], i8: [-128, 127], i16: [-32768, 32767] }[value.type] as [number, number];
      array[i] = activity === 1 ? high : activity === 0 ? low : random.whole(low, high);
    }
  // An engine must not trust what it is given.
  if (value.domain === 'spikes' && value.levels < 255 && random.unit() < 0.05) array[0] = 255;
  return array;
}

/** Mostly of eighths, so that ties are common. */
function realNumber(random: Random): number {
  const kind = random.unit();
  if (kind < 0.5) return random.whole(-24, 24) / 8;
  if (kind < 0.6) return random.of(0, -0, 1e-42, -1e-30, 1e20);
  return (random.unit() - 0.5) * 4;
}
