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

export function withoutKey(tree: Branch, key: string): Branch {
  return { ...tree, entries: new Map([...tree.entries].filter(([name]) => name !== key)) };
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
  /** Of the value; for what is missing, of the key of the map that lacks it. */
  readonly origin: Origin;
  readonly keyOrigin: Origin;
}

export function find(root: Tree, path: Path): Place {
  let tree = root;
  let keyOrigin = root.origin;
  for (const key of path) {
    const entry = tree.kind === 'branch' ? tree.entries.get(String(key)) : undefined;
    const inner = tree.kind === 'list' ? tree.items[Number(key)] : entry?.tree;
    if (!inner) return { origin: keyOrigin, keyOrigin };
    keyOrigin = entry?.keyOrigin ?? inner.origin;
    tree = inner;
  }
  return { origin: tree.origin, keyOrigin };
}

/** The values alone. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'leaf') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plain(entry.tree)]));
}
