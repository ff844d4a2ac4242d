import { Command } from 'commander';
import { SignalFileError } from '../../drivers/file/signal-file.js';
import { readMarkedFolder } from '../evaluate/marked-folder.js';
import { MarksError, type MarkedFolder } from '../evaluate/marked-recording.js';
import { describeSpindles } from './eval-spindles-text.js';
import { evaluateSpindles, type Candidate, type Evaluation } from '../evaluate/spindles.js';
import { chooseDetector, withDetectorOptions, type DetectorChoice, type DetectorFlags } from './detector-choice.js';
import { positive } from './options.js';
import { Failure, UsageError, print, printJson } from './output.js';

interface SpindleOptions extends DetectorFlags {
  rate?: number;
  json?: true;
}

export function evalSpindlesCommand(): Command {
  const command = new Command('spindles')
    .description('Sleep spindles against marks: the folder of DREAMS, of SPINKY, or one of your own')
    .argument('<DIR>', 'folder with signals and marks');
  return withDetectorOptions(command)
    .option('--rate <HZ>', 'sampling rate of signals that do not say theirs', positive)
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
      const { report } = await evaluate(folder, options);
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
