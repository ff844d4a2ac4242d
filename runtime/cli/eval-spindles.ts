import { Command } from 'commander';
import { writeAtomically } from '../../models/write-atomically.js';
import { SignalFileError } from '../../drivers/file/signal-file.js';
import { readMarkedFolder } from '../evaluate/marked-folder.js';
import { spindlePage } from '../evaluate/report/page.js';
import { MarksError, type MarkedFolder } from '../evaluate/marked-recording.js';
import { describeSpindles } from './eval-spindles-text.js';
import { evaluateSpindles, type Candidate, type Evaluation } from '../evaluate/spindles.js';
import { chooseDetector, withDetectorOptions, type DetectorChoice, type DetectorFlags } from './detector-choice.js';
import { positive } from './options.js';
import { Failure, UsageError, print, printJson } from './output.js';

interface SpindleOptions extends DetectorFlags {
  rate?: number;
  report?: string;
  json?: true;
}

export function evalSpindlesCommand(): Command {
  const command = new Command('spindles')
    .description('Sleep spindles against marks: the folder of DREAMS, of SPINKY, or one of your own')
    .argument('<DIR>', 'folder with signals and marks');
  return withDetectorOptions(command)
    .option('--rate <HZ>', 'sampling rate of signals that do not say theirs', positive)
    .option('--report <FILE>', 'one HTML page with curves, latencies, examples and tables; opens offline')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      `
A folder of your own holds NAME.edf or NAME.txt (microvolts, one a line; .gz too) and beside each NAME.csv with a line
onset,duration in seconds for each spindle; NAME.stages.txt may give a stage (W, N1, N2, N3, R) a line for each 30 s.

Example:  axond eval spindles DatabaseSpindles --detector band-power:r1`,
    )
    .action(async (path: string, options: SpindleOptions) => {
      const folder = readFolder(path, options.rate);
      const evaluation = await evaluate(folder, options);
      const { report } = evaluation;
      if (options.report !== undefined) writeReport(options.report, spindlePage(evaluation, folder, []));
      if (options.json) printJson(report);
      else print(...describeSpindles(report, folder));
    });
}

/** Scored beside every detector: they cost seconds. */
const baselines = ['band-power:r1', 'band-power:r2', 'band-power:r1fast', 'band-power:r2fast'];

async function evaluate(folder: MarkedFolder, options: SpindleOptions): Promise<Evaluation> {
  const choice = chooseDetector(options);
  const beside = baselines.map((detector) =>
    candidateOf(chooseDetector({ detector, ...(options.channel === undefined ? {} : { channel: options.channel }) })),
  );
  try {
    return await evaluateSpindles(folder, [candidateOf(choice)], beside, progressLine());
  } catch (error) {
    throw error instanceof SignalFileError || error instanceof RangeError ? new Failure(error.message) : error;
  }
}

function candidateOf(choice: DetectorChoice): Candidate {
  return { name: choice.name, build: (stream) => choice.build(stream) };
}

function readFolder(path: string, rate: number | undefined): MarkedFolder {
  try {
    return readMarkedFolder(path, rate);
  } catch (error) {
    throw error instanceof MarksError ? new UsageError(error.message) : error;
  }
}

function writeReport(path: string, page: string): void {
  try {
    writeAtomically(path, new TextEncoder().encode(page));
  } catch (error) {
    throw new Failure(`${path}: cannot be written (${error instanceof Error ? error.message : String(error)}).`);
  }
}

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
