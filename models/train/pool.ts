import type { Floats, Kernels } from './arena.js';
import { createActivation, type Activation, type Layer, type Workspace } from './layer.js';
import { elementsOf, pooled, type Pair } from './volume.js';

/** The largest of each window, which also gets the gradient; of equals the first. */
export class MaxPool implements Layer {
  readonly output: Activation;
  readonly #input: Activation;
  readonly #window: Pair;
  readonly #kernels: Kernels;
  /** Where in the input each output element came from; bytes, as int32. */
  readonly #winners: Floats;

  constructor(workspace: Workspace, input: Activation, window: Pair) {
    this.#input = input;
    this.#window = window;
    this.#kernels = workspace.arena.kernels;
    this.output = createActivation(workspace, pooled(input.volume, window), input.steps);
    this.#winners = workspace.arena.floats(this.output.values.length);
  }

  forward(images: number): void {
    const { volume, steps, values } = this.#input;
    const { height, width, channels } = volume;
    const to = this.output.values.pointer;
    const [rows, columns] = this.#window;
    const winners = this.#winners.pointer;
    this.#kernels.maxPool(images * steps, height, width, channels, rows, columns, values.pointer, to, winners);
  }

  backward(images: number): void {
    const { volume, steps, gradient } = this.#input;
    const rows = images * steps;
    const count = rows * elementsOf(this.output.volume);
    const from = this.output.gradient.pointer;
    this.#kernels.scatter(count, from, this.#winners.pointer, gradient.pointer, rows * elementsOf(volume) * 4);
  }
}

/** The sum of each window, a whole number for spikes; that it stands for a mean is the next layer's input scale. */
export class SumPool implements Layer {
  readonly output: Activation;
  readonly #input: Activation;
  readonly #window: Pair;

  constructor(workspace: Workspace, input: Activation, window: Pair) {
    this.#input = input;
    this.#window = window;
    this.output = createActivation(workspace, pooled(input.volume, window), input.steps);
  }

  forward(images: number): void {
    const source = this.#input.values.values;
    const target = this.output.values.values;
    const [rows, columns] = this.#window;
    const { width } = this.#input.volume;
    forEachPlace(this.#input, this.output, this.#window, images, (from, to, channels) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let y = 0; y < rows; y++)
          for (let x = 0; x < columns; x++) sum += source[from + (y * width + x) * channels + c] as number;
        target[to + c] = sum;
      }
    });
  }

  backward(images: number): void {
    const target = this.#input.gradient.values;
    target.fill(0, 0, images * this.#input.steps * elementsOf(this.#input.volume));
    const source = this.output.gradient.values;
    const [rows, columns] = this.#window;
    const { width } = this.#input.volume;
    forEachPlace(this.#input, this.output, this.#window, images, (from, to, channels) => {
      for (let y = 0; y < rows; y++)
        for (let x = 0; x < columns; x++)
          for (let c = 0; c < channels; c++) target[from + (y * width + x) * channels + c] = source[to + c] as number;
    });
  }
}

/** Calls `visit` with the first element of each window and of the place that it becomes. */
function forEachPlace(
  input: Activation,
  output: Activation,
  [rows, columns]: Pair,
  images: number,
  visit: (from: number, to: number, channels: number) => void,
): void {
  const { height, width, channels } = output.volume;
  const inputWidth = input.volume.width;
  const image = elementsOf(input.volume);
  let to = 0;
  for (let row = 0; row < images * input.steps; row++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        visit(row * image + (y * rows * inputWidth + x * columns) * channels, to, channels);
        to += channels;
      }
    }
  }
}
