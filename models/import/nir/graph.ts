import { ModelError } from '../../format/model-error.js';
import { describeShape } from '../../format/value.js';
import type { Hdf5Group } from '../hdf5/tree.js';
import { Fields } from '../hdf5/fields.js';
import { parseNode, parseReset, type NirNode } from './nodes.js';

/** A NIR graph without the graphs inside it: node `w` of the graph `lif1` is called lif1.w. */
export interface NirGraph {
  readonly nodes: ReadonlyMap<string, NirNode>;
  readonly edges: readonly NirEdge[];
  /** Metadata of the outermost graph: `axond_dt` in seconds, and `axond_reset`. */
  readonly tickSeconds?: number;
  readonly reset?: 'subtract' | 'set';
}

export interface NirEdge {
  readonly from: string;
  readonly to: string;
}

const mostNodes = 512;
const mostEdges = 4096;
const mostNesting = 4;

/** `file` is the root of the HDF5 file. */
export function parseNir(file: Hdf5Group): NirGraph {
  const root = file.groups.get('node');
  if (root === undefined) {
    const there = [...file.groups.keys(), ...file.datasets.keys()].slice(0, 10).join(', ');
    throw new ModelError(`not a NIR file: it has no group /node (it has ${there || 'nothing'}).`);
  }
  const flat: Flat = { nodes: new Map(), edges: [] };
  if (new Fields('node', root).text('type') === 'NIRGraph') flatten(root, '', 'node', 1, flat);
  else throw new ModelError('node: its type is not "NIRGraph". A network is a graph of nodes.');
  const reset = parseReset('node', root);
  const tickSeconds = parseTick(root);
  return { ...flat, ...(reset && { reset }), ...(tickSeconds !== undefined && { tickSeconds }) };
}

interface Flat {
  readonly nodes: Map<string, NirNode>;
  readonly edges: NirEdge[];
}

/** Where edges of the graph around it enter and leave a node: the node itself, or the ports of a graph. */
interface Ends {
  readonly input: string;
  readonly output: string;
}

/** Adds the nodes and edges of one graph, its names behind `prefix`. */
function flatten(graph: Hdf5Group, prefix: string, path: string, nesting: number, flat: Flat): void {
  if (nesting > mostNesting) throw new ModelError(`${path}: graphs are nested more than ${mostNesting} deep.`);
  const nodes = graph.groups.get('nodes');
  if (nodes === undefined) throw new ModelError(`${path}: a graph without nodes. Add the group ${path}/nodes.`);
  const ends = new Map<string, Ends>();
  for (const [name, group] of nodes.groups) {
    const full = prefix + name;
    if (full.length > 150) throw new ModelError(`${path}: a name of ${full.length} letters. Keep names under 150.`);
    const inside = `${path}/nodes/${name}`;
    if (new Fields(inside, group).text('type') === 'NIRGraph') {
      flatten(group, `${full}.`, inside, nesting + 1, flat);
      ends.set(name, {
        input: port(full, inside, 'Input', group, flat),
        output: port(full, inside, 'Output', group, flat),
      });
    } else {
      if (flat.nodes.has(full)) throw new ModelError(`${inside}: two nodes are called ${full}. Rename one.`);
      if (flat.nodes.size === mostNodes) throw new ModelError(`${inside}: more than ${mostNodes} nodes.`);
      flat.nodes.set(full, parseNode(inside, group));
      ends.set(name, { input: full, output: full });
    }
  }
  for (const [from, to] of parseEdges(graph, path)) {
    const named = (name: string) => {
      const end = ends.get(name);
      if (end !== undefined) return end;
      const there = [...ends.keys()].slice(0, 20).join(', ');
      throw new ModelError(
        `${path}: edge ${from} → ${to} names ${JSON.stringify(name)}, which is no node of it (its nodes are ${there}). Correct the edge or the node's name.`,
      );
    };
    const edge = { from: named(from).output, to: named(to).input };
    if (flat.edges.some((other) => other.from === edge.from && other.to === edge.to)) continue;
    if (flat.edges.length === mostEdges) throw new ModelError(`${path}: more than ${mostEdges} edges.`);
    flat.edges.push(edge);
  }
}

/** The one Input or Output of a graph that stands as a node in another. */
function port(full: string, path: string, type: 'Input' | 'Output', group: Hdf5Group, flat: Flat): string {
  const names = [...(group.groups.get('nodes')?.groups.keys() ?? [])].filter(
    (name) => flat.nodes.get(`${full}.${name}`)?.type === type,
  );
  const [only] = names;
  if (only !== undefined && names.length === 1) return `${full}.${only}`;
  throw new ModelError(`${path}: a graph inside another has one ${type}; this has ${names.length}.`);
}

function parseEdges(graph: Hdf5Group, path: string): (readonly [from: string, to: string])[] {
  const { shape, values } = new Fields(path, graph).texts('edges');
  if (values.length % 2 !== 0 || (shape.length !== 1 && shape[1] !== 2))
    throw new ModelError(`${path}/edges has the shape ${describeShape(shape)}. Give [edges, 2].`);
  if (values.length > 2 * mostEdges) throw new ModelError(`${path}: more than ${mostEdges} edges.`);
  return Array.from({ length: values.length / 2 }, (_, at) => [values[2 * at] ?? '', values[2 * at + 1] ?? '']);
}

function parseTick(root: Hdf5Group): number | undefined {
  const metadata = root.groups.get('metadata');
  if (metadata?.datasets.has('axond_dt') !== true) return undefined;
  const [seconds = 0, ...more] = new Fields('node/metadata', metadata).numbers('axond_dt').values;
  if (seconds > 0 && seconds <= 3600 && more.length === 0) return seconds;
  throw new ModelError(`node/metadata/axond_dt is ${seconds}. Give the seconds of a tick.`);
}
