import { createActivation, type Activation, type Layer, type Workspace } from './layer.js';
import type { Block } from './plan.js';
import { triangle, type Surrogate } from './surrogate.js';
import { elementsOf } from './volume.js';

/**
 * The neuron of DIET-SNN and IIR-SNN over one or more steps, one threshold V and one leak a layer, both learned:
 *   u = leak · u + x;  spike = u ÷ V − 1 > 0;  u −= V · spike
 * The gradient passes through time and through the reset. At one step neither leak nor reset has an effect.
 */
export class ThresholdNeuron implements Layer {
  readonly output: Activation;
  readonly #input: Activation;
  readonly #block: Block;
  readonly #workspace: Workspace;
  readonly #surrogate: Surrogate;
  /** Before the reset; in the order of the output. */
  readonly #membrane: Float32Array;

  constructor(workspace: Workspace, block: Block, input: Activation, steps: number, surrogate = triangle) {
    this.#workspace = workspace;
    this.#block = block;
    this.#input = input;
    this.#surrogate = surrogate;
    this.output = createActivation(workspace, input.volume, steps);
    this.#membrane = new Float32Array(this.output.values.length);
  }

  forward(images: number): void {
    const { at } = this.#block;
    const { parameters } = this.#workspace;
    const threshold = parameters[at.threshold] as number;
    const leak = parameters[at.leak] as number;
    const source = this.#input.values.values;
    const target = this.output.values.values;
    const membrane = this.#membrane;
    const surrogate = this.#surrogate;
    const length = images * elementsOf(this.#input.volume);
    const perStep = this.#input.steps === 1 ? 0 : length;
    for (let i = 0; i < length; i++) {
      let u = 0;
      for (let step = 0; step < this.output.steps; step++) {
        u = leak * u + (source[step * perStep + i] as number);
        membrane[step * length + i] = u;
        const spike = surrogate.fire(u / threshold - 1, 0);
        target[step * length + i] = spike;
        u -= threshold * spike;
      }
    }
  }

  backward(images: number): void {
    const { at } = this.#block;
    const { parameters, gradients } = this.#workspace;
    const threshold = parameters[at.threshold] as number;
    const leak = parameters[at.leak] as number;
    const spikes = this.output.values.values;
    const gradient = this.output.gradient.values;
    const target = this.#input.gradient.values;
    const membrane = this.#membrane;
    const surrogate = this.#surrogate;
    const length = images * elementsOf(this.#input.volume);
    const perStep = this.#input.steps === 1 ? 0 : length;
    let ofThreshold = 0;
    let ofLeak = 0;
    for (let i = 0; i < length; i++) {
      let ofRest = 0;
      let total = 0;
      for (let step = this.output.steps - 1; step >= 0; step--) {
        const here = step * length + i;
        const u = membrane[here] as number;
        const m = u / threshold - 1;
        const ofM = ((gradient[here] as number) - threshold * ofRest) * surrogate.slope(m);
        const ofU = ofRest + ofM / threshold;
        ofThreshold -= ofRest * (spikes[here] as number) + (ofM * u) / (threshold * threshold);
        if (step > 0) {
          const before = here - length;
          ofLeak += ofU * ((membrane[before] as number) - threshold * (spikes[before] as number));
        }
        ofRest = ofU * leak;
        if (perStep > 0) target[step * perStep + i] = ofU;
        total += ofU;
      }
      if (perStep === 0) target[i] = total;
    }
    gradients.values[at.threshold] = (gradients.values[at.threshold] as number) + ofThreshold;
    gradients.values[at.leak] = (gradients.values[at.leak] as number) + ofLeak;
  }
}
