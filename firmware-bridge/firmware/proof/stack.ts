/**
 * How deep a stack can get, from what GCC's `-fcallgraph-info=su` says of each file: what each function takes, and what it
 * calls. A recursion, a call through a pointer, or a stack that grows at run time is an error: then there is no bound.
 */
export interface StackBound {
  readonly bytes: number;
  /** The calls that take the most, outermost first. */
  readonly path: readonly string[];
  /** Functions on any path that no file tells of: not counted. */
  readonly uncounted: readonly string[];
}

interface Called {
  bytes: number | undefined;
  readonly calls: Set<string>;
}

export class CallGraph {
  readonly #functions = new Map<string, Called>();

  /** `graphs`: the text of each `.ci` file. */
  constructor(graphs: readonly string[]) {
    for (const graph of graphs) {
      for (const [, title, label] of graph.matchAll(/^node: \{ title: "([^"]*)" label: "([^"]*)"/gm)) {
        const size = /(\d+) bytes \((\w+)/.exec(label ?? '');
        if (!size) continue;
        if (size[2] !== 'static') throw new Error(`${nameOf(title ?? '')}: its stack grows at run time`);
        this.#of(title ?? '').bytes = Number(size[1]);
      }
      for (const [, from, to] of graph.matchAll(/^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"/gm)) {
        if (to === '__indirect_call') throw new Error(`${nameOf(from ?? '')}: calls through a pointer`);
        this.#of(from ?? '').calls.add(to ?? '');
      }
    }
  }

  /** Of a call of this function. */
  bound(root: string): StackBound {
    const known = new Map<string, { bytes: number; path: readonly string[] }>();
    const uncounted = new Set<string>();
    const visit = (title: string, callers: readonly string[]): { bytes: number; path: readonly string[] } => {
      if (callers.includes(title)) throw new Error(`${[...callers, title].map(nameOf).join(' → ')}: a recursion`);
      const before = known.get(title);
      if (before) return before;
      const called = this.#functions.get(title);
      if (called?.bytes === undefined) uncounted.add(nameOf(title));
      let deepest: { bytes: number; path: readonly string[] } = { bytes: 0, path: [] };
      for (const callee of called?.calls ?? []) {
        const one = visit(callee, [...callers, title]);
        if (one.bytes > deepest.bytes) deepest = one;
      }
      const bound = { bytes: (called?.bytes ?? 0) + deepest.bytes, path: [nameOf(title), ...deepest.path] };
      known.set(title, bound);
      return bound;
    };
    if (this.#functions.get(root)?.bytes === undefined) throw new Error(`${root}: is no function of these files`);
    return { ...visit(root, []), uncounted: [...uncounted].sort() };
  }

  #of(title: string): Called {
    const called = this.#functions.get(title) ?? { bytes: undefined, calls: new Set() };
    this.#functions.set(title, called);
    return called;
  }
}

/** GCC puts the path of its file before the name of a static function. */
function nameOf(title: string): string {
  return title.slice(title.lastIndexOf(':') + 1);
}
