import { z } from 'zod';
import { ModelError } from '../../format/model-error.js';
import type { Importer } from '../importer.js';
import { countElements, NetworkDraft } from '../network-draft.js';
import * as layers from './convert-layers.js';
import * as shapes from './convert-shapes.js';
import { readLayersModel, type Layer, type LayersModel } from './layers-model.js';
import { readWeights } from './weights.js';

const converters: ReadonlyMap<string, layers.Convert> = new Map<string, layers.Convert>([
  ['InputLayer', inputLayer],
  ['Dense', layers.dense],
  ['Conv1D', layers.convolution(1, false)],
  ['Conv2D', layers.convolution(2, false)],
  ['DepthwiseConv2D', layers.convolution(2, true)],
  ['BatchNormalization', layers.batchNormalization],
  ['MaxPooling1D', layers.pool(1, 'maxpool')],
  ['MaxPooling2D', layers.pool(2, 'maxpool')],
  ['AveragePooling1D', layers.pool(1, 'avgpool')],
  ['AveragePooling2D', layers.pool(2, 'avgpool')],
  ['GlobalMaxPooling1D', layers.globalPool(1, 'maxpool')],
  ['GlobalMaxPooling2D', layers.globalPool(2, 'maxpool')],
  ['GlobalAveragePooling1D', layers.globalPool(1, 'avgpool')],
  ['GlobalAveragePooling2D', layers.globalPool(2, 'avgpool')],
  ['Activation', layers.activationLayer],
  ['Softmax', layers.softmax],
  ['ReLU', shapes.relu],
  ['ThresholdedReLU', shapes.thresholdedRelu],
  ['Flatten', shapes.flatten],
  ['Reshape', shapes.reshape],
  ['Add', shapes.add],
  ['Concatenate', shapes.concatenate],
  ['Dropout', shapes.same],
  ['SpatialDropout1D', shapes.same],
  ['GaussianNoise', shapes.same],
  ['GaussianDropout', shapes.same],
]);

/** A LayersModel of TensorFlow.js: `bytes` is its model.json, the weights are read beside it. */
export const importTfjs: Importer = (bytes, { readBeside }) => {
  const model = readLayersModel(bytes);
  if (readBeside === undefined)
    throw new ModelError(
      'model.json: its weights lie in files beside it. Give the path of the file, not its content alone.',
    );
  let fileBytes = bytes.length;
  const weights = readWeights(model.manifest, (name) => {
    const file = readBeside(name);
    fileBytes += file.length;
    return file;
  });
  const draft = new NetworkDraft(fileBytes);
  const values = convertAll(model, draft, weights);
  const outputs = model.outputs.map((name) => {
    const value = values(name);
    const call = { draft, layer: { kind: 'output', name, config: {}, from: [] }, inputs: [], weights };
    if (value.shape.length > 1) assumeOrder(draft, 'output', name, value.shape);
    return { name, node: layers.inOrder(call, value).node };
  });
  return draft.finish(model.name, outputs, `TensorFlow.js, ${model.generatedBy}`);
};

/** Each layer when it is first asked for, after those that it reads; without recursion, whatever their order in the file. */
function convertAll(
  model: LayersModel,
  draft: NetworkDraft,
  weights: layers.LayerCall['weights'],
): (name: string) => layers.Value {
  const byName = new Map(model.layers.map((layer) => [layer.name, layer]));
  const values = new Map<string, layers.Value>();
  const valueOf = (wanted: string): layers.Value => {
    const path = [wanted];
    const begun = new Set<string>();
    for (let name = path.at(-1); name !== undefined; name = path.at(-1)) {
      const layer = byName.get(name);
      if (layer === undefined)
        throw new ModelError(`model.json: layer ${name} is read, but there is none of that name.`);
      begun.add(name);
      const next = layer.from.find((each) => !values.has(each));
      if (next === undefined) {
        if (!values.has(name)) values.set(name, convertLayer(layer, draft, weights, values));
        path.pop();
      } else if (begun.has(next))
        throw new ModelError(`${next}: reads itself, through other layers. A LayersModel has no cycles.`);
      else path.push(next);
    }
    return values.get(wanted) as layers.Value;
  };
  // Inputs first, in their order.
  for (const { name, kind } of model.layers) if (kind === 'InputLayer') valueOf(name);
  for (const { name, from } of model.layers) if (from.every((each) => values.has(each))) valueOf(name);
  return valueOf;
}

function convertLayer(
  layer: Layer,
  draft: NetworkDraft,
  weights: layers.LayerCall['weights'],
  values: ReadonlyMap<string, layers.Value>,
): layers.Value {
  const convert = converters.get(layer.kind);
  if (convert === undefined)
    throw new ModelError(
      `${layer.name}: layers of class ${layer.kind} are not read. Read are ${[...converters.keys()].join(', ')}.`,
    );
  const inputs = layer.from.flatMap((name) => values.get(name) ?? []);
  return convert({ draft, layer, inputs, weights });
}

const inputConfig = z.looseObject({
  batch_input_shape: z.array(z.number().int().nullable()).min(2).max(4).optional(),
  batch_shape: z.array(z.number().int().nullable()).min(2).max(4).optional(),
  dtype: z.enum(['float32', 'int32']).nullish(),
});

function inputLayer(call: layers.LayerCall): layers.Value {
  const { draft, layer } = call;
  const config = layers.configOf(call, inputConfig);
  const [batch, ...axes] = config.batch_input_shape ?? config.batch_shape ?? [];
  const last = axes.filter((length) => length !== null);
  if (last.length === 0 || last.length < axes.length || (typeof batch === 'number' && batch !== 1))
    throw layers.refuse(
      call,
      `shape [${[batch, ...axes].join(', ')}]. A batch of 1 or null and fixed axes are needed.`,
    );
  const shape = layers.channelsFirst(last.length).map((axis) => last[axis] ?? 1);
  countElements(shape, layer.name);
  if (shape.length > 1) assumeOrder(draft, 'input', layer.name, shape);
  return { node: draft.input({ name: layer.name, shape, kind: { domain: 'real' } }), shape, spikes: false };
}

function assumeOrder(draft: NetworkDraft, what: string, name: string, shape: readonly number[]): void {
  const last = layers.channelsLast(shape.length).map((axis) => shape[axis]);
  draft.assume(`${what} ${name} is [${shape.join(', ')}], channels first; TensorFlow.js has [${last.join(', ')}].`);
}
