import { Arena, type Floats } from './arena.js';
import { BatchNorm } from './batch-norm.js';
import { HoyerSpike } from './hoyer.js';
import { createActivation, type Activation, type Layer, type Mode, type Workspace } from './layer.js';
import type { Block, Plan } from './plan.js';
import { MaxPool, SumPool } from './pool.js';
import { Relu } from './relu.js';
import { Synapse } from './synapse.js';
import { ThresholdNeuron } from './threshold-neuron.js';
import { box, triangle, type Surrogate } from './surrogate.js';
import { elementsOf } from './volume.js';

export interface PassOptions {
  readonly activation: 'relu' | 'hoyer' | 'threshold';
  readonly steps: number;
  readonly quantised: boolean;
  /** λ of `hoyer`. */
  readonly regulariser: number;
  /** At most so many images at a time. */
  readonly images: number;
  /** In the place of the usual one; tests put a smooth function here. */
  readonly surrogate?: Surrogate;
}

/** The layers that a block became. */
interface Built {
  readonly input: Activation;
  readonly synapse: Synapse;
  /** What enters the spike (or, in the last block, the logits). */
  readonly membrane: Activation;
  readonly layers: readonly Layer[];
  readonly spikes?: Activation;
}

/** One network on one thread: forward to the logits, and backward to the gradients of all parameters. */
export class Pass {
  readonly input: Activation;
  readonly logits: Activation;
  readonly gradients: Floats;
  readonly statistics: Float32Array;
  readonly #built: readonly Built[];
  readonly #hoyer: HoyerSpike[] = [];

  /** @param parameters and running are read anew at each pass. */
  constructor(plan: Plan, parameters: Float32Array, running: Float32Array, options: PassOptions) {
    const arena = new Arena();
    this.gradients = arena.floats(plan.parameters);
    this.statistics = new Float32Array(plan.running);
    const { images } = options;
    const { gradients, statistics } = this;
    const workspace: Workspace = { arena, images, parameters, running, gradients, statistics };
    this.input = createActivation(workspace, plan.input, 1);
    let current = this.input;
    this.#built = plan.blocks.map((block, place) => {
      const built = this.#build(workspace, block, current, { ...options, first: place === 0 });
      current = built.output;
      return built;
    });
    this.logits = current;
  }

  #build(
    workspace: Workspace,
    block: Block,
    input: Activation,
    options: PassOptions & { first: boolean },
  ): Built & { output: Activation } {
    const layers: Layer[] = [];
    const follow = (next: Layer & { output: Activation }): Activation => {
      layers.push(next);
      return next.output;
    };
    const synapse = new Synapse(workspace, block, input, options);
    let current = follow(synapse);
    if (block.maxpool[0] * block.maxpool[1] > 1) current = follow(new MaxPool(workspace, current, block.maxpool));
    if (block.batchNorm) current = follow(new BatchNorm(workspace, block, current));
    const membrane = current;
    if (block.last) return { input, synapse, membrane, layers, output: current };
    const spikes = (current = follow(this.#spike(workspace, block, current, options)));
    if (block.avgpool[0] * block.avgpool[1] > 1) current = follow(new SumPool(workspace, current, block.avgpool));
    return { input, synapse, membrane, layers, spikes, output: current };
  }

  #spike(
    workspace: Workspace,
    block: Block,
    input: Activation,
    { activation, steps, regulariser, surrogate }: PassOptions,
  ): Layer & { output: Activation } {
    if (activation === 'relu') return new Relu(workspace, input);
    if (activation === 'threshold') return new ThresholdNeuron(workspace, block, input, steps, surrogate ?? triangle);
    const spike = new HoyerSpike(workspace, block, input, regulariser, surrogate ?? box);
    this.#hoyer.push(spike);
    return spike;
  }

  /** Takes over the parameters as they are now; the passes that follow use them. */
  load(): void {
    for (const { synapse } of this.#built) synapse.load();
  }

  forward(images: number, mode: Mode): void {
    for (const { layers } of this.#built) for (const layer of layers) layer.forward(images, mode);
  }

  /** From the gradient of the logits; gradients of an earlier pass are forgotten. */
  backward(images: number): void {
    this.gradients.values.fill(0);
    for (const { layers } of this.#built.toReversed()) for (const layer of layers.toReversed()) layer.backward(images);
  }

  /** Sum of the regularisers in the last forward pass. */
  get penalty(): number {
    return this.#hoyer.reduce((sum, { penalty }) => sum + penalty, 0);
  }

  /** Adds, for each block, how many of its inputs were not 0 in the last forward pass, as a mean over the steps. */
  countInputs(images: number, counts: number[]): void {
    this.#built.forEach(({ input }, place) => {
      const values = input.values.values;
      const length = images * input.steps * elementsOf(input.volume);
      let active = 0;
      for (let i = 0; i < length; i++) if (values[i] !== 0) active++;
      counts[place] = (counts[place] ?? 0) + active / input.steps;
    });
  }

  /** What entered the spike of a block, and the spikes, in the last forward pass. */
  membraneOf(place: number): Activation | undefined {
    return this.#built[place]?.membrane;
  }

  spikesOf(place: number): Activation | undefined {
    return this.#built[place]?.spikes;
  }
}
