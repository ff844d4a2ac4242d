import type { GraphNode, Network, Tensor } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { inferValues, type Value } from '../format/values.js';

/** mulberry32 */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** From 0 up to 1. */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }
  /** low … high, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }
  of<T>(...choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)] as T;
  }
}

/** A network as it grows: a layer that does not fit is left out. */
export class Draft {
  readonly nodes: GraphNode[] = [];
  readonly tensors = new Map<string, Tensor>();
  values: ReadonlyMap<string, Value>;
  last = 'in';
  readonly #inputs: Network['graph']['inputs'];

  constructor(kind: Network['graph']['inputs'][0]['kind'], shape: readonly number[]) {
    this.#inputs = [{ name: 'in', shape: [...shape], kind }];
    this.values = new Map([['in', { ...kind, shape }]]);
  }

  get value(): Value {
    return this.values.get(this.last) as Value;
  }

  network(watched = 0): Network {
    const outputs = this.nodes.filter((_, place) => place < 8 && (watched >> place) & 1);
    const last = this.nodes.at(-1);
    if (last && !outputs.includes(last)) outputs.push(last);
    return {
      graph: {
        version: 1,
        name: 'random',
        inputs: this.#inputs,
        nodes: this.nodes,
        outputs: outputs.map(({ name }) => ({ name: `out ${name}`, node: name })),
        assumptions: [],
        provenance: {},
      },
      tensors: this.tensors,
    };
  }

  /** Adds nodes, all or none. */
  add(tensors: Record<string, Tensor>, ...nodes: GraphNode[]): boolean {
    const before = this.nodes.length;
    this.nodes.push(...nodes);
    for (const [name, tensor] of Object.entries(tensors)) this.tensors.set(name, tensor);
    try {
      this.values = inferValues(this.network());
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.nodes.length = before;
      for (const name of Object.keys(tensors)) this.tensors.delete(name);
      return false;
    }
    this.last = nodes.at(-1)?.name ?? this.last;
    return true;
  }

  /** A fresh name. */
  name(op: string): string {
    return `${op}${this.nodes.length}`;
  }

  /** An earlier value that could stand in for the last one, or the last one itself. */
  alike(random: Random, domain: Value['domain']): string | undefined {
    const { shape } = this.value;
    const names = [...this.values].filter(
      ([, value]) => value.domain === domain && value.shape.join() === shape.join(),
    );
    return names.length > 0 ? random.of(...names)[0] : undefined;
  }
}

export function integers(random: Random, shape: readonly number[]): Tensor {
  const length = shape.reduce((product, extent) => product * extent, 1);
  const type = random.of('I8', 'I8', 'I8', 'I4', 'B1');
  const style = random.of('any', 'any', 'small', 'sparse', 'extreme', 'same', 'lowest');
  const high = type === 'I4' ? 7 : type === 'B1' ? 1 : 127;
  const low = type === 'B1' ? -1 : -high - (style === 'lowest' ? 1 : 0);
  const sign = random.of(-1, 1);
  const values = Int8Array.from({ length }, () => {
    if (type === 'B1') return random.of(-1, 1);
    switch (style) {
      case 'any':
        return random.whole(low, high);
      case 'small':
        return random.whole(-2, 2);
      case 'sparse':
        return random.unit() < 0.9 ? 0 : random.whole(low, high);
      case 'extreme':
        return random.of(low, high);
      case 'same':
        return sign * high;
      case 'lowest':
        return random.unit() < 0.5 ? low : random.whole(low, high);
    }
  });
  return { type, shape: [...shape], values };
}

export function reals(random: Random, shape: readonly number[], low = -2, high = 2): Tensor {
  const length = shape.reduce((product, extent) => product * extent, 1);
  const ofEighths = random.unit() < 0.5;
  const values = Float32Array.from({ length }, () => {
    const value = low + random.unit() * (high - low);
    return random.unit() < 0.1 && low < 0 ? 0 : ofEighths ? Math.max(Math.ceil(value * 8) / 8, low) : value;
  });
  return { type: 'F32', shape: [...shape], values };
}

/** F32 of [1], or the whole shape, or (`channels`) one a channel. */
export function spreadReals(
  random: Random,
  shape: readonly number[],
  low: number,
  high: number,
  channels = false,
): Tensor {
  return reals(random, random.of([1], shape, channels ? shape.slice(0, 1) : shape), low, high);
}

export function wholeNumbers(random: Random, shape: readonly number[], low: number, high: number): Tensor {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return { type: 'I32', shape: [...shape], values: Int32Array.from({ length }, () => random.whole(low, high)) };
}
