import type { Arena, Floats } from '../arena.js';
import type { PlannedLayer } from './plan.js';
import { createRows, type Rows } from './rows.js';

/** What the layers of a pass share: so many rows, `batch` to a frame. */
export interface PassRows {
  readonly arena: Arena;
  readonly rows: number;
  readonly batch: number;
  readonly parameters: Float32Array;
  /** In the places of the parameters. */
  readonly gradients: Floats;
}

/** Σ over taps k of weight[k] · input at (taps − 1 − k) · dilation frames before; 0 before the window. No bias. */
export class CausalConvolution {
  readonly output: Rows;
  /** Of the loss by the output; whoever calls `backward` fills it. */
  readonly outputGradient: Rows;
  readonly inputGradient: Rows;
  readonly #shared: PassRows;
  readonly #layer: PlannedLayer;
  readonly #input: Rows;
  readonly #weight: Floats;
  readonly #transposed: Floats;
  readonly #packed: readonly Floats[];
  readonly #packedTransposed: readonly Floats[];
  readonly #packedGradient: Floats;

  /** @param input with `reachOf(layer, batch)` rows of 0 before it */
  constructor(shared: PassRows, layer: PlannedLayer, input: Rows) {
    const { arena, rows, batch } = shared;
    const { inputs, outputs, taps } = layer;
    this.#shared = shared;
    this.#layer = layer;
    this.#input = input;
    this.output = createRows(arena, rows, outputs);
    this.outputGradient = createRows(arena, rows, outputs, 0, reachOf(layer, batch));
    this.inputGradient = createRows(arena, rows, inputs);
    this.#weight = arena.floats(taps * inputs * outputs);
    this.#transposed = arena.floats(taps * inputs * outputs);
    this.#packed = Array.from({ length: taps }, () => arena.floats(inputs * wide(outputs)));
    this.#packedTransposed = Array.from({ length: taps }, () => arena.floats(outputs * wide(inputs)));
    this.#packedGradient = arena.floats(rows * wide(outputs));
  }

  forward(): void {
    const { arena, rows, batch, parameters } = this.#shared;
    const { inputs, outputs, taps, dilation, weight } = this.#layer;
    const { kernels } = arena;
    this.#weight.values.set(parameters.subarray(weight, weight + taps * inputs * outputs));
    this.#packed.forEach(({ pointer: packed }, tap) => {
      kernels.packPanels(inputs, outputs, this.#weight.pointer + 4 * tap * inputs * outputs, packed);
      const from = this.#input.pointer - 4 * (taps - 1 - tap) * dilation * batch * inputs;
      kernels.multiply(rows, outputs, inputs, from, 4 * inputs, 4, packed, this.output.pointer, tap > 0 ? 1 : 0);
    });
  }

  /** Adds to the gradients of the weights, overwrites that of the input. */
  backward(): void {
    const { arena, rows, batch, gradients } = this.#shared;
    const { inputs, outputs, taps, dilation, weight } = this.#layer;
    const { kernels } = arena;
    const gradient = this.outputGradient.pointer;
    const packedGradient = this.#packedGradient.pointer;
    kernels.packPanels(rows, outputs, gradient, packedGradient);
    this.#transpose();
    this.#packedTransposed.forEach(({ pointer: packed }, tap) => {
      const back = (taps - 1 - tap) * dilation * batch;
      const from = this.#input.pointer - 4 * back * inputs;
      const to = gradients.pointer + 4 * (weight + tap * inputs * outputs);
      kernels.multiply(inputs, outputs, rows, from, 4, 4 * inputs, packedGradient, to, 1);
      kernels.packPanels(outputs, inputs, this.#transposed.pointer + 4 * tap * inputs * outputs, packed);
      const later = gradient + 4 * back * outputs;
      const into = this.inputGradient.pointer;
      kernels.multiply(rows, inputs, outputs, later, 4 * outputs, 4, packed, into, tap > 0 ? 1 : 0);
    });
  }

  #transpose(): void {
    const { inputs, outputs, taps } = this.#layer;
    const from = this.#weight.values;
    const to = this.#transposed.values;
    for (let tap = 0, at = 0; tap < taps; tap++)
      for (let i = 0; i < inputs; i++)
        for (let o = 0; o < outputs; o++, at++) to[(tap * outputs + o) * inputs + i] = from[at] as number;
  }
}

/** Rows that a layer looks back. */
export function reachOf({ taps, dilation }: PlannedLayer, batch: number): number {
  return (taps - 1) * dilation * batch;
}

/** Columns with those that fill the last panel of 8. */
function wide(columns: number): number {
  return Math.ceil(columns / 8) * 8;
}
