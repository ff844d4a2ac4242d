import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import type { Fault } from './fault.js';

/** A place in a file, or on the command line (`line` 0). */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where relative paths start that are written here. */
  readonly folder: string;
}

/** YAML with the origin of every value. */
export type Tree = Leaf | List | Branch;
export interface Leaf {
  readonly kind: 'leaf';
  readonly value: string | number | boolean | null;
  readonly origin: Origin;
}
export interface List {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly origin: Origin;
}
export interface Branch {
  readonly kind: 'branch';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly origin: Origin;
}
export interface Entry {
  readonly keyOrigin: Origin;
  readonly tree: Tree;
}

export type Path = readonly (string | number)[];

/** `gate.perHour`, `signals.trace.stages.0.to` */
export function keyOf(path: Path): string {
  return path.join('.');
}

// ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Parses one YAML document. `start` is where its text begins: positions count from there, unless its line is 0.
 * Everything that YAML can say but a configuration cannot (aliases, tags, keys that are no names) is a fault.
 */
export function parseTree(text: string, start: Origin, path: Path, faults: Fault[]): Tree | undefined {
  const lines = new LineCounter();
  const originAt = (offset: number): Origin => {
    if (start.line === 0) return start;
    const { line, col } = lines.linePos(offset);
    return { ...start, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    for (const { message, pos } of [...document.errors, ...document.warnings]) {
      faults.push({ ...originAt(pos[0]), key: keyOf(path), ...syntaxFault(message, lineAround(text, pos[0])) });
    }
    if (document.errors.length + document.warnings.length > 0) return undefined;
    return convert(document.contents as Node | null, path, { originAt, faults, empty: originAt(0) });
  } catch (error) {
    const detail = error instanceof RangeError ? 'is nested too deeply' : `cannot be parsed (${String(error)})`;
    faults.push({ ...originAt(0), key: keyOf(path), rule: detail, fix: 'Write it as plain maps and lists.' });
    return undefined;
  }
}

function syntaxFault(message: string, line: string): Pick<Fault, 'value' | 'rule' | 'fix'> {
  const detail = message.replaceAll(/\s+/g, ' ').replace(/[.:]$/, '');
  const fix = line.includes('\t') ? 'Indent with spaces, not with tabs.' : 'Correct this line.';
  return { value: line, rule: `is not valid YAML: ${detail}`, fix };
}

function lineAround(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end);
}

interface Reading {
  readonly originAt: (offset: number) => Origin;
  readonly faults: Fault[];
  readonly empty: Origin;
}

function convert(node: Node | null, path: Path, reading: Reading): Tree | undefined {
  const { originAt, faults, empty } = reading;
  if (node === null) return { kind: 'leaf', value: null, origin: empty };
  const origin = node.range ? originAt(node.range[0]) : empty;
  const refuse = (rule: string, fix: string): undefined => {
    faults.push({ ...origin, key: keyOf(path), rule, fix });
  };
  if (path.length > deepest) return refuse('is nested too deeply', `Use at most ${deepest} levels.`);
  if (isAlias(node)) return refuse('is an alias, which a configuration cannot use', 'Write the value out.');
  if (isScalar(node)) {
    const { value } = node;
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'leaf', value, origin };
    }
    return refuse('is of a type that a configuration cannot use', 'Write a text, a number, true or false.');
  }
  if (isSeq(node)) {
    const items = node.items.map((item, place) => convert(item as Node | null, [...path, place], reading));
    return { kind: 'list', items: items.filter((item) => item !== undefined), origin };
  }
  if (!isMap(node)) return refuse('cannot be read', 'Write a map, a list or a value.');
  const entries = new Map<string, Entry>();
  for (const pair of node.items) {
    const key = pair.key as Node | null;
    const keyOrigin = key?.range ? originAt(key.range[0]) : origin;
    if (!isScalar(key) || key.value === null || String(key.value) === '__proto__') {
      faults.push({ ...keyOrigin, key: keyOf(path), rule: 'has a key that is no name', fix: 'Write a name and a colon.' });
      continue;
    }
    const name = String(key.value);
    const earlier = entries.get(name);
    if (earlier) {
      const rule = `is given twice, first in line ${earlier.keyOrigin.line}`;
      faults.push({ ...keyOrigin, key: keyOf([...path, name]), rule, fix: 'Keep one of them.' });
    }
    const tree = convert((pair.value as Node | null) ?? null, [...path, name], { ...reading, empty: keyOrigin });
    if (tree) entries.set(name, { keyOrigin, tree });
  }
  return { kind: 'branch', entries, origin };
}

/** No part of a configuration is deeper than 6; what a user's own module takes as options may be. */
const deepest = 32;

// ── Merging ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * `high` over `low`: maps merge key by key, all else is replaced. A map with another `use` is another part and replaces
 * too. A key without a value removes what `low` gives.
 */
export function merge(low: Branch, high: Branch): Branch {
  const lowUse = leafOf(low.entries.get('use')?.tree);
  const highUse = leafOf(high.entries.get('use')?.tree);
  const replaces = lowUse !== undefined && highUse !== undefined && lowUse !== highUse;
  const entries = new Map(replaces ? [] : low.entries);
  for (const [key, { keyOrigin, tree }] of high.entries) {
    if (leafOf(tree) === null) {
      entries.delete(key);
    } else if (tree.kind === 'branch') {
      const below = entries.get(key)?.tree;
      const base = below?.kind === 'branch' ? below : emptyBranch(tree.origin);
      entries.set(key, { keyOrigin, tree: merge(base, tree) });
    } else {
      entries.set(key, { keyOrigin, tree });
    }
  }
  return { kind: 'branch', entries, origin: high.origin };
}

export function emptyBranch(origin: Origin): Branch {
  return { kind: 'branch', entries: new Map(), origin };
}

function leafOf(tree: Tree | undefined): Leaf['value'] | undefined {
  return tree?.kind === 'leaf' ? tree.value : undefined;
}

/** `root` with `tree` merged in at `path`, as `--set a.b.0=value` wants it; numbers reach into lists that are there. */
export function setAt(root: Branch, path: Path, tree: Tree): Branch {
  const changed = setIn(root, path, tree);
  return changed.kind === 'branch' ? changed : root;
}

function setIn(under: Tree | undefined, path: Path, tree: Tree): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return under?.kind === 'branch' && tree.kind === 'branch' ? merge(under, tree) : tree;
  if (under?.kind === 'list' && under.items[Number(key)]) {
    return { ...under, items: under.items.with(Number(key), setIn(under.items[Number(key)], rest, tree)) };
  }
  const base = under?.kind === 'branch' ? under : emptyBranch(tree.origin);
  const name = String(key);
  const { origin } = tree;
  if (rest.length === 0) {
    const single: Branch = { kind: 'branch', entries: new Map([[name, { keyOrigin: origin, tree }]]), origin };
    return { ...merge(base, single), origin: base.origin };
  }
  const earlier = base.entries.get(name);
  const entry = { keyOrigin: earlier?.keyOrigin ?? origin, tree: setIn(earlier?.tree, rest, tree) };
  return { ...base, entries: new Map([...base.entries, [name, entry]]) };
}

// ── Looking up ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Place {
  /** What stands at the path, if anything does. */
  readonly tree: Tree | undefined;
  /** Of its value; for what is missing, of the key of the map that lacks it. */
  readonly origin: Origin;
  /** Of its key. */
  readonly keyOrigin: Origin;
}

export function find(root: Tree, path: Path): Place {
  let tree: Tree | undefined = root;
  let { origin } = root;
  let keyOrigin = origin;
  for (const key of path) {
    if (tree?.kind === 'branch') {
      const entry: Entry | undefined = tree.entries.get(String(key));
      if (!entry) return { tree: undefined, origin: keyOrigin, keyOrigin };
      tree = entry.tree;
      keyOrigin = entry.keyOrigin;
    } else if (tree?.kind === 'list' && typeof key === 'number' && tree.items[key]) {
      tree = tree.items[key];
      keyOrigin = tree.origin;
    } else {
      return { tree: undefined, origin: keyOrigin, keyOrigin };
    }
    ({ origin } = tree);
  }
  return { tree, origin, keyOrigin };
}

/** The values alone. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'leaf') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plain(entry.tree)]));
}
