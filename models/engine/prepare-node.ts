import type { GraphNode } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { prepareActivation, prepareBatchNorm, prepareDequantize, prepareQuantize } from './float-layers.js';
import { prepareDelay, prepareDelta, prepareIntegrate, preparePrevious, prepareSmooth } from './history.js';
import { prepareFixedNeuron, prepareNeuron } from './neurons.js';
import type { NodeContext, NodeStep } from './node-context.js';
import { preparePool } from './pools.js';
import {
  prepareAdd,
  prepareCompare,
  prepareConcat,
  prepareCopy,
  prepareScale,
  prepareThreshold,
  prepareTranspose,
} from './spikes.js';
import { prepareSynapses } from './synapses.js';

/** A node of a checked network in plain TypeScript, on arrays that `context` hands out; its step allocates nothing. */
export function prepareNode(node: GraphNode, context: NodeContext): NodeStep {
  switch (node.op) {
    case 'dense':
    case 'conv1d':
    case 'conv2d':
      return prepareSynapses(node, context);
    case 'threshold':
      return prepareThreshold(node, context);
    case 'compare':
      return prepareCompare(node, context);
    case 'maxpool':
    case 'sumpool':
    case 'avgpool':
      return preparePool(node, context);
    case 'flatten':
    case 'reshape':
      return prepareCopy(node, context);
    case 'transpose':
      return prepareTranspose(node, context);
    case 'concat':
      return prepareConcat(node, context);
    case 'add':
      return prepareAdd(node, context);
    case 'scale':
    case 'readout':
      return prepareScale(node, context);
    case 'neuron':
      return prepareNeuron(node, context);
    case 'cubafixed':
      return prepareFixedNeuron(node, context);
    case 'previous':
      return preparePrevious(node, context);
    case 'delay':
      return prepareDelay(node, context);
    case 'delta':
      return prepareDelta(node, context);
    case 'integrate':
      return prepareIntegrate(node, context);
    case 'smooth':
      return prepareSmooth(node, context);
    case 'batchnorm':
      return prepareBatchNorm(node, context);
    case 'activation':
      return prepareActivation(node, context);
    case 'quantize':
      return prepareQuantize(node, context);
    case 'dequantize':
      return prepareDequantize(node, context);
    default:
      throw new ModelError(`${node.name}: ${node.op} belongs to networks of codes. Run it by the int8 engine.`);
  }
}
