import { ModelError } from '../../format/model-error.js';
import type { NirEdge } from './graph.js';

export interface Order {
  /** Every node after all that it reads, but for what comes through a delayed edge. */
  readonly names: readonly string[];
  /** Edges that carry the value of the tick before, so that no cycle is left. */
  readonly delayed: ReadonlySet<NirEdge>;
}

/**
 * Orders a graph with cycles. Each cycle is closed by a tick of delay on an edge out of a neuron (`isStateful`): the one
 * that leads back to where the cycle is entered from outside. Refuses a cycle without a neuron.
 */
export function orderGraph(
  names: readonly string[],
  edges: readonly NirEdge[],
  isStateful: (name: string) => boolean,
): Order {
  const delayed = new Set<NirEdge>();
  const ordered: string[] = [];
  const visit = (part: readonly string[]): void => {
    for (const component of components(part, edges, delayed)) {
      const [name] = component;
      if (component.length === 1 && name !== undefined && !readsItself(name, edges, delayed)) ordered.push(name);
      else {
        open(component, edges, delayed, isStateful);
        visit(component);
      }
    }
  };
  visit(names);
  return { names: ordered, delayed };
}

function readsItself(name: string, edges: readonly NirEdge[], delayed: ReadonlySet<NirEdge>): boolean {
  return edges.some((edge) => edge.from === name && edge.to === name && !delayed.has(edge));
}

/** Delays edges so that one node of the component no longer reads any other of it within a tick. */
function open(
  component: readonly string[],
  edges: readonly NirEdge[],
  delayed: Set<NirEdge>,
  isStateful: (name: string) => boolean,
): void {
  const inside = new Set(component);
  const within = edges.filter((edge) => inside.has(edge.from) && inside.has(edge.to) && !delayed.has(edge));
  const entered = new Set(edges.filter((edge) => !inside.has(edge.from)).map((edge) => edge.to));
  const start = component.find((name) => entered.has(name)) ?? component[0];
  if (start === undefined) return;
  const into = byTarget(within);
  const seen = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop())
    for (const edge of into.get(name) ?? []) {
      if (isStateful(edge.from)) delayed.add(edge);
      else if (edge.from === start)
        throw new ModelError(
          `edge ${edge.from} → ${edge.to} is part of a cycle without a neuron. Put a neuron into the cycle, or remove the edge.`,
        );
      else if (!seen.has(edge.from)) {
        seen.add(edge.from);
        open.push(edge.from);
      }
    }
}

/** Strongly connected components, each after those that it reads (Tarjan's, without recursion). */
function components(names: readonly string[], edges: readonly NirEdge[], delayed: ReadonlySet<NirEdge>): string[][] {
  const inside = new Set(names);
  const reads = byTarget(edges.filter((edge) => inside.has(edge.from) && inside.has(edge.to) && !delayed.has(edge)));
  const found = new Map<string, { index: number; low: number; open: boolean }>();
  const stack: string[] = [];
  const parts: string[][] = [];
  const enter = (name: string) => {
    const state = { index: found.size, low: found.size, open: true };
    found.set(name, state);
    stack.push(name);
    return { name, state, next: 0, into: reads.get(name) ?? [] };
  };
  for (const root of names) {
    if (found.has(root)) continue;
    const path = [enter(root)];
    for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
      const edge = here.into[here.next++];
      if (edge !== undefined) {
        const other = found.get(edge.from);
        if (other === undefined) path.push(enter(edge.from));
        else if (other.open) here.state.low = Math.min(here.state.low, other.index);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above !== undefined) above.state.low = Math.min(above.state.low, here.state.low);
      if (here.state.low !== here.state.index) continue;
      const part = stack.splice(stack.indexOf(here.name));
      for (const name of part) (found.get(name) ?? here.state).open = false;
      parts.push(part);
    }
  }
  return parts;
}

export function byTarget(edges: readonly NirEdge[]): ReadonlyMap<string, readonly NirEdge[]> {
  const into = new Map<string, NirEdge[]>();
  for (const edge of edges) {
    const list = into.get(edge.to);
    if (list === undefined) into.set(edge.to, [edge]);
    else list.push(edge);
  }
  return into;
}
