import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { SignalFileError } from '../../drivers/file/signal-file.js';
import { writeNetwork } from '../../models/format/container.js';
import type { Graph, Network } from '../../models/format/graph.js';
import { ModelError } from '../../models/format/model-error.js';
import { loadModel } from '../../models/load-model.js';
import { readModelFile } from '../../models/model-file.js';
import { hearNight, withoutHead } from '../../models/spindle/night.js';
import { personalise, type Personalised } from '../../models/spindle/personalise.js';
import { selfMarks } from '../../models/spindle/self-marks.js';
import { writeAtomically } from '../../models/write-atomically.js';
import { pointOf } from '../detect/spindle-t1/runs.js';
import { readMarks } from '../evaluate/lab-folder.js';
import { MarksError } from '../evaluate/marked-recording.js';
import type { LoopPlan } from '../loop/plan.js';
import { RecordingError } from '../recording/read.js';
import { chooseDetector } from './detector-choice.js';
import { openNight, signalOf, type RecordedNight } from './night-signal.js';
import { positive, wholeNumber } from './options.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { axondVersion } from './version.js';

interface Flags {
  model?: string;
  marks?: string;
  self?: true;
  point: string;
  channel?: string;
  rate?: number;
  seed: number;
  out: string;
  json?: true;
}

export function personaliseModelCommand(): Command {
  return new Command('personalise')
    .description('Teach a spindle network one sleeper; keeps the old one unless the new one is better')
    .argument('<RECORDING>', 'a night: a recording of axond (*.db), or a signal as for replay')
    .requiredOption('--out <FILE>', 'the personal network; not written where the old one is kept')
    .option('--marks <FILE>', 'spindles that a person marked: lines onset,duration in seconds')
    .option('--self', 'no marks: what the network is sure of, and what the detector A7 finds in hindsight')
    .option('--model <NAME>', 'packaged network or file (default: of the recording, else spindle-t1)')
    .option('--point <NAME>', 'operating point that is judged', 'adaptive')
    .option('--channel <NAME>', 'channel or derivation, such as C3 - M2 (default: of the recording, else the first)')
    .option('--rate <HZ>', 'sampling rate of a signal that does not say its own', positive)
    .option('--seed <N>', 'draws which minutes belong together', wholeNumber, 1)
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      `
Only the last layer learns, and within bounds. Networks that learn from two thirds of the minutes are judged on the rest:
unless they are better beyond the luck of the draw, the old network stays.

Example:  axond model personalise night.db --self --out ann.safetensors`,
    )
    .action(async (path: string, flags: Flags) => {
      try {
        await run(path, flags);
      } catch (error) {
        if (error instanceof ModelError || error instanceof MarksError || error instanceof RangeError)
          throw new UsageError(error.message);
        throw error instanceof SignalFileError || error instanceof RecordingError ? new Failure(error.message) : error;
      }
    });
}

async function run(path: string, flags: Flags): Promise<void> {
  const { out, marks: marksFile, self, point, seed, json } = flags;
  if ((marksFile === undefined) === (self === undefined))
    throw new UsageError('--marks, --self: give one of them: marks of a person, or those that axond makes itself.');
  for (const file of [path, marksFile])
    if (file !== undefined && !existsSync(file)) throw new UsageError(`${file}: there is no such file.`);
  if (!existsSync(dirname(out))) throw new UsageError(`--out: there is no folder ${dirname(out)}. Make it first.`);
  const night = openNight(path, flags.rate);
  try {
    const { plan, signal, model } = hear(night, flags);
    const { network, sha256: parent } = readModelFile(model);
    const { points } = network.graph;
    const { rate, stretches } = await signalOf(night, plan, signal);
    const heard = hearNight(await loadModel(withoutHead(network)), rate, stretches);
    const marks =
      marksFile === undefined
        ? selfMarks(network, heard, pointOf('sure', points), rate, stretches)
        : readMarks(marksFile);
    const result = personalise(network, heard, marks, pointOf(point, points), seed);
    const learnedFrom = {
      parent,
      recording: hashOf(path),
      marks: marksFile === undefined ? `self-labelled (${marks.length})` : `sha256 ${hashOf(marksFile)}`,
      seed,
      point,
    };
    const written = result.kept === 'new' ? writePersonal(result, learnedFrom, out) : null;
    const { kept, reason, before, after, lead } = result;
    const figures = { kept, reason, before, after, lead };
    if (json) printJson({ ...figures, ...learnedFrom, marksUsed: result.marks, out: written && out, sha256: written });
    else print(...describe(result, out, written));
  } finally {
    night.close();
  }
}

/** Where the recording's own run looked with a spindle network, or the channel that is asked for. */
function hear(night: RecordedNight, { model, channel }: Flags): { plan: LoopPlan; signal: number; model: string } {
  const own = night.plan?.detectors.find(({ plan }) => 'use' in plan && plan.use === 'spindle-t1');
  const found = own && 'model' in own.plan && typeof own.plan.model === 'string' ? own.plan.model : undefined;
  if (night.plan && own && channel === undefined)
    return { plan: night.plan, signal: own.signal, model: model ?? found ?? 'spindle-t1' };
  // Any detector of one channel leads to its signal.
  const choice = chooseDetector({ detector: 'band-power', ...(channel === undefined ? {} : { channel }) });
  const { loop, detector } = choice.plan(night.stream);
  return { plan: loop, signal: loop.detectors[detector]?.signal ?? 0, model: model ?? found ?? 'spindle-t1' };
}

interface LearnedFrom {
  readonly parent: string;
  readonly recording: string;
  readonly marks: string;
  readonly seed: number;
  readonly point: string;
}

/** Returns the hash of the file. */
function writePersonal({ network, before, after }: Personalised, from: LearnedFrom, out: string): string {
  const bytes = writeNetwork(withProvenance(network, from, { before, after }));
  writeAtomically(out, bytes);
  return createHash('sha256').update(bytes).digest('hex');
}

function withProvenance(network: Network, from: LearnedFrom, scores: { before: number; after: number }): Network {
  const { provenance } = network.graph;
  const { data, scores: old } = provenance;
  const graph: Graph = {
    ...network.graph,
    provenance: {
      ...provenance,
      source: `axond ${axondVersion} model personalise, of the network with sha256 ${from.parent}`,
      // The oldest first: what does not fit is of later nights.
      data: `${data === undefined ? '' : `${data}; `}recording with sha256 ${from.recording}, marks: ${from.marks}`.slice(
        0,
        1000,
      ),
      seed: from.seed,
      scores: { ...old, [`F1 before (${from.point})`]: scores.before, [`F1 after (${from.point})`]: scores.after },
    },
  };
  return { ...network, graph };
}

function describe(
  { kept, reason, before, after, lead, marks }: Personalised,
  out: string,
  sha256: string | null,
): string[] {
  const [low, high] = lead.map((each) => each.toFixed(3));
  const figures = `F1 ${before.toFixed(3)} before, ${after.toFixed(3)} after on marks that were not learned from (${marks} in all); lead ${low} to ${high}`;
  return kept === 'new'
    ? [`${out}: ${figures}`, `SHA-256 ${sha256 ?? ''}`]
    : [`The old network stays, nothing is written: ${reason}.`, figures];
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
