import { graphSchema, type Graph, type GraphNode, type Network, type Tensor } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { mostAxis, mostElements } from '../format/limits.js';
import { inferValues } from '../format/values.js';

const mostNodes = 16384;

type Unnamed<Node> = Node extends GraphNode ? Omit<Node, 'name'> : never;

/** A network while an importer writes it: names are made unique, and what no output needs is left out at the end. */
export class NetworkDraft {
  private readonly inputs: Graph['inputs'] = [];
  private readonly nodes: GraphNode[] = [];
  private readonly tensors = new Map<string, Tensor>();
  private readonly names = new Set<string>();
  /** How often a name was wanted again. */
  private readonly repeats = new Map<string, number>();
  private readonly assumptions = new Set<string>();
  private bytes = 0;
  private spent = 0;

  private readonly fileBytes: number;

  /** `fileBytes`: a small file must not unfold into large tensors. */
  constructor(fileBytes: number) {
    this.fileBytes = fileBytes;
  }

  /** The port's name must be free; it is the one thing that a user writes. */
  input(port: Graph['inputs'][number]): string {
    if (this.names.has(port.name)) throw new ModelError(`Two inputs are named "${port.name}". Names must differ.`);
    this.names.add(port.name);
    this.inputs.push(port);
    return port.name;
  }

  /** Returns the node's name: the wanted one, with a number if it is taken. */
  node(wanted: string, node: Unnamed<GraphNode>): string {
    if (this.nodes.length === mostNodes)
      throw new ModelError(`${wanted}: the network unfolds into more than ${mostNodes} nodes. It is too large.`);
    const name = this.free(wanted);
    this.nodes.push({ ...node, name } as GraphNode);
    return name;
  }

  /**
   * Counts the bytes of constants that nodes read, so that a small file cannot make a long import by reading them again
   * and again.
   */
  spend(bytes: number, name: string): void {
    this.spent += bytes;
    if (this.spent > Math.max(32 << 20, 10 * this.fileBytes))
      throw new ModelError(
        `${name}: with it the nodes work on ${this.spent} bytes of constants, out of a file of ${this.fileBytes}. Let fewer nodes share a constant.`,
      );
  }

  /** Returns the tensor's name. */
  tensor(wanted: string, tensor: Tensor): string {
    this.bytes += tensor.values.byteLength;
    if (this.bytes > Math.max(16 << 20, 5 * this.fileBytes))
      throw new ModelError(
        `${wanted}: the network's constants pass ${this.bytes} bytes, out of a file of ${this.fileBytes}. A constant is used by too many nodes.`,
      );
    const name = this.free(wanted);
    this.tensors.set(name, tensor);
    return name;
  }

  floats(wanted: string, shape: readonly number[], values: Float32Array): string {
    return this.tensor(wanted, { type: 'F32', shape, values });
  }

  /** What was taken for granted; each once. */
  assume(line: string): void {
    this.assumptions.add(line.slice(0, 1000));
  }

  /** `outputs`: the name of each and the node that it shows. `tickSeconds`: for a network with state. */
  finish(
    name: string,
    outputs: readonly { name: string; node: string }[],
    source: string,
    tickSeconds?: number,
  ): Network {
    const needed = this.behind(outputs.map(({ node }) => node));
    const nodes = this.nodes.filter((node) => needed.has(node.name));
    const used = new Set(nodes.flatMap((node) => Object.values(node).filter((value) => typeof value === 'string')));
    const graph = graphSchema.safeParse({
      version: 1,
      name: name.slice(0, 200),
      inputs: this.inputs,
      nodes,
      outputs,
      ...(tickSeconds !== undefined && { tickSeconds }),
      assumptions: [...this.assumptions].slice(0, 200),
      provenance: { source: source.slice(0, 1000) },
    });
    if (!graph.success) {
      const [issue] = graph.error.issues;
      const path = issue?.path ?? [];
      const node = path[0] === 'nodes' && typeof path[1] === 'number' ? nodes[path[1]]?.name : undefined;
      throw new ModelError(
        `${node ?? path.join('.')}: ${path.slice(2).join('.')} ${issue?.message ?? 'is not valid'}.`,
      );
    }
    const network = { graph: graph.data, tensors: new Map([...this.tensors].filter(([tensor]) => used.has(tensor))) };
    inferValues(network);
    return network;
  }

  /** All that these nodes read, near or far; through a `previous` node that may stand later. */
  private behind(names: readonly string[]): ReadonlySet<string> {
    const nodes = new Map(this.nodes.map((node) => [node.name, node]));
    const needed = new Set(names);
    for (const name of needed) {
      const node = nodes.get(name);
      if (node) for (const from of sourcesOf(node)) needed.add(from);
    }
    return needed;
  }

  private free(wanted: string): string {
    const base = wanted.slice(0, 180) || 'node';
    let name = base;
    while (this.names.has(name)) {
      const count = (this.repeats.get(base) ?? 1) + 1;
      this.repeats.set(base, count);
      name = `${base}_${count}`;
    }
    this.names.add(name);
    return name;
  }
}

function sourcesOf(node: GraphNode): readonly string[] {
  return 'from' in node ? node.from : 'of' in node ? [node.of] : [];
}

/** Number of elements; refuses a shape that no value may have. */
export function countElements(shape: readonly number[], what: string): number {
  let count = 1;
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 1 || length > mostAxis)
      throw new ModelError(`${what}: shape [${shape.join(', ')}]. An axis has 1 to ${mostAxis} elements.`);
    count *= length;
  }
  if (shape.length < 1 || shape.length > 4 || count > mostElements)
    throw new ModelError(
      `${what}: shape [${shape.join(', ')}]. A value has 1 to 4 axes beside the batch and at most ${mostElements} elements.`,
    );
  return count;
}
