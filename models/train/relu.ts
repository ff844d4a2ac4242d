import { createActivation, type Activation, type Layer, type Workspace } from './layer.js';
import { elementsOf } from './volume.js';

/** In the place of the spike: the ordinary network, and the start of the recipe with several steps. */
export class Relu implements Layer {
  readonly output: Activation;
  readonly #input: Activation;

  constructor(workspace: Workspace, input: Activation) {
    this.#input = input;
    this.output = createActivation(workspace, input.volume, input.steps);
  }

  forward(images: number): void {
    const source = this.#input.values.values;
    const target = this.output.values.values;
    const length = images * this.#input.steps * elementsOf(this.#input.volume);
    for (let at = 0; at < length; at++) target[at] = Math.max(0, source[at] as number);
  }

  backward(images: number): void {
    const source = this.#input.values.values;
    const gradient = this.output.gradient.values;
    const target = this.#input.gradient.values;
    const length = images * this.#input.steps * elementsOf(this.#input.volume);
    for (let at = 0; at < length; at++) target[at] = (source[at] as number) > 0 ? (gradient[at] as number) : 0;
  }
}
