import { writeNetwork } from '../../models/format/container.js';
import { ModelError } from '../../models/format/model-error.js';
import { readSpindleRecipe } from '../../models/spindle/recipe.js';
import { spindleSequences, trainLeaveOneOut } from '../../models/spindle/train-spindles.js';
import type { SequenceProgress } from '../../models/train/sequence/train.js';
import { writeAtomically } from '../../models/write-atomically.js';
import { readDreams } from '../evaluate/dreams.js';
import { MarksError } from '../evaluate/marked-recording.js';
import { UsageError, print, printJson } from './output.js';

interface SpindleTraining {
  /** Name of the recipe's file. */
  readonly file: string;
  readonly out: string;
  readonly folder: string | undefined;
  readonly json: true | undefined;
}

/** `axond model train` by a recipe for spindles: on all excerpts of a folder. */
export function trainSpindleNetwork(text: string, { file, out, folder, json }: SpindleTraining): void {
  try {
    const recipe = readSpindleRecipe(text, file);
    const { use } = recipe.data;
    if (use === 'sleepers' && folder !== undefined)
      throw new UsageError(`--data: ${file} learns from generated sleepers alone. Leave out --data.`);
    if (use === 'dreams' && folder === undefined)
      throw new UsageError(`--data: ${file} learns from the DREAMS spindles. Give their folder: --data DREAMS.`);
    const start = performance.now();
    const sequences = spindleSequences(recipe, folder === undefined ? [] : readDreams(folder));
    let last: SequenceProgress = { step: 0, loss: NaN, firing: NaN };
    const { network, sha256, trainedOn } = trainLeaveOneOut(recipe, sequences, undefined, recipe.seed, (progress) => {
      last = progress;
      if (progress.step % 50 === 0)
        process.stderr.write(
          `step ${progress.step} of ${recipe.training.steps}: loss ${progress.loss.toFixed(4)}, ${percent(progress.firing)} of the channels spike\n`,
        );
    });
    writeAtomically(out, writeNetwork(network));
    const seconds = (performance.now() - start) / 1000;
    const { loss, firing } = last;
    if (json) printJson({ name: recipe.name, seed: recipe.seed, out, sha256, trainedOn, loss, firing, seconds });
    else
      print(
        `${out}: trained on ${network.graph.provenance.data ?? ''} in ${seconds.toFixed(0)} s; loss ${loss.toFixed(4)}, ${percent(firing)} of the channels spike`,
        `SHA-256 ${sha256}`,
        'Score it on excerpts that it has not seen: axond eval spindles.',
      );
  } catch (error) {
    throw error instanceof ModelError || error instanceof MarksError ? new UsageError(error.message) : error;
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
