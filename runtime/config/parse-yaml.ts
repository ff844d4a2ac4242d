import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Fault } from './fault.js';
import { keyOf, type Entry, type Origin, type Path, type Tree } from './tree.js';

/**
 * Parses one YAML document. `start` is where its text begins; `path` is the key that it is the value of. What YAML can
 * say but a configuration cannot (aliases, tags, keys that are no names) is a fault. `undefined` if it cannot be read.
 */
export function parseYaml(text: string, start: Origin, path: Path, faults: Fault[]): Tree | undefined {
  const lines = new LineCounter();
  const reader = new Reader(start, lines, faults);
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    // What follows a syntax error is mostly its consequence.
    const [problem] = [...document.errors, ...document.warnings];
    if (!problem) return reader.read(document.contents as Node | null, path, reader.originAt(0));
    const line = lineAround(text, problem.pos[0]);
    const rule = `is not valid YAML: ${problem.message.replaceAll(/\s+/g, ' ').replace(/[.:]$/, '')}`;
    const fix = line.includes('\t') ? 'Indent with spaces, not with tabs.' : 'Correct this line.';
    faults.push({ ...reader.originAt(problem.pos[0]), key: keyOf(path), value: line, rule, fix });
    return undefined;
  } catch (error) {
    // What is nested thousands deep exhausts the parser's stack.
    const rule = error instanceof RangeError ? 'is nested too deeply' : `cannot be parsed (${String(error)})`;
    faults.push({ ...reader.originAt(0), key: keyOf(path), rule, fix: 'Write it as plain maps and lists.' });
    return undefined;
  }
}

function lineAround(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end);
}

class Reader {
  readonly #start: Origin;
  readonly #lines: LineCounter;
  readonly #faults: Fault[];

  constructor(start: Origin, lines: LineCounter, faults: Fault[]) {
    this.#start = start;
    this.#lines = lines;
    this.#faults = faults;
  }

  originAt(offset: number): Origin {
    if (this.#start.line === 0) return this.#start;
    const { line, col } = this.#lines.linePos(offset);
    return { ...this.#start, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** `fallback` is the origin of what has no place of its own. */
  read(node: Node | null, path: Path, fallback: Origin): Tree | undefined {
    if (node === null) return { kind: 'leaf', value: null, origin: fallback };
    const origin = node.range ? this.originAt(node.range[0]) : fallback;
    if (path.length > deepest) {
      this.#refuse(origin, path, 'is nested too deeply', `Use at most ${deepest} levels.`);
      return undefined;
    }
    if (isMap(node)) return this.#readMap(node, path, origin);
    if (isSeq(node)) {
      const items = node.items.map((item, place) => this.read(item as Node | null, [...path, place], origin));
      return { kind: 'list', items: items.filter((item) => item !== undefined), origin };
    }
    if (isScalar(node) && isPlain(node.value)) return { kind: 'leaf', value: node.value, origin };
    const what = isAlias(node) ? 'is an alias' : 'has a type of its own';
    this.#refuse(origin, path, `${what}, which a configuration cannot use`, 'Write the value out.');
    return undefined;
  }

  #readMap(map: YAMLMap, path: Path, origin: Origin): Tree {
    const entries = new Map<string, Entry>();
    for (const pair of map.items as Pair<Node | null, Node | null>[]) {
      const { key } = pair;
      const keyOrigin = key?.range ? this.originAt(key.range[0]) : origin;
      const name = isScalar(key) && isPlain(key.value) && key.value !== null ? String(key.value) : '__proto__';
      if (name === '__proto__') {
        this.#refuse(keyOrigin, path, 'has a key that is no name', 'Write a name and a colon.');
        continue;
      }
      const earlier = entries.get(name);
      if (earlier) {
        const where = earlier.keyOrigin.line > 0 ? `, first in line ${earlier.keyOrigin.line}` : '';
        this.#refuse(keyOrigin, [...path, name], `is given twice${where}`, 'Keep one of them.');
      }
      const tree = this.read(pair.value, [...path, name], keyOrigin);
      if (tree) entries.set(name, { keyOrigin, tree });
    }
    return { kind: 'branch', entries, origin };
  }

  #refuse({ file, line, column }: Origin, path: Path, rule: string, fix: string): void {
    this.#faults.push({ file, line, column, key: keyOf(path), rule, fix });
  }
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** No part of a configuration is deeper than 6 levels; what a user's own module takes as options may be. */
const deepest = 32;
