import type { Model } from '../../runtime/contracts.js';
import { createReference } from '../engine/reference.js';
import type { Network } from '../format/graph.js';
import type { Dataset } from './dataset.js';
import { exportRelu, exportSpiking } from './export.js';
import type { Recipe } from './recipe.js';
import { reportEnergy, type EnergyReport } from './report.js';
import { countCorrect } from './score.js';
import { train, type TrainOptions } from './train.js';

export interface TrainingResult {
  /** With its scores in `graph.provenance`. */
  readonly network: Network;
  readonly report: TrainingReport;
}

export interface TrainingReport {
  readonly name: string;
  readonly seed: number;
  readonly testSamples: number;
  /** Of the exported network on axond's engine. */
  readonly accuracy: number;
  readonly engine: string;
  /** In the training's own arithmetic; the same number, unless weights were not quantised in training. */
  readonly accuracyInTraining: number;
  readonly parameters: number;
  readonly energy: EnergyReport;
}

export interface FromRecipeOptions extends TrainOptions {
  /** What trains, for the provenance. */
  readonly source: string;
  /** The engine that scores the result; the reference by default. */
  readonly createModel?: (network: Network) => Model | Promise<Model>;
}

const fashionMnist = { data: 'Fashion-MNIST, 60,000 training images', licence: 'MIT (Zalando SE, the images)' };

/** Trains, exports and scores on all test samples. @throws ModelError */
export async function trainFromRecipe(
  recipe: Recipe,
  data: Dataset,
  options: FromRecipeOptions,
): Promise<TrainingResult> {
  const trained = await train(recipe, data, options);
  const { use } = recipe.method;
  const provenance = {
    source: options.source,
    seed: recipe.seed,
    ...(recipe.data.use === 'fashion-mnist' ? fashionMnist : {}),
  };
  const naming = { name: recipe.name, provenance };
  const network =
    use === 'relu'
      ? exportRelu(trained, naming)
      : exportSpiking(trained, { ...naming, spike: use === 'hoyer' ? 'hoyer' : 'threshold' });
  const samples = data.test.labels.length;
  const model = await (options.createModel ?? createReference)(network);
  const accuracy = countCorrect(model, data.test, data.volume) / samples;
  const scored = { ...network.graph, provenance: { ...provenance, scores: { 'test accuracy': accuracy } } };
  return {
    network: { graph: scored, tensors: network.tensors },
    report: {
      name: recipe.name,
      seed: recipe.seed,
      testSamples: samples,
      accuracy,
      engine: model.describe().engine,
      accuracyInTraining: trained.test.correct / samples,
      parameters: trained.plan.parameters,
      energy: reportEnergy(trained.plan, network, trained.test.activity, samples, use !== 'relu'),
    },
  };
}
