import { ModelError } from '../../format/model-error.js';
import { Random } from '../random.js';
import { AdamW, clipNorm } from './adam-w.js';
import type { FrameSequence } from './frames.js';
import { initialiseSequence } from './initialise.js';
import { binaryCrossEntropy } from './loss.js';
import { oneCycle } from './one-cycle.js';
import { SequencePass } from './pass.js';
import { planSequence, type SequencePlan } from './plan.js';
import type { SequenceNetwork, SequenceTraining } from './recipe.js';

/** Numbers of a network by the places of its plan. */
export interface TrainedSequence {
  readonly plan: SequencePlan;
  readonly parameters: Float32Array;
  readonly running: Float32Array;
}

export interface SequenceProgress {
  /** Steps that are done. */
  readonly step: number;
  readonly loss: number;
  /** Share of the blocks' channels that spike. */
  readonly firing: number;
}

/** Weight of the batch at hand in the running averages. */
const momentum = 0.1;

/** Equal for equal arguments. @throws ModelError if the sequences do not fit the network or the windows */
export function trainSequence(
  network: SequenceNetwork,
  training: SequenceTraining,
  sequences: readonly FrameSequence[],
  seed: number,
  onProgress: (progress: SequenceProgress) => void = () => undefined,
): TrainedSequence {
  checkSequences(network, training, sequences);
  const plan = planSequence(network);
  const { parameters, running } = initialiseSequence(plan, sequences, training.headBias, seed);
  const { batch, window, steps, dropout, firingPenalty } = training;
  const pass = new SequencePass(plan, parameters, window, batch);
  const layers = [plan.input, ...plan.blocks];
  const optimiser = new AdamW(
    plan.parameters,
    training.weightDecay,
    layers.map(({ weight, taps, inputs, outputs }) => ({ start: weight, end: weight + taps * inputs * outputs })),
  );
  const drawn = new DrawnWindows(sequences, network, training);
  for (let step = 0; step < steps; step++) {
    drawn.draw(Random.of(seed, 0x77696e, step), pass.features.values());
    pass.forward({ dropout: { rate: dropout, seed: Random.of(seed, 0x64726f, step).below(2 ** 31) } });
    const { targets, weights } = drawn;
    const gradient = pass.logitGradient.values();
    const loss = binaryCrossEntropy(pass.logits.values(), targets, weights, training.positiveWeight, gradient);
    pass.backward(firingPenalty);
    clipNorm(pass.gradients.values, training.gradientNorm);
    const { rate, beta1 } = oneCycle(training.rate, step / steps);
    optimiser.step(parameters, pass.gradients.values, rate, beta1);
    pass.statistics.forEach((value, i) => (running[i] = (1 - momentum) * (running[i] as number) + momentum * value));
    onProgress({ step: step + 1, loss: loss + firingPenalty * pass.firing, firing: pass.firing });
  }
  return { plan, parameters, running };
}

/** Windows at random places of the sequences, frame t of window b in row t · batch + b. */
class DrawnWindows {
  readonly targets: Float32Array;
  readonly weights: Float32Array;
  readonly #sequences: readonly FrameSequence[];
  readonly #network: SequenceNetwork;
  readonly #training: SequenceTraining;
  readonly #total: number;

  constructor(sequences: readonly FrameSequence[], network: SequenceNetwork, training: SequenceTraining) {
    this.#sequences = sequences;
    this.#network = network;
    this.#training = training;
    this.#total = sequences.reduce((sum, { share = 1 }) => sum + share, 0);
    this.targets = new Float32Array(training.batch * training.window);
    this.weights = new Float32Array(training.batch * training.window);
  }

  draw(random: Random, into: Float32Array): void {
    const { batch, window, context } = this.#training;
    const { features, codesPerUnit } = this.#network;
    for (let b = 0; b < batch; b++) {
      const { codes, targets, weights } = this.#sequence(random.uniform() * this.#total);
      const first = random.below(targets.length - window + 1);
      for (let t = 0; t < window; t++) {
        const row = t * batch + b;
        const from = (first + t) * features;
        for (let f = 0; f < features; f++) into[row * features + f] = (codes[from + f] as number) / codesPerUnit;
        const weight = t < context ? 0 : (weights[first + t] as number);
        this.weights[row] = weight;
        this.targets[row] = weight === 0 ? 0 : (targets[first + t] as number);
      }
    }
  }

  #sequence(place: number): FrameSequence {
    let rest = place;
    for (const sequence of this.#sequences) {
      rest -= sequence.share ?? 1;
      if (rest < 0) return sequence;
    }
    return this.#sequences.at(-1) as FrameSequence;
  }
}

function checkSequences(
  { features, encoder }: SequenceNetwork,
  { window, context }: SequenceTraining,
  sequences: readonly FrameSequence[],
): void {
  if (sequences.every(({ typical }) => typical === false))
    throw new ModelError('there is no typical sequence to train on. Give at least one.');
  if (context >= window)
    throw new ModelError(`context: ${context} of the ${window} frames of a window. Leave some that count.`);
  const least = Math.max(window, encoder.skip + 1);
  for (const { name, codes, targets, weights } of sequences) {
    const frames = targets.length;
    if (codes.length !== frames * features || weights.length !== frames)
      throw new ModelError(
        `${name}: ${codes.length} codes, ${frames} targets and ${weights.length} weights. Give ${features} codes, one target and one weight a frame.`,
      );
    if (frames < least)
      throw new ModelError(
        `${name}: has ${frames} frames, but windows and the encoder's quantiles need ${least}. Give a longer one, or lower window and encoder.skip.`,
      );
    const odd = targets.findIndex((target, t) => weights[t] !== 0 && !(target >= 0 && target <= 1));
    if (odd !== -1)
      throw new ModelError(`${name}: the target of frame ${odd} is ${targets[odd]}. Use 0 to 1, or a weight of 0.`);
  }
}
