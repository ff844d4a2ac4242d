import { createActivation, type Activation, type Layer, type Mode, type Workspace } from './layer.js';
import type { Block } from './plan.js';
import { box, type Surrogate } from './surrogate.js';
import { elementsOf } from './volume.js';

/**
 * The spike of Datta, Liu and Beerel (arXiv 2212.10170): z = u ÷ |v| fires at or above the Hoyer extremum
 * E = Σ clamp(z, 0, 1)² ÷ Σ clamp(z, 0, 1) of the layer, which stands still for the gradient; 1 if nothing is above 0. The
 * regulariser λ (Σ clamp)² ÷ Σ clamp² draws membranes away from the threshold.
 */
export class HoyerSpike implements Layer {
  readonly output: Activation;
  /** λ (Σ clamp)² ÷ Σ clamp² of the last forward pass. */
  penalty = 0;
  readonly #input: Activation;
  readonly #block: Block;
  readonly #workspace: Workspace;
  readonly #regulariser: number;
  readonly #surrogate: Surrogate;
  #sum = 0;
  #squares = 0;

  constructor(workspace: Workspace, block: Block, input: Activation, regulariser: number, surrogate = box) {
    this.#workspace = workspace;
    this.#block = block;
    this.#input = input;
    this.#regulariser = regulariser;
    this.#surrogate = surrogate;
    this.output = createActivation(workspace, input.volume, input.steps);
  }

  forward(images: number, mode: Mode): void {
    const { at, running } = this.#block;
    const { parameters, statistics, running: averages } = this.#workspace;
    const perV = 1 / Math.abs(parameters[at.threshold] as number);
    const source = this.#input.values.values;
    const target = this.output.values.values;
    const length = images * this.#input.steps * elementsOf(this.#input.volume);
    let extremum = averages[running.extremum] as number;
    if (mode === 'train') {
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < length; i++) {
        const z = (source[i] as number) * perV;
        if (z > 0) {
          const clamped = z < 1 ? z : 1;
          sum += clamped;
          squares += clamped * clamped;
        }
      }
      extremum = sum > 0 ? squares / sum : 1;
      statistics[running.extremum] = extremum;
      this.#sum = sum;
      this.#squares = squares;
      this.penalty = squares > 0 ? (this.#regulariser * sum * sum) / squares : 0;
    }
    const surrogate = this.#surrogate;
    for (let i = 0; i < length; i++) target[i] = surrogate.fire((source[i] as number) * perV, extremum);
  }

  backward(images: number): void {
    const { at } = this.#block;
    const { parameters, gradients } = this.#workspace;
    const signed = parameters[at.threshold] as number;
    const perV = 1 / Math.abs(signed);
    const source = this.#input.values.values;
    const gradient = this.output.gradient.values;
    const target = this.#input.gradient.values;
    const length = images * this.#input.steps * elementsOf(this.#input.volume);
    const ratio = this.#squares > 0 ? this.#sum / this.#squares : 0;
    const surrogate = this.#surrogate;
    let ofV = 0;
    for (let i = 0; i < length; i++) {
      const z = (source[i] as number) * perV;
      let g = (gradient[i] as number) * surrogate.slope(z);
      if (z > 0 && z < 1) g += 2 * this.#regulariser * ratio * (1 - ratio * z);
      ofV -= g * z * perV;
      target[i] = g * perV;
    }
    gradients.values[at.threshold] = (gradients.values[at.threshold] as number) + (signed < 0 ? -ofV : ofV);
  }
}
