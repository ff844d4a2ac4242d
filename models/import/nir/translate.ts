import type { Network } from '../../format/graph.js';
import { ModelError } from '../../format/model-error.js';
import { mostLevels } from '../../format/limits.js';
import { describeShape, elementsOf, sameShape } from '../../format/value.js';
import { slide } from '../../format/windows.js';
import { discretise, ticked, type NeuronEquation } from '../discretise.js';
import type { ImportOptions } from '../importer.js';
import { NetworkDraft } from '../network-draft.js';
import { neuronNode } from '../neuron-node.js';
import type { Numbers } from '../hdf5/fields.js';
import type { NirEdge, NirGraph } from './graph.js';
import type { NirConvolution, NirNeuron, NirNode } from './nodes.js';
import { byTarget, orderGraph } from './order.js';
import { chooseStepping, type Stepping } from './tick.js';

/** A NIR graph as a network: float32 weights, one step a tick. `fileBytes` bounds what it may unfold into. */
export function translateNir(graph: NirGraph, fileBytes: number, options: ImportOptions): Network {
  const stepping = chooseStepping(graph, options);
  const isStateful = (name: string) => graph.nodes.get(name)?.type === 'neuron';
  const { names, delayed } = orderGraph([...graph.nodes.keys()], graph.edges, isStateful);
  const translation = new Translation(graph, stepping, delayed, new NetworkDraft(fileBytes));
  for (const name of names) translation.add(name);
  return translation.finish();
}

/** What a node of the draft gives. */
interface Flow {
  readonly name: string;
  readonly shape: readonly number[];
  /** Spikes count up to this; 0 for real numbers. */
  readonly levels: number;
}

class Translation {
  readonly #draft: NetworkDraft;
  readonly #graph: NirGraph;
  readonly #stepping: Stepping;
  readonly #delayed: ReadonlySet<NirEdge>;
  readonly #into: ReadonlyMap<string, readonly NirEdge[]>;
  /** Nodes with an edge out of them; an Input or Output between two others passes on what it gets. */
  readonly #read: ReadonlySet<string>;
  readonly #flows = new Map<string, Flow>();
  /** Shapes that a delayed edge was given before its neuron was there. */
  readonly #foreseen = new Map<string, Flow>();
  #inputs = 0;
  readonly #outputs: { name: string; node: string }[] = [];

  constructor(graph: NirGraph, stepping: Stepping, delayed: ReadonlySet<NirEdge>, draft: NetworkDraft) {
    this.#draft = draft;
    this.#graph = graph;
    this.#stepping = stepping;
    this.#delayed = delayed;
    this.#into = byTarget(graph.edges);
    this.#read = new Set(graph.edges.map(({ from }) => from));
    for (const line of stepping.assumptions) this.#draft.assume(line);
  }

  add(name: string): void {
    const node = this.#graph.nodes.get(name);
    if (node === undefined) return;
    const sources = (this.#into.get(name) ?? []).map((edge) => this.#source(edge, node));
    const [first, ...more] = sources;
    if (first === undefined) {
      if (node.type === 'Input') this.#flows.set(name, this.#input(name, node.shape));
      else throw new ModelError(`${name}: no edge leads to it. Connect it, or leave it out.`);
      return;
    }
    const flow = this.#translated(name, node, more.length === 0 ? first : this.#sum(name, [first, ...more]));
    this.#flows.set(name, flow);
    const foreseen = this.#foreseen.get(name);
    if (foreseen !== undefined && flow.name !== name)
      throw new ModelError(`${name}: another node has this name. Rename one.`);
    if (foreseen !== undefined && !sameShape(foreseen.shape, flow.shape))
      throw new ModelError(
        `${name}: a cycle takes ${describeShape(foreseen.shape)} from it, but it gives ${describeShape(flow.shape)}. Correct the shapes.`,
      );
  }

  finish(): Network {
    if (this.#outputs.length === 0) throw new ModelError('the graph has no Output that an edge leads to. Add one.');
    if (this.#inputs === 0) throw new ModelError('the graph has no Input. Add one.');
    return this.#draft.finish('NIR graph', this.#outputs, 'NIR', this.#stepping.tickSeconds);
  }

  #input(name: string, shape: readonly number[]): Flow {
    if (shape.length === 0 || shape.length > 4)
      throw new ModelError(`${name}: an Input of shape ${describeShape(shape)}. Give one to four axes.`);
    this.#inputs++;
    return { name: this.#draft.input({ name, shape: [...shape], kind: { domain: 'real' } }), shape, levels: 0 };
  }

  /** What comes along an edge: now, or from the tick before. */
  #source(edge: NirEdge, target: NirNode): Flow {
    const flow = this.#flows.get(edge.from);
    if (!this.#delayed.has(edge)) {
      if (flow !== undefined) return flow;
      throw new ModelError(`edge ${edge.from} → ${edge.to}: nothing comes out of ${edge.from}.`);
    }
    const neuron = this.#graph.nodes.get(edge.from);
    const known = flow ??
      this.#foreseen.get(edge.from) ?? {
        name: edge.from,
        shape: foreseenShape(edge, neuron, target),
        levels: neuron?.type === 'neuron' && neuron.threshold !== undefined ? 1 : 0,
      };
    this.#foreseen.set(edge.from, known);
    this.#draft.assume(`Edge ${edge.from} → ${edge.to} closes a cycle: it carries what the neuron gave a tick before.`);
    return { ...known, name: this.#draft.node(`${edge.from}@previous`, { op: 'previous', of: edge.from }) };
  }

  #sum(name: string, flows: readonly [Flow, ...Flow[]]): Flow {
    const [{ shape }] = flows;
    const odd = flows.find((flow) => !sameElements(flow.shape, shape));
    if (odd !== undefined)
      throw new ModelError(
        `${name}: the edges into it carry ${describeShape(shape)} (${flows[0].name}) and ${describeShape(odd.shape)} (${odd.name}). Only equal shapes are summed.`,
      );
    const total = flows.reduce((sum, { levels }) => sum + levels, 0);
    const spikes = flows.every(({ levels }) => levels > 0) && total <= mostLevels;
    let names = flows.map((flow) => this.#reshaped(name, spikes ? flow : this.#real(flow), shape).name);
    // A node adds eight.
    for (; names.length > 1;) {
      const [some, rest] = [names.slice(0, 8), names.slice(8)];
      names = [...rest, this.#draft.node(`${name}.sum`, { op: 'add', from: some, multipliers: some.map(() => 1) })];
    }
    return { name: names[0] ?? name, shape, levels: spikes ? total : 0 };
  }

  /** Spikes as float32. */
  #real(flow: Flow): Flow {
    if (flow.levels === 0) return flow;
    const scale = this.#draft.floats(`${flow.name}.one`, [1], Float32Array.of(1));
    return {
      ...flow,
      name: this.#draft.node(`${flow.name}.real`, { op: 'scale', from: [flow.name], scale }),
      levels: 0,
    };
  }

  /** The same elements without or with axes of length 1, where a node's rank asks for it. */
  #reshaped(name: string, flow: Flow, shape: readonly number[]): Flow {
    if (sameShape(flow.shape, shape)) return flow;
    this.#draft.assume(`${name}: its input of ${describeShape(flow.shape)} is taken as ${describeShape(shape)}.`);
    const node = this.#draft.node(`${name}.reshape`, { op: 'reshape', from: [flow.name], shape: [...shape] });
    return { ...flow, name: node, shape };
  }

  #translated(name: string, node: NirNode, input: Flow): Flow {
    switch (node.type) {
      case 'Input':
      case 'Output':
        return this.#port(name, node, input);
      case 'Affine':
        return this.#affine(name, node, input);
      case 'Conv1d':
      case 'Conv2d':
        return this.#convolution(name, node, input);
      case 'SumPool2d':
      case 'AvgPool2d':
        return this.#pool(name, node, input);
      case 'Flatten':
        return this.#flatten(name, node, input);
      case 'Scale': {
        const scale = this.#elementwise(name, 'scale', node.scale, input);
        return {
          name: this.#draft.node(name, { op: 'scale', from: [input.name], scale }),
          shape: input.shape,
          levels: 0,
        };
      }
      case 'Threshold': {
        const { name: from, shape } = this.#real(input);
        const threshold = this.#elementwise(name, 'threshold', node.threshold, input);
        return {
          name: this.#draft.node(name, { op: 'compare', from: [from], threshold, strict: true }),
          shape,
          levels: 1,
        };
      }
      case 'Delay':
        return { ...input, name: this.#delay(name, node.delay, input) };
      case 'neuron':
        return this.#neuron(name, node, input);
    }
  }

  #port(name: string, { type, shape }: { type: 'Input' | 'Output'; shape: readonly number[] }, input: Flow): Flow {
    if (!sameElements(input.shape, shape))
      throw new ModelError(
        `${name}: an ${type} of shape ${describeShape(shape)} gets ${describeShape(input.shape)} from ${input.name}. Give both one shape.`,
      );
    if (!sameShape(input.shape, shape))
      this.#draft.assume(
        `${name}: an ${type} of ${describeShape(shape)} gets ${describeShape(input.shape)}: the same elements.`,
      );
    if (type === 'Output' && !this.#read.has(name)) {
      this.#outputs.push({ name, node: input.name });
    }
    return input;
  }

  #affine(name: string, { weight, bias }: { weight: Numbers; bias?: Numbers }, input: Flow): Flow {
    const [outputs = 1, inputs = 1] = weight.shape;
    if (!sameElements(input.shape, [inputs]))
      throw wrongInput(name, weight, input, `[outputs, ${elementsOf(input.shape)}]`);
    const from = this.#reshaped(name, input, [inputs]).name;
    const node = { op: 'dense', from: [from] as [string], ...this.#weights(name, weight, bias) } as const;
    return { name: this.#draft.node(name, node), shape: [outputs], levels: 0 };
  }

  #convolution(name: string, node: NirConvolution, input: Flow): Flow {
    const { weight, lengths, groups } = node;
    const [outputs = 1, group = 1, ...kernel] = weight.shape;
    const axes = kernel.length;
    const shape = withoutOnes(input.shape, axes + 1);
    if (shape.length !== axes + 1 || shape[0] !== group * groups)
      throw wrongInput(name, weight, input, `[outputs, ${(shape[0] ?? 1) / groups}${', kernel'.repeat(axes)}]`);
    if (lengths !== undefined && !sameShape(lengths, shape.slice(1)))
      throw new ModelError(
        `${name}: its input_shape is ${describeShape(lengths)}, but its input is ${describeShape(shape)}. Correct one of them.`,
      );
    const from = this.#reshaped(name, input, shape).name;
    const [stride = 1, strideAcross = 1] = node.stride;
    const [dilation = 1, dilationAcross = 1] = node.dilation;
    const [a = 0, b = 0, c = 0, d = 0] = node.padding;
    const synapse = this.#weights(name, weight, node.bias);
    const shared = { from: [from] as [string], ...synapse, groups };
    const added =
      node.type === 'Conv1d'
        ? this.#draft.node(name, { op: 'conv1d', ...shared, stride, padding: [a, b], dilation })
        : this.#draft.node(name, {
            op: 'conv2d',
            ...shared,
            stride: [stride, strideAcross],
            padding: [a, b, c, d],
            dilation: [dilation, dilationAcross],
          });
    return { name: added, shape: [outputs, ...slide(name, shape.slice(1), { ...node, kernel })], levels: 0 };
  }

  #pool(name: string, node: Extract<NirNode, { type: 'SumPool2d' | 'AvgPool2d' }>, input: Flow): Flow {
    const shape = withoutOnes(input.shape, 3);
    if (shape.length !== 3)
      throw new ModelError(
        `${name}: a pool over two axes gets ${describeShape(input.shape)}. Give it [channels, height, width].`,
      );
    const levels = input.levels * elementsOf(node.kernel);
    const counted = levels > mostLevels ? this.#real(input) : input;
    const flow = this.#reshaped(name, counted, shape);
    const pooled = [shape[0] ?? 1, ...slide(name, shape.slice(1), node)];
    const fields = {
      from: [flow.name] as [string],
      kernel: [...node.kernel],
      stride: [...node.stride],
      padding: [...node.padding],
    };
    const sum = this.#draft.node(node.type === 'SumPool2d' ? name : `${name}.sum`, { op: 'sumpool', ...fields });
    if (node.type === 'SumPool2d') return { name: sum, shape: pooled, levels: counted.levels === 0 ? 0 : levels };
    const scale = this.#draft.floats(`${name}.scale`, [1], Float32Array.of(1 / elementsOf(node.kernel)));
    if (node.padding.some((margin) => margin > 0))
      this.#draft.assume(
        `${name}: NIR does not say whether an average counts the padding: it does here, as in PyTorch.`,
      );
    return { name: this.#draft.node(name, { op: 'scale', from: [sum], scale }), shape: pooled, levels: 0 };
  }

  #flatten(name: string, { start, end }: { start: number; end: number }, input: Flow): Flow {
    const rank = input.shape.length;
    const [first, last] = [start < 0 ? start + rank : start, end < 0 ? end + rank : end];
    if (first < 0 || last >= rank || first > last)
      throw new ModelError(
        `${name}: flattens axes ${start} to ${end} of ${describeShape(input.shape)}, which leaves out the batch. Name axes that it has.`,
      );
    const shape = [
      ...input.shape.slice(0, first),
      elementsOf(input.shape.slice(first, last + 1)),
      ...input.shape.slice(last + 1),
    ];
    const from: [string] = [input.name];
    const node = shape.length === 1 ? ({ op: 'flatten', from } as const) : ({ op: 'reshape', from, shape } as const);
    return { ...input, name: this.#draft.node(name, node), shape };
  }

  #delay(name: string, delay: Numbers, input: Flow): string {
    const dt = this.#stepping.tickSeconds ?? 1;
    const ticks = Int32Array.from(delay.values, (seconds) => Math.min(Math.round(seconds / dt), 2 ** 31 - 1));
    if (delay.values.some((seconds, n) => Math.abs(seconds / dt - (ticks[n] as number)) > 1e-3))
      this.#draft.assume(`${name}: its delays are rounded to whole ticks of ${dt} s.`);
    const shape = this.#spread(name, 'delay', delay, input);
    return this.#draft.node(name, {
      op: 'delay',
      from: [input.name],
      ticks: this.#draft.tensor(`${name}.ticks`, { type: 'I32', shape, values: ticks }),
    });
  }

  #neuron(name: string, node: NirNeuron, given: Flow): Flow {
    if (node.shape.length > 0 && elementsOf(node.shape) !== 1 && !sameElements(node.shape, given.shape))
      throw new ModelError(
        `${name}: its parameters have the shape ${describeShape(node.shape)}, its input ${describeShape(given.shape)} (${given.name}). Give both one shape.`,
      );
    const input = this.#real(given);
    const { tickSeconds } = this.#stepping;
    const { integrator } = this.#stepping;
    const reset = this.#reset(node);
    const equation: NeuronEquation = {
      resistance: node.resistance.values,
      ...(node.tau && { tau: node.tau.values }),
      ...(node.leak && { leak: node.leak.values }),
      ...(node.threshold && { threshold: node.threshold.values }),
      ...(node.resetValue && { resetValue: node.resetValue.values }),
      ...(node.synapse && { synapse: { tau: node.synapse.tau.values, weight: node.synapse.weight.values } }),
    };
    const neuron =
      tickSeconds === undefined ? ticked(equation, reset) : discretise(name, equation, tickSeconds, integrator, reset);
    return {
      name: neuronNode(this.#draft, name, input.name, input.shape, neuron),
      shape: input.shape,
      levels: node.threshold === undefined ? 0 : 1,
    };
  }

  /** Metadata say how a neuron resets, then the option `subtract`; NIR itself only knows v = v_reset. */
  #reset(node: NirNeuron): 'subtract' | 'set' {
    const stored = node.reset ?? this.#graph.reset;
    if (stored !== undefined) return stored;
    if (this.#stepping.integrator === 'subtract') return 'subtract';
    if (node.threshold !== undefined)
      this.#draft.assume(
        'NIR does not store whether neurons reset by subtraction: taken is v = v_reset. If they were trained to subtract the threshold, give the integrator subtract.',
      );
    return 'set';
  }

  #weights(name: string, weight: Numbers, bias: Numbers | undefined): { weight: string; bias?: string } {
    return {
      weight: this.#draft.floats(`${name}.weight`, weight.shape, Float32Array.from(weight.values)),
      ...(bias && { bias: this.#draft.floats(`${name}.bias`, [bias.values.length], Float32Array.from(bias.values)) }),
    };
  }

  #elementwise(name: string, part: string, numbers: Numbers, input: Flow): string {
    const shape = this.#spread(name, part, numbers, input);
    return this.#draft.floats(`${name}.${part}`, shape, Float32Array.from(numbers.values));
  }

  /** The shape of one entry for all elements or one for each. */
  #spread(name: string, part: string, numbers: Numbers, input: Flow): readonly number[] {
    if (numbers.values.length === 1) return [1];
    if (sameElements(numbers.shape, input.shape)) return input.shape;
    throw new ModelError(
      `${name}: its ${part} has the shape ${describeShape(numbers.shape)}, its input ${describeShape(input.shape)} (${input.name}). Give both one shape.`,
    );
  }
}

/** The shape of a neuron that a cycle reads before it is there: its parameters' or what its reader takes. */
function foreseenShape(edge: NirEdge, neuron: NirNode | undefined, target: NirNode): readonly number[] {
  const own = neuron?.type === 'neuron' ? neuron.shape : [];
  if (elementsOf(own) > 1) return own;
  if (target.type === 'Affine') return target.weight.shape.slice(1);
  if (target.type === 'neuron' && elementsOf(target.shape) > 1) return target.shape;
  if (target.type === 'Input' || target.type === 'Output') return target.shape;
  if (own.length > 0) return own;
  throw new ModelError(
    `${edge.from}: its parameters are single numbers, and the edge to ${edge.to} closes a cycle, so nothing says how many neurons it has. Give its parameters their full shape.`,
  );
}

function wrongInput(name: string, weight: Numbers, input: Flow, wanted: string): ModelError {
  return new ModelError(
    `${name}: weight has the shape ${describeShape(weight.shape)}, but its input is ${describeShape(input.shape)} (${input.name}). Give a weight of ${wanted}.`,
  );
}

/** Equal but for axes of length 1. */
function sameElements(a: readonly number[], b: readonly number[]): boolean {
  const long = (shape: readonly number[]) => shape.filter((axis) => axis !== 1);
  return sameShape(long(a), long(b));
}

/** Leading axes of length 1 dropped until `rank` are left. */
function withoutOnes(shape: readonly number[], rank: number): readonly number[] {
  const extra = Math.max(0, shape.length - rank);
  return shape.slice(0, extra).every((axis) => axis === 1) ? shape.slice(extra) : shape;
}
