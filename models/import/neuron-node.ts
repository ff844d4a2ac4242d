import { elementsOf } from '../format/value.js';
import type { Neuron } from './discretise.js';
import type { NetworkDraft } from './network-draft.js';

/** Adds a `neuron` node and its tensors; `shape` is that of its input. Returns the node's name. */
export function neuronNode(
  draft: NetworkDraft,
  wanted: string,
  from: string,
  shape: readonly number[],
  neuron: Neuron,
): string {
  const given = (part: string, values: Float32Array) =>
    draft.floats(`${wanted}.${part}`, values.length === elementsOf(shape) ? shape : [values.length], values);
  const { synapseDecay, synapseGain, decay, gain, drive, threshold, resetValue } = neuron;
  const { current, strict, reset, resetAt } = neuron;
  return draft.node(wanted, {
    op: 'neuron',
    from: [from],
    ...(synapseDecay && { synapseDecay: given('synapseDecay', synapseDecay) }),
    ...(synapseGain && { synapseGain: given('synapseGain', synapseGain) }),
    decay: given('decay', decay),
    gain: given('gain', gain),
    ...(drive && { drive: given('drive', drive) }),
    ...(threshold && { threshold: given('threshold', threshold) }),
    ...(resetValue && { resetValue: given('resetValue', resetValue) }),
    current,
    strict,
    reset,
    resetAt,
  });
}
