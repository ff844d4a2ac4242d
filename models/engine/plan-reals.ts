import { elementsOf } from '../format/value.js';
import { membrane, spikedBefore, spread, type NodeOf, type StateArray } from './node-context.js';
import { inputOf, tensorOf, type SynapsePlan, type Synapses } from './plan-synapses.js';
import { realWeights } from './weight-layouts.js';
import { slidingWindow } from './window.js';

/** State of a node that lies in the memory of the kernels. */
export interface PlannedState {
  readonly node: string;
  readonly part: string;
  readonly at: number;
  readonly initial: StateArray;
}

/** Float32 weights on reals or spikes. */
export function planRealSynapses(node: Synapses, { network, forms, memory, scratch }: SynapsePlan): void {
  const [from] = node.from;
  const weight = tensorOf(network, node.weight);
  const flat = [elementsOf(forms.value(from).shape), 1];
  const window = node.op === 'dense' ? slidingWindow(flat, [1], [1], [0, 0]) : inputOf(node, network, forms).window;
  const groups = node.op === 'dense' ? 1 : node.groups;
  const outputs = (weight.shape[0] ?? 0) / groups;
  const channels = window.channels / groups;
  const rows = channels * window.kernelHeight * window.kernelWidth;
  const counts = forms.value(from).domain === 'spikes' ? 1 : 0;
  const input = forms.array(from);
  const out = forms.newArray(node.name);
  const tiles = Math.ceil(outputs / 16);
  const biases = node.bias === undefined ? undefined : tensorOf(network, node.bias).values;
  for (let group = 0; group < groups; group++) {
    const first = group * outputs;
    const bias = new Float32Array(16 * tiles);
    if (biases) bias.set(biases.subarray(first, first + outputs));
    forms.record('reals', {
      ...window,
      channels,
      from: input + group * channels * window.height * window.width * (counts ? 1 : 4),
      counts,
      weights: memory.constant(realWeights(weight.values.subarray(first * rows, (first + outputs) * rows), outputs)),
      bias: memory.constant(bias),
      tiles,
      out: out + 4 * first * window.outHeight * window.outWidth,
      outputs,
      scratch,
    });
  }
}

/** The parts of the state are those of the reference, in its order. */
export function planNeurons(node: NodeOf<'neuron'>, { network, forms, memory }: SynapsePlan): PlannedState[] {
  const [from] = node.from;
  const { shape, domain } = forms.value(from);
  const count = elementsOf(shape);
  let whole = 0;
  const parameter = (name: string | undefined, bit: number): number => {
    if (name === undefined) return 0;
    const values = spread(tensorOf(network, name), shape);
    if (values.every((value) => Object.is(value, values[0])))
      return memory.constant(new Float32Array(4).fill(values[0] ?? 0));
    whole |= bit;
    return memory.constant(values);
  };
  const state = (part: string, initial: StateArray): PlannedState => ({
    node: node.name,
    part,
    at: memory.room(initial.byteLength),
    initial,
  });
  const initial = node.initial === undefined ? new Float32Array(count) : spread(tensorOf(network, node.initial), shape);
  const states = [
    state(membrane, initial),
    state('current', new Float32Array(count)),
    state(spikedBefore, new Uint8Array(count)),
  ];
  const [membranes = 0, current = 0, spiked = 0] = states.map(({ at }) => at);
  const parameters = {
    synapseDecay: parameter(node.synapseDecay, 1),
    synapseGain: parameter(node.synapseGain, 2),
    decay: parameter(node.decay, 4),
    gain: parameter(node.gain, 8),
    drive: parameter(node.drive, 16),
    threshold: parameter(node.threshold, 32),
    resetValue: parameter(node.resetValue, 64),
  };
  const input = forms.array(from);
  forms.record('neurons', {
    count,
    from: input,
    type: domain === 'real' ? 0 : domain === 'spikes' ? 1 : 2,
    membrane: membranes,
    current,
    spiked,
    out: forms.newArray(node.name),
    ...parameters,
    whole,
    old: node.current === 'old' ? 1 : 0,
    strict: node.strict ? 1 : 0,
    reset: ['none', 'set', 'subtract'].indexOf(node.reset),
    next: node.resetAt === 'next' && node.reset !== 'none' ? 1 : 0,
  });
  return states;
}
