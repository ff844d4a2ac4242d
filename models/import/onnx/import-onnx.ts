import type { Network } from '../../format/graph.js';
import { ModelError } from '../../format/model-error.js';
import type { Importer } from '../importer.js';
import { countElements, NetworkDraft } from '../network-draft.js';
import { Call } from './call.js';
import { elementTypeOf, readConstant } from './constant.js';
import * as elements from './convert-elements.js';
import * as layers from './convert-layers.js';
import * as shapes from './convert-shapes.js';
import { toReal, toSpikes, type Codes, type Flow, type Spikes } from './flow.js';
import { readModelProto, type OnnxModel, type OnnxPort } from './model-proto.js';

const converters: ReadonlyMap<string, (call: Call) => Flow> = new Map([
  ['Conv', layers.conv],
  ['Gemm', layers.gemm],
  ['MatMul', layers.matmul],
  ['ConvInteger', layers.integerProduct],
  ['MatMulInteger', layers.integerProduct],
  ['QLinearConv', layers.quantizedProduct],
  ['QLinearMatMul', layers.quantizedProduct],
  ['QuantizeLinear', elements.quantizeLinear],
  ['DequantizeLinear', elements.dequantizeLinear],
  ['BatchNormalization', elements.batchNormalization],
  ['Add', elements.arithmetic],
  ['Sub', elements.arithmetic],
  ['Mul', elements.arithmetic],
  ['Div', elements.arithmetic],
  ['Neg', elements.negate],
  ['Greater', elements.compare],
  ['GreaterOrEqual', elements.compare],
  ['Less', elements.compare],
  ['LessOrEqual', elements.compare],
  ['Not', elements.negation],
  ['Cast', elements.cast],
  ['Where', elements.where],
  ['Relu', elements.relu],
  ['Clip', elements.clip],
  ['Sigmoid', elements.sigmoid],
  ['Tanh', elements.tanh],
  ['Softmax', elements.softmax],
  ['ThresholdedRelu', elements.thresholdedRelu],
  ['MaxPool', shapes.maxPool],
  ['AveragePool', shapes.averagePool],
  ['GlobalAveragePool', shapes.globalAveragePool],
  ['Flatten', shapes.flatten],
  ['Reshape', shapes.reshape],
  ['Squeeze', shapes.squeeze],
  ['Unsqueeze', shapes.unsqueeze],
  ['Transpose', shapes.transpose],
  ['Concat', shapes.concat],
  ['Identity', elements.identity],
  ['Dropout', elements.dropout],
  ['Constant', elements.constantOf],
]);

/** ONNX, float or quantised (QDQ, integer operations): see flow.ts for how comparisons become integer thresholds. */
export const importOnnx: Importer = (bytes) => {
  const model = readModelProto(bytes);
  const draft = new NetworkDraft(bytes.length);
  const flows = new Map<string, Flow>();
  for (const port of model.inputs) flows.set(port.name, inputFlow(draft, port));
  for (const node of model.nodes) {
    const convert = ownDomain(node.domain, node.op) ? converters.get(node.op) : undefined;
    if (convert === undefined)
      throw new ModelError(
        `${node.op} "${node.name || (node.outputs[0] ?? '')}": this operation${node.domain ? ` of ${node.domain}` : ''} is not read. Read are ${[...converters.keys()].join(', ')}.`,
      );
    const inputs = node.inputs.map((name) =>
      name === '' ? undefined : flowOf(model, flows, name, node.name || node.op),
    );
    const [output] = node.outputs;
    if (output === undefined || output === '') throw new ModelError(`${node.op} "${node.name}": has no output.`);
    if (flows.has(output) || model.initializers.has(output))
      throw new ModelError(`${node.op} "${node.name}": its output "${output}" is the name of another value too.`);
    flows.set(output, convert(new Call(draft, model.opset, node, inputs)));
  }
  return finished(model, draft, flows);
};

/** Quantise and dequantise nodes of onnxruntime's own domain are the same as ONNX's. */
function ownDomain(domain: string, op: string): boolean {
  return domain === '' || domain === 'ai.onnx' || (domain === 'com.microsoft' && /^(Deq|Q)uantizeLinear$/.test(op));
}

function flowOf(model: OnnxModel, flows: Map<string, Flow>, name: string, reader: string): Flow {
  const flow = flows.get(name);
  if (flow) return flow;
  const initializer = model.initializers.get(name);
  if (!initializer)
    throw new ModelError(
      `"${reader}": takes "${name}", which no earlier node, input or initializer gives. Nodes must stand in order.`,
    );
  const constant: Flow = { form: 'constant', constant: readConstant(initializer) };
  flows.set(name, constant);
  return constant;
}

function inputFlow(draft: NetworkDraft, port: OnnxPort): Flow {
  const [batch, ...axes] = port.shape;
  const what = `input "${port.name}"`;
  const shown = `[${port.shape.map((length) => length ?? '?').join(', ')}]`;
  if (port.shape.length < 2 || (batch !== undefined && batch !== 1))
    throw new ModelError(
      `${what}: shape ${shown}. A batch of 1 (or of any size) and at least one more axis are needed.`,
    );
  const shape = axes.map((length) => {
    if (length === undefined)
      throw new ModelError(`${what}: shape ${shown}. Only the batch may be free: export with fixed axes.`);
    return length;
  });
  countElements(shape, what);
  const type = elementTypeOf(port.elementType);
  if (type === 'f32') {
    const node = draft.input({ name: port.name, shape, kind: { domain: 'real' } });
    return { form: 'real', node, shape };
  }
  if (type !== 'u8' && type !== 'i8')
    throw new ModelError(`${what}: element type ${type ?? port.elementType}. Use float, uint8 or int8.`);
  // What a code stands for is told by the first node that takes it; the port looks then.
  const meaning: Codes['meaning'] = {};
  const node = draft.input({
    name: port.name,
    shape,
    kind: {
      domain: 'codes',
      type,
      get scale() {
        return meaning.scale ?? 1;
      },
      get zeroPoint() {
        return meaning.zeroPoint ?? 0;
      },
    },
  });
  return { form: 'codes', node, shape, type, meaning };
}

function finished(model: OnnxModel, draft: NetworkDraft, flows: Map<string, Flow>): Network {
  const outputs = model.outputs.map(({ name }) => {
    const flow = flows.get(name);
    if (flow === undefined || flow.form === 'constant' || flow.form === 'quantized')
      throw new ModelError(`output "${name}": does not depend on the network's input.`);
    // Spikes and codes are shown as they are; everything else as the numbers that it stands for.
    const spikes: Spikes | undefined =
      flow.form === 'truth' ? toSpikes(draft, flow) : flow.form === 'spikes' ? flow : undefined;
    if (spikes?.step === 1) return { name, node: spikes.node };
    return { name, node: flow.form === 'codes' ? flow.node : toReal(draft, `${name}.output`, spikes ?? flow).node };
  });
  const [first] = outputs;
  if (first === undefined) throw new ModelError('ONNX graph: no outputs.');
  return draft.finish(model.graphName || 'onnx', outputs, `ONNX${model.producer ? `, by ${model.producer}` : ''}`);
}
