import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { writeNetwork } from '../../models/format/container.js';
import { ModelError } from '../../models/format/model-error.js';
import { loadModel } from '../../models/load-model.js';
import { isSpindleRecipe } from '../../models/spindle/recipe.js';
import { loadData } from '../../models/train/load-data.js';
import { readRecipe, RecipeError, type Recipe } from '../../models/train/recipe.js';
import { trainFromRecipe, type TrainingReport } from '../../models/train/train-from-recipe.js';
import type { Progress } from '../../models/train/train.js';
import { writeAtomically } from '../../models/write-atomically.js';
import { trainSpindleNetwork } from './model-train-spindles.js';
import { wholeNumber } from './options.js';
import { UsageError, print, printJson } from './output.js';
import { axondVersion } from './version.js';

interface Flags {
  out: string;
  data?: string;
  threads: number;
  json?: true;
}

export function trainModelCommand(): Command {
  return new Command('train')
    .description('Train a network by a recipe and score the exported one on all test samples')
    .argument('<RECIPE.yaml>', 'network, data, method and seed; see models/train/recipes')
    .requiredOption(
      '--out <PATH>',
      'file of the network; PATH.checkpoint beside it, from which the same command goes on',
    )
    .option('--data <DIR>', 'recordings that the recipe learns from, where it names none: the folder of DREAMS')
    .option(
      '--threads <N>',
      'threads that compute; the result does not depend on it',
      wholeNumber,
      availableParallelism(),
    )
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExamples:  axond model train models/train/recipes/fashion-t1.yaml --out fashion-t1.safetensors\n           axond model train models/train/recipes/spindle-t1.yaml --data DREAMS --out spindle-t1.safetensors',
    )
    .action(async (file: string, { out, data: folder, threads, json }: Flags) => {
      if (existsSync(out)) throw new UsageError(`--out: ${out} is there already. Move it, or choose another name.`);
      if (!existsSync(dirname(out))) throw new UsageError(`--out: there is no folder ${dirname(out)}. Make it first.`);
      const text = textOf(file);
      if (isSpindleRecipe(text)) {
        trainSpindleNetwork(text, { file, out, folder, json });
        return;
      }
      const recipe = recipeOf(text, file);
      const start = performance.now();
      const cpu = process.cpuUsage();
      try {
        const data = loadData(recipe.data, dirname(file));
        const checkpoint = `${out}.checkpoint`;
        const { network, report } = await trainFromRecipe(recipe, data, {
          threads,
          checkpoint,
          source: `axond ${axondVersion}`,
          onProgress: progressTo(process.stderr, start),
          createModel: loadModel,
        });
        writeAtomically(out, writeNetwork(network));
        rmSync(checkpoint);
        const { user, system } = process.cpuUsage(cpu);
        const seconds = { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
        if (json) printJson({ ...report, out, seconds });
        else print(...describe(report, out, seconds));
      } catch (error) {
        throw error instanceof ModelError ? new UsageError(error.message) : error;
      }
    });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`${file}: cannot be read. Name a recipe, such as models/train/recipes/fashion-t1.yaml.`);
  }
}

function recipeOf(text: string, file: string): Recipe {
  try {
    return readRecipe(text, file);
  } catch (error) {
    throw error instanceof RecipeError ? new UsageError(error.message) : error;
  }
}

/** A line an epoch; on a terminal also one line that counts down in between. */
function progressTo(stream: NodeJS.WriteStream, start: number): (progress: Progress) => void {
  let shown = start;
  return ({ done, resumedAt, stage, epoch, loss, accuracy, ended }) => {
    const now = performance.now();
    if (!ended && (!stream.isTTY || now - shown < 1000)) return;
    shown = now;
    const seconds = (now - start) / 1000;
    const left = Math.ceil(((1 - done) * seconds) / (done - resumedAt));
    const steps = stage.steps > 1 ? `, ${stage.steps} steps` : '';
    const validation = ended?.validation === undefined ? '' : `, ${percent(ended.validation)} of those kept aside`;
    const line = `${stage.activation}${steps}, epoch ${epoch} of ${stage.epochs}: loss ${loss.toFixed(4)}, ${percent(accuracy)} right${validation}; ${clock(left)} left`;
    stream.write(ended ? `${stream.isTTY ? '\r\x1b[K' : ''}${line}\n` : `\r${line}\x1b[K`);
  };
}

function describe(report: TrainingReport, out: string, seconds: { wall: number; cpu: number }): string[] {
  const { accuracy, testSamples, engine, accuracyInTraining, energy } = report;
  const row = (...cells: readonly string[]): string => cells.map((cell) => cell.padStart(14)).join('');
  return [
    `${out}: ${percent(accuracy)} of ${testSamples} test samples right on axond's ${engine} engine (in training ${percent(accuracyInTraining)})`,
    `${clock(seconds.wall)} on the clock, ${clock(seconds.cpu)} of processor time`,
    '',
    row('layer', 'operations', 'inputs active', 'weights 0', 'estimated nJ'),
    ...energy.layers.map(({ name, operations, inputRate, sparsity, estimatedSynapticNanojoules }) =>
      row(
        name,
        operations.toLocaleString('en-US'),
        percent(inputRate),
        percent(sparsity),
        estimatedSynapticNanojoules.toFixed(1),
      ),
    ),
    '',
    `Estimated synaptic energy ${energy.estimatedSynapticNanojoules.toFixed(0)} nJ a sample; ${energy.estimatedDenseNanojoules.toFixed(0)} nJ with a multiplication for every weight.`,
    `A model: ${energy.model}.`,
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / 60);
  return `${minutes}:${String(whole % 60).padStart(2, '0')} min`;
}
