import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { ModelError } from '../../models/format/model-error.js';
import { packagedModels } from '../../models/model-file.js';
import { readSpindleRecipe, type SpindleRecipe } from '../../models/spindle/recipe.js';
import { SignalFileError } from '../../drivers/file/signal-file.js';
import { readDreams } from '../evaluate/dreams.js';
import { readMarkedFolder } from '../evaluate/marked-folder.js';
import { MarksError, type MarkedFolder } from '../evaluate/marked-recording.js';
import { spindlePage } from '../evaluate/report/page.js';
import { evaluateSpindles, type Candidate } from '../evaluate/spindles.js';
import {
  chooseDetector,
  mayHaveNetwork,
  withDetectorOptions,
  type DetectorChoice,
  type DetectorFlags,
} from './detector-choice.js';
import { describeSpindles } from './eval-spindles-text.js';
import { knownModel, warningsOf } from './known-model.js';
import { positive, wholeNumber } from './options.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { writeReport } from './report-file.js';
import { makeFolds, type Fold } from './spindle-folds.js';

interface SpindleOptions extends DetectorFlags {
  rate?: number;
  loso?: true;
  folds: string;
  recipe?: string;
  seeds?: number;
  report?: string;
  json?: true;
}

export function evalSpindlesCommand(): Command {
  const command = new Command('spindles')
    .description('Sleep spindles against marks: the folder of DREAMS, of SPINKY, or one of your own')
    .argument('<DIR>', 'folder with signals and marks');
  return withDetectorOptions(command)
    .option('--rate <HZ>', 'sampling rate of signals that do not say theirs', positive)
    .option('--loso', 'leave one subject out: each excerpt of DREAMS by a network trained on the others')
    .option('--folds <DIR>', 'where the networks of --loso are kept, and found again', 'spindle-folds')
    .option('--recipe <FILE>', 'what --loso trains by (default: the recipe of the packaged model)')
    .option('--seeds <N>', 'with --loso: networks of so many seeds; figures are means over them', wholeNumber)
    .option('--report <FILE>', 'one HTML page with curves, latencies, examples and tables; opens offline')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      `
A folder of your own holds NAME.edf or NAME.txt (microvolts, one a line; .gz too) and beside each NAME.csv with a line
onset,duration in seconds for each spindle; NAME.stages.txt may give a stage (W, N1, N2, N3, R) a line for each 30 s.

Examples:  axond eval spindles DatabaseSpindles --detector band-power:r1
           axond eval spindles DatabaseSpindles --detector spindle-t1:accurate --loso --seeds 3 --report out.html`,
    )
    .action(async (path: string, options: SpindleOptions) => {
      try {
        await evaluate(path, options);
      } catch (error) {
        if (error instanceof MarksError || error instanceof ModelError) throw new UsageError(error.message);
        throw error instanceof SignalFileError || error instanceof RangeError ? new Failure(error.message) : error;
      }
    });
}

/** What the packaged model of this name was trained by; for a file of one's own, as `spindle-t1` was. */
function recipeOf(model: string | undefined): string {
  const name = packagedModels.find((packaged) => packaged === model) ?? 'spindle-t1';
  return fileURLToPath(new URL(`../../../models/train/recipes/${name}.yaml`, import.meta.url));
}

/** Scored beside every detector: they cost seconds. */
const baselines = ['band-power:r1', 'band-power:r2', 'band-power:r1fast', 'band-power:r2fast'];

async function evaluate(path: string, options: SpindleOptions): Promise<void> {
  const folder = readMarkedFolder(path, options.rate);
  const choice = chooseDetector(options);
  const { channel } = options;
  const beside = baselines
    .filter((detector) => detector !== choice.name)
    .map((detector) => candidateOf(chooseDetector({ detector, ...(channel === undefined ? {} : { channel }) })));
  if (options.seeds !== undefined && !options.loso)
    throw new UsageError('--seeds: only networks that are trained now have seeds. Add --loso, or leave it out.');
  const folds = options.loso ? foldsOf(path, folder, choice, options) : undefined;
  const seeds = [...new Set(folds?.map(({ seed }) => seed))];
  const [first = candidateOf(choice), ...rest] = seeds.map((seed) => ofFolds(choice, folds ?? [], seed));
  const evaluation = await evaluateSpindles(folder, [first, ...rest], beside, progressLine());
  const model = folds ? null : knownModel(folder, modelPathOf(folder, choice));
  const warnings = warningsOf(folder, model);
  if (options.report !== undefined) {
    const notes = [...warnings, ...(folds ?? []).map(describeFold)];
    writeReport(options.report, spindlePage(evaluation, folder, notes));
  }
  if (options.json) printJson({ ...evaluation.report, model, loso: folds ? { folds } : null });
  else print(...warnings, ...describeSpindles(evaluation.report, folder), ...(folds ?? []).map(describeFold));
}

function candidateOf(choice: DetectorChoice): Candidate {
  return { name: choice.name, build: (stream) => choice.build(stream) };
}

// ── Leave one out ───────────────────────────────────────────────────────────────────────────────────────────────────

function foldsOf(path: string, folder: MarkedFolder, choice: DetectorChoice, options: SpindleOptions): Fold[] {
  if (folder.kind !== 'dreams')
    throw new UsageError(`--loso: ${path} is no folder of DREAMS. Only its excerpts are learned from.`);
  if (!mayHaveNetwork(options))
    throw new UsageError(`--loso: ${choice.name} has no network to train. Name a detector that has one.`);
  const recipe = readRecipe(options.recipe ?? recipeOf(modelPathOf(folder, choice)));
  const seeds = Array.from({ length: options.seeds ?? 1 }, (_, n) => recipe.seed + n);
  const tell = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K`);
  };
  return makeFolds(recipe, readDreams(path), seeds, options.folds, tell);
}

function readRecipe(path: string): SpindleRecipe {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(
      `--recipe: ${path} cannot be read. Name a recipe, such as models/train/recipes/spindle-t1.yaml.`,
    );
  }
  return readSpindleRecipe(text, path);
}

/** Each recording by the network that never saw it. */
function ofFolds(choice: DetectorChoice, folds: readonly Fold[], seed: number): Candidate {
  return {
    name: choice.name,
    build(stream, { name }) {
      const fold = folds.find((each) => each.seed === seed && String(each.excerpt) === name);
      if (!fold) throw new RangeError(`recording ${name}: no network was trained without it.`);
      return choice.with(`model=${fold.path}`).build(stream);
    },
  };
}

function describeFold({ excerpt, seed, sha256, trainedOn, points }: Fold): string {
  const chosen = points ? `, thresholds ${JSON.stringify(points)}` : '';
  return `Excerpt ${excerpt}, seed ${seed}: by a network trained on ${trainedOn.join(', ')}, SHA-256 ${sha256}${chosen}`;
}

function modelPathOf({ recordings: [first] }: MarkedFolder, choice: DetectorChoice): string | undefined {
  const source = first?.open();
  try {
    return source && choice.model(source.stream);
  } finally {
    source?.close();
  }
}

// ── Shell ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Shows what is left to do once it has taken two seconds, to a person only. */
function progressLine(): (done: number, total: number) => void {
  const start = performance.now();
  return (done, total) => {
    const seconds = (performance.now() - start) / 1000;
    if (seconds < 2 || !process.stderr.isTTY) return;
    const left = Math.ceil((seconds / done) * (total - done));
    process.stderr.write(done < total ? `\rrecording ${done} of ${total}, ${left} s left\x1b[K` : '\r\x1b[K');
  };
}
