import { z } from 'zod';
import { parseJson, refusal } from '../../format/json.js';
import { mostAxis } from '../../format/limits.js';
import { ModelError } from '../../format/model-error.js';

/** model.json of a TensorFlow.js LayersModel: the layers and how they are joined, and where the weights lie. */

const text = z.string().max(300);
const length = z.number().int().min(0).max(mostAxis);

const layer = z.looseObject({
  class_name: text,
  name: text.optional(),
  config: z.looseObject({ name: text.optional() }),
  inbound_nodes: z.unknown().optional(),
});

/** Where a layer takes its inputs: name of a layer, its call (0), its output (0). */
const place = z.tuple([text, z.literal(0), z.literal(0)]).rest(z.unknown());
const places = z.union([z.array(place).min(1).max(64), place.transform((one) => [one])]);

const sequential = z.union([
  z.looseObject({ name: text.optional(), layers: z.array(layer).min(1).max(4096) }),
  z
    .array(layer)
    .min(1)
    .max(4096)
    .transform((layers) => ({ name: 'sequential', layers })),
]);
const functional = z.looseObject({
  name: text.optional(),
  layers: z.array(layer).min(1).max(4096),
  input_layers: places,
  output_layers: places,
});

const weight = z.looseObject({
  name: text,
  shape: z.array(length).max(5),
  dtype: text,
  quantization: z
    .looseObject({
      dtype: z.enum(['uint8', 'uint16', 'float16']),
      scale: z.number().optional(),
      min: z.number().optional(),
    })
    .optional(),
});
export type WeightEntry = z.infer<typeof weight>;
const manifest = z
  .array(z.looseObject({ paths: z.array(text).min(1).max(1024), weights: z.array(weight).max(16384) }))
  .max(1024);
export type WeightsManifest = z.infer<typeof manifest>;

const model = z.looseObject({ class_name: text, config: z.unknown() });
const file = z.looseObject({
  format: text.optional(),
  generatedBy: text.nullish(),
  modelTopology: z.union([z.looseObject({ model_config: model }).transform((outer) => outer.model_config), model]),
  weightsManifest: manifest,
});

export interface Layer {
  readonly kind: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers that it reads; empty for an input. */
  readonly from: readonly string[];
}

export interface LayersModel {
  readonly name: string;
  readonly generatedBy: string;
  readonly layers: readonly Layer[];
  readonly outputs: readonly string[];
  readonly manifest: WeightsManifest;
}

const mostJsonBytes = 1 << 20;
const what = 'model.json';

export function readLayersModel(bytes: Uint8Array): LayersModel {
  if (bytes.length > mostJsonBytes)
    throw new ModelError(
      `${what}: ${bytes.length} bytes; at most ${mostJsonBytes} are read. Weights belong into files beside it.`,
    );
  const json = parseJson(new TextDecoder().decode(bytes), what);
  const { data, error } = file.safeParse(json);
  if (error) throw refusal(what, error);
  if (data.format !== undefined && data.format !== 'layers-model')
    throw new ModelError(
      `${what}: format ${data.format}. Save the model as a layers-model (model.save), not as a graph.`,
    );
  const { class_name: kind, config } = data.modelTopology;
  const shared = { generatedBy: data.generatedBy ?? 'TensorFlow.js', manifest: data.weightsManifest };
  if (kind === 'Sequential') return { ...shared, ...readSequential(config) };
  if (kind === 'Model' || kind === 'Functional') return { ...shared, ...readFunctional(config) };
  throw new ModelError(`${what}: a model of class ${kind}. Sequential, Model and Functional are read.`);
}

type Graph = Pick<LayersModel, 'name' | 'layers' | 'outputs'>;

function readSequential(config: unknown): Graph {
  const { data, error } = sequential.safeParse(config);
  if (error) throw refusal(`${what}: modelTopology`, error);
  const layers: Layer[] = [];
  for (const given of data.layers) {
    const before = layers.at(-1);
    const named = { kind: given.class_name, name: nameOf(given), config: given.config };
    if (before === undefined && named.kind !== 'InputLayer')
      // The first layer carries the shape of the input.
      layers.push({ kind: 'InputLayer', name: `${named.name}_input`, config: given.config, from: [] });
    const previous = layers.at(-1);
    layers.push({ ...named, from: previous ? [previous.name] : [] });
  }
  const last = layers.at(-1);
  return { name: data.name ?? 'sequential', layers: unique(layers), outputs: last ? [last.name] : [] };
}

function readFunctional(config: unknown): Graph {
  const { data, error } = functional.safeParse(config);
  if (error) throw refusal(`${what}: modelTopology`, error);
  const layers = data.layers.map((given): Layer => {
    const name = nameOf(given);
    return { kind: given.class_name, name, config: given.config, from: sourcesOf(name, given.inbound_nodes) };
  });
  return {
    name: data.name ?? 'model',
    layers: unique(layers),
    outputs: data.output_layers.map(([name]) => name),
  };
}

const inbound = z.array(z.array(place).min(1).max(64));

function sourcesOf(name: string, given: unknown): string[] {
  const { data, error } = inbound.safeParse(given ?? []);
  if (error) throw refusal(`${name}: inbound_nodes`, error);
  if (data.length > 1) throw new ModelError(`${name}: is used ${data.length} times. Give each use a layer of its own.`);
  return (data[0] ?? []).map(([from]) => from);
}

function nameOf(given: z.infer<typeof layer>): string {
  const name = given.config.name ?? given.name;
  if (name === undefined)
    throw new ModelError(`${what}: a layer of class ${given.class_name} without a name. Give it one.`);
  return name;
}

function unique(layers: readonly Layer[]): readonly Layer[] {
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) throw new ModelError(`${name}: two layers have this name. Rename one.`);
    names.add(name);
  }
  return layers;
}
