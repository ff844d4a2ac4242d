import { createHash } from 'node:crypto';
import { ModelError } from '../format/model-error.js';
import { calibrateThresholds } from './calibrate.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { createCrew, type Crew } from './crew.js';
import { sharedFloats, type Dataset } from './dataset.js';
import { initialise } from './initialise.js';
import { createOptimiserState, descend, type OptimiserState } from './optimiser.js';
import { planNetwork, type Plan } from './plan.js';
import { applyMask, maskSmallest } from './prune.js';
import { Random, shuffle } from './random.js';
import { stagesOf, type Recipe, type Stage } from './recipe.js';
import { cosine, sparsityAt } from './schedule.js';
import type { Evaluation, Shared, SliceSetup } from './slice-trainer.js';

export interface TrainOptions {
  /** 0 computes in the calling thread. The result does not depend on it. */
  readonly threads: number;
  /** Written after each epoch; if it is there, training goes on from it. */
  readonly checkpoint?: string;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** Share of the work that is done, and the share that an earlier run did. */
  readonly done: number;
  readonly resumedAt: number;
  readonly stage: Stage;
  /** Of `stage`, from 1. */
  readonly epoch: number;
  /** Mean over the epoch so far. */
  readonly loss: number;
  readonly accuracy: number;
  /** At the end of an epoch; with an accuracy if the recipe keeps samples aside. */
  readonly ended?: { readonly validation: number | undefined };
}

/** Numbers of a network by the places of its plan. */
export interface Trained {
  readonly plan: Plan;
  readonly parameters: Float32Array;
  readonly running: Float32Array;
  /** On the test samples, in the training's own arithmetic. */
  readonly test: Evaluation;
}

/** Weight of the batch at hand in running averages. */
const momentum = 0.1;

/** @throws ModelError if recipe, data and checkpoint do not fit each other */
export async function train(recipe: Recipe, data: Dataset, options: TrainOptions): Promise<Trained> {
  const plan = planNetwork(recipe, data.volume, data.classes);
  const samples = data.train.labels.length - recipe.validation;
  if (samples < recipe.batch)
    throw new ModelError(
      `batch: ${recipe.batch}, but there are ${Math.max(0, samples)} training samples. Use a smaller batch.`,
    );
  const shared = createShared(recipe, plan, data, samples);
  const crew = createCrew(shared, options.threads);
  try {
    await run({ recipe, plan, shared, crew, options }, identityOf(recipe, data));
    const test = await crew.evaluate('test', 0, data.test.labels.length);
    return { plan, parameters: shared.parameters, running: shared.running, test };
  } finally {
    await crew.close();
  }
}

function createShared(recipe: Recipe, plan: Plan, data: Dataset, samples: number): Shared {
  const perSlice = (length: number): Float32Array[] =>
    Array.from({ length: recipe.batch / recipe.slice }, () => sharedFloats(length));
  const shared = {
    train: data.train,
    test: data.test,
    parameters: sharedFloats(plan.parameters),
    running: sharedFloats(plan.running),
    order: new Uint32Array(new SharedArrayBuffer(samples * 4)),
    gradients: perSlice(plan.parameters),
    statistics: perSlice(plan.running),
    tallies: perSlice(0).map(() => new Float64Array(new SharedArrayBuffer(16))),
  };
  initialise(plan, recipe.seed, shared.parameters, shared.running);
  return shared;
}

function identityOf(recipe: Recipe, { train: { inputs, labels } }: Dataset): string {
  return createHash('sha256').update(JSON.stringify(recipe)).update(inputs).update(labels).digest('hex');
}

interface Run {
  readonly recipe: Recipe;
  readonly plan: Plan;
  readonly shared: Shared;
  readonly crew: Crew;
  readonly options: TrainOptions;
}

async function run(training: Run, identity: string): Promise<void> {
  const { recipe, plan, shared, crew, options } = training;
  const { parameters, running } = shared;
  const epochs = stagesOf(recipe).flatMap((stage) =>
    Array.from({ length: stage.epochs }, (_, epoch) => ({ stage, epoch })),
  );
  const saved = options.checkpoint ? readCheckpoint(options.checkpoint, { ...plan, identity }) : undefined;
  const start = saved?.epochs ?? 0;
  let state = createOptimiserState(plan.parameters);
  if (saved) {
    parameters.set(saved.parameters);
    running.set(saved.running);
    state = { first: saved.first, second: saved.second, step: saved.optimiserStep };
  }
  const weigh = (part: typeof epochs): number => part.reduce((sum, { stage }) => sum + stage.steps, 0);
  const total = weigh(epochs);
  const resumedAt = weigh(epochs.slice(0, start)) / total;
  for (const [place, { stage, epoch }] of epochs.entries()) {
    if (place < start && place < epochs.length - 1) continue;
    if (epoch === 0 && place >= start) {
      state = createOptimiserState(plan.parameters);
      const before = epochs[place - 1]?.stage.activation;
      if (stage.activation === 'threshold' && before !== 'threshold') calibrate(training, stage);
    }
    if (epoch === 0 || place <= start) await crew.prepare(setupOf(recipe, plan, stage));
    if (place < start) continue;
    const done = weigh(epochs.slice(0, place));
    const { loss, accuracy } = await runEpoch(training, stage, epoch, place, state, (part, soFar) =>
      options.onProgress?.({ done: (done + part * stage.steps) / total, resumedAt, stage, epoch: epoch + 1, ...soFar }),
    );
    if (options.checkpoint) {
      const { first, second, step: optimiserStep } = state;
      writeCheckpoint(options.checkpoint, {
        identity,
        epochs: place + 1,
        optimiserStep,
        parameters,
        running,
        first,
        second,
      });
    }
    const validation = await validate(training);
    options.onProgress?.({
      done: (done + stage.steps) / total,
      resumedAt,
      stage,
      epoch: epoch + 1,
      loss,
      accuracy,
      ended: { validation },
    });
  }
}

interface SoFar {
  readonly loss: number;
  readonly accuracy: number;
}

/** @param overall number of the epoch, counted over all stages */
async function runEpoch(
  { recipe, plan, shared, crew }: Run,
  stage: Stage,
  epoch: number,
  overall: number,
  state: OptimiserState,
  onBatch: (part: number, soFar: SoFar) => void,
): Promise<SoFar> {
  const { parameters, running, order } = shared;
  shuffle(order, Random.of(recipe.seed, 0x6f7264, overall));
  const mask = recipe.prune ? maskSmallest(plan, parameters, sparsityAt(recipe.prune, overall)) : undefined;
  if (mask) applyMask(parameters, mask);
  const batches = Math.floor(order.length / recipe.batch);
  let loss = 0;
  let correct = 0;
  let soFar = { loss, accuracy: 0 };
  for (let batch = 0; batch < batches; batch++) {
    await crew.train(batch * recipe.batch, overall);
    const rate = cosine(stage.rate, (epoch + batch / batches) / stage.epochs);
    descend(plan, recipe.optimiser, rate, parameters, shared.gradients, state);
    if (mask) applyMask(parameters, mask);
    follow(running, shared.statistics);
    for (const [sliceLoss = 0, sliceCorrect = 0] of shared.tallies) {
      loss += sliceLoss;
      correct += sliceCorrect;
    }
    const seen = (batch + 1) * recipe.batch;
    soFar = { loss: loss / seen, accuracy: correct / seen };
    onBatch((batch + 1) / batches, soFar);
  }
  return soFar;
}

/** Running averages take a tenth of the mean over the slices. */
function follow(running: Float32Array, statistics: readonly Float32Array[]): void {
  for (let i = 0; i < running.length; i++) {
    let sum = 0;
    for (const slice of statistics) sum += slice[i] as number;
    running[i] = (1 - momentum) * (running[i] as number) + (momentum * sum) / statistics.length;
  }
}

function calibrate({ recipe, plan, shared }: Run, { steps }: Stage): void {
  const { method, slice } = recipe;
  if (method.use !== 'iir') return;
  const quantised = recipe.quantise;
  const { percentile, scale, calibration: samples } = method;
  const options = { steps, quantised, percentile, scale, samples, slice };
  calibrateThresholds(plan, shared.parameters, shared.running, shared.train, options);
}

async function validate({ recipe, shared, crew }: Run): Promise<number | undefined> {
  const { validation } = recipe;
  if (validation === 0) return undefined;
  const first = shared.order.length;
  return (await crew.evaluate('train', first, first + validation)).correct / validation;
}

function setupOf(recipe: Recipe, plan: Plan, { activation, steps }: Stage): SliceSetup {
  const { seed, batch, slice, augment, method } = recipe;
  const regulariser = method.use === 'hoyer' ? method.regulariser : 0;
  const quantised = recipe.quantise && activation !== 'relu';
  return { plan, seed, batch, slice, augment, activation, steps, quantised, regulariser };
}
