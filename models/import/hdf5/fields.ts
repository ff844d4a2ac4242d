import { ModelError } from '../../format/model-error.js';
import { describeShape, elementsOf } from '../../format/value.js';
import type { Hdf5Group } from './tree.js';

/** Finite numbers of a shape; [] is a scalar. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** The datasets of one group, each asked for as what it must be. `path` is for messages: nodes/lif1. */
export class Fields {
  readonly path: string;
  readonly #group: Hdf5Group;

  constructor(path: string, group: Hdf5Group) {
    this.path = path;
    this.#group = group;
  }

  has(name: string): boolean {
    return this.#group.datasets.has(name);
  }

  optional(name: string): Numbers | undefined {
    const dataset = this.#group.datasets.get(name);
    if (dataset === undefined) return undefined;
    const { shape, values } = dataset;
    if (!(values instanceof Float32Array || values instanceof Float64Array))
      throw new ModelError(`${this.path}/${name} is text. Give numbers.`);
    if (values.length !== elementsOf(shape))
      throw new ModelError(`${this.path}/${name} holds ${values.length} numbers for ${describeShape(shape)}.`);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad !== -1)
      throw new ModelError(`${this.path}/${name}: element ${bad} is ${values[bad] as number}. Give finite numbers.`);
    return { shape, values };
  }

  numbers(name: string): Numbers {
    const numbers = this.optional(name);
    if (numbers === undefined) throw this.#missing(name);
    return numbers;
  }

  /** A text without the zeros or blanks that padded it. */
  text(name: string): string {
    const values = this.texts(name).values;
    if (values.length === 1) return values[0] ?? '';
    throw new ModelError(`${this.path}/${name} holds ${values.length} texts. Give one.`);
  }

  texts(name: string): { readonly shape: readonly number[]; readonly values: readonly string[] } {
    const dataset = this.#group.datasets.get(name);
    if (dataset === undefined) throw this.#missing(name);
    const { shape, values } = dataset;
    if (values.length === 0) return { shape, values: [] };
    if (values instanceof Float32Array || values instanceof Float64Array)
      throw new ModelError(`${this.path}/${name} holds numbers. Give text.`);
    return { shape, values: values.map((value) => value.replace(/[\0 ]+$/, '')) };
  }

  isText(name: string): boolean {
    return Array.isArray(this.#group.datasets.get(name)?.values);
  }

  /** Whole numbers of at least `least`, one for each of `axes`; a single one serves them all. */
  whole(name: string, axes: number, least: number, otherwise?: number): number[] {
    const numbers = otherwise === undefined ? this.numbers(name) : this.optional(name);
    const all = [...(numbers?.values ?? [otherwise ?? least])];
    if (all.length !== 1 && all.length !== axes)
      throw new ModelError(
        `${this.path}/${name} has ${all.length} numbers. Give ${axes === 1 ? 'one' : `1 or ${axes}`}.`,
      );
    const bad = all.find((value) => !Number.isInteger(value) || value < least || value > 1 << 20);
    if (bad !== undefined)
      throw new ModelError(`${this.path}/${name} is ${bad}. Give a whole number from ${least} to ${1 << 20}.`);
    return all.length === axes ? all : Array.from({ length: axes }, () => all[0] ?? least);
  }

  /** An array of `rank` axes. */
  ranked(name: string, rank: number, axes: string): Numbers {
    const numbers = this.numbers(name);
    if (numbers.shape.length === rank) return numbers;
    throw new ModelError(`${this.path}/${name} has the shape ${describeShape(numbers.shape)}. Give ${axes}.`);
  }

  #missing(name: string): ModelError {
    const there = [...this.#group.datasets.keys(), ...this.#group.groups.keys()].slice(0, 20).join(', ');
    return new ModelError(`${this.path} has no ${name} (it has ${there || 'nothing'}). Add it.`);
  }
}
