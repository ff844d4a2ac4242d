import { augment, type Augmentation } from './augment.js';
import { crossEntropy, type Tally } from './loss.js';
import { Pass, type PassOptions } from './pass.js';
import type { Plan } from './plan.js';
import { Random } from './random.js';
import { elementsOf } from './volume.js';

/** Samples that all threads read: codes of `Plan.input` one after the other, channels last, and their classes. */
export interface Samples {
  readonly inputs: Uint8Array;
  readonly labels: Uint8Array;
}

/** What the threads share; all arrays lie in shared memory. */
export interface Shared {
  readonly train: Samples;
  readonly test: Samples;
  readonly parameters: Float32Array;
  readonly running: Float32Array;
  /** Training samples in the order of this epoch. */
  readonly order: Uint32Array;
  /** A row a slice of the batch: where its gradients, statistics, and loss and hits go. */
  readonly gradients: readonly Float32Array[];
  readonly statistics: readonly Float32Array[];
  readonly tallies: readonly Float64Array[];
}

export interface SliceSetup extends Omit<PassOptions, 'images' | 'surrogate'> {
  readonly plan: Plan;
  readonly seed: number;
  readonly batch: number;
  readonly slice: number;
  readonly augment: Augmentation;
}

/** Inputs other than 0 that each block took, summed over samples. */
export type Activity = readonly number[];

export interface Evaluation extends Tally {
  readonly activity: Activity;
}

/** The work of one thread: gradients of slices of a batch, and evaluation of ranges of samples. */
export class SliceTrainer {
  readonly #shared: Shared;
  readonly #setup: SliceSetup;
  readonly #pass: Pass;
  readonly #labels: Uint8Array;

  constructor(shared: Shared, setup: SliceSetup) {
    this.#shared = shared;
    this.#setup = setup;
    this.#pass = new Pass(setup.plan, shared.parameters, shared.running, { ...setup, images: setup.slice });
    this.#labels = new Uint8Array(setup.slice);
  }

  /** Slices `which` of the batch that starts at `first` in the order; `epoch` counts from the start of training. */
  train(first: number, epoch: number, which: readonly number[]): void {
    const { train, order, gradients, statistics, tallies } = this.#shared;
    const { plan, seed, batch, slice, augment: augmentation } = this.#setup;
    const size = elementsOf(plan.input);
    const input = this.#pass.input.values.values;
    this.#pass.load();
    for (const place of which) {
      for (let i = 0; i < slice; i++) {
        const sample = order[first + place * slice + i] as number;
        const codes = train.inputs.subarray(sample * size, (sample + 1) * size);
        const target = input.subarray(i * size, (i + 1) * size);
        augment(codes, plan.input, augmentation, Random.of(seed, 0x617567, epoch, sample), target);
        this.#labels[i] = train.labels[sample] as number;
      }
      const tally = { loss: 0, correct: 0 };
      this.#pass.forward(slice, 'train');
      crossEntropy(this.#pass.logits, this.#labels, slice, batch, tally);
      this.#pass.backward(slice);
      gradients[place]?.set(this.#pass.gradients.values);
      statistics[place]?.set(this.#pass.statistics);
      tallies[place]?.set([tally.loss, tally.correct]);
    }
  }

  /** With running averages, unaugmented, samples from `first` up to `end`. */
  evaluate(set: 'train' | 'test', first: number, end: number): Evaluation {
    const { plan, slice } = this.#setup;
    const samples = this.#shared[set];
    const size = elementsOf(plan.input);
    const tally = { loss: 0, correct: 0 };
    const activity = plan.blocks.map(() => 0);
    this.#pass.load();
    for (let at = first; at < end; at += slice) {
      const images = Math.min(slice, end - at);
      this.#pass.input.values.values.set(samples.inputs.subarray(at * size, (at + images) * size));
      this.#pass.forward(images, 'evaluate');
      crossEntropy(this.#pass.logits, samples.labels.subarray(at, at + images), images, 1, tally);
      this.#pass.countInputs(images, activity);
    }
    return { ...tally, activity };
  }
}
