import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { FrameFlag, type RefusalReason, type RunDescription } from '../contracts.js';
import type { LoopPlan } from '../loop/plan.js';
import { explain, type Explanation } from '../recording/explain.js';
import { RecordingError, openRecording, type Recording } from '../recording/read.js';
import { Derivation, parseDerivation } from '../signal/derivation.js';
import type { Sounded } from '../timing/sounded-at.js';
import { soundedStimuli } from '../timing/sounded-stimuli.js';
import { planOfRecording } from './configuration.js';
import { Failure, UsageError, print, printJson } from './output.js';

export function explainCommand(): Command {
  return new Command('explain')
    .description('The whole story of one stimulus (S12) or one refusal (R7), from its recording alone')
    .argument(
      '<id>',
      'S and the number of a command, or R and that of a refused request, as `recording show` names them',
    )
    .argument('[recording]', 'a recording, or a folder: then its newest one', 'recordings')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond explain R7 recordings/bedside-1-2026-11-24T22-30-00.db')
    .action((id: string, path: string, { json }: { json?: true }) => {
      if (!/^[SR]\d+$/.test(id)) throw new UsageError(`${id}: is no id. Write S12 for a stimulus, R7 for a refusal.`);
      const recording = open(newest(path));
      try {
        const { run } = recording;
        const explanation = explain(recording, id);
        const plan = planOfRecording(run);
        const trace = traceOf(recording, plan, explanation);
        const sounded = soundedOf(recording, explanation);
        const policy = plan.stimulation?.policy ?? null;
        if (json) printJson({ recording: recording.path, ...explanation, sounded, trace, policy });
        else print(...story(recording, plan, explanation, trace), ...placeOf(sounded));
      } catch (error) {
        if (error instanceof RecordingError) throw new Failure(error.message);
        throw error;
      } finally {
        recording.close();
      }
    });
}

/** null where it was not given, or its delay was not measured. */
function soundedOf(recording: Recording, { stimulus }: Explanation): Sounded | null {
  const { timing } = recording.run;
  return (stimulus && timing && soundedStimuli(recording, timing).get(stimulus.command)) ?? null;
}

function placeOf(sounded: Sounded | null): string[] {
  if (!sounded) return [];
  return [`sounded     at sample ${sounded.sample.toFixed(2)} ± ${sounded.uncertainty.toFixed(2)} of the signal`];
}

function newest(path: string): string {
  if (!existsSync(path)) throw new UsageError(`${path}: there is no such recording or folder.`);
  if (!statSync(path).isDirectory()) return path;
  const files = readdirSync(path).filter((name) => name.endsWith('.db'));
  const [latest] = files.map((name) => join(path, name)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (latest === undefined) throw new UsageError(`${path}: no recordings. Name one.`);
  return latest;
}

function open(path: string): Recording {
  try {
    return openRecording(path);
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  }
}

interface Trace {
  /** Of the derivation that the detector looks at, without filters. */
  readonly signal: string;
  readonly unit: string;
  readonly rate: number;
  readonly firstIndex: number;
  /** null where the recording holds no sample, or one that filled a gap. */
  readonly values: readonly (number | null)[];
}

/** Two seconds before and one after. */
function traceOf(recording: Recording, plan: LoopPlan, { request, index }: Explanation): Trace {
  const { stream } = recording.run;
  const signal = rootOf(plan, plan.detectors[request?.detector ?? 0]?.signal ?? 0, stream.channels[0]?.name ?? '');
  const terms = parseDerivation(
    signal,
    stream.channels.map(({ name }) => name),
  );
  const derivation = new Derivation(terms, stream.channels);
  const firstIndex = Math.max(0, index - Math.round(2 * stream.rate));
  const block = recording.framesBetween(firstIndex, index + 1 + Math.round(stream.rate));
  const values = new Float64Array(block.frames);
  derivation.process(block, 0, block.frames, values);
  return {
    signal,
    unit: stream.channels[derivation.channels[0] ?? 0]?.unit ?? '',
    rate: stream.rate,
    firstIndex,
    values: [...values].map((value, frame) => (((block.flags[frame] as number) & FrameFlag.gap) !== 0 ? null : value)),
  };
}

/** The derivation at the root of a signal. */
function rootOf(plan: LoopPlan, place: number, otherwise: string): string {
  const from = plan.signals[place]?.from;
  if (!from) return otherwise;
  return 'derivation' in from ? from.derivation : rootOf(plan, from.signal, otherwise);
}

// ── As text ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function story(recording: Recording, plan: LoopPlan, told: Explanation, trace: Trace): string[] {
  const { run } = recording;
  const { id, us, index, request, reasons, stimulus } = told;
  const at = (when: number): string => `${((when - run.startUs) / 1e6).toFixed(3)} s`;
  const wall = new Date(run.startWallMs + (us - run.startUs) / 1000).toISOString();
  const outcome = stimulus ? 'a stimulus that was permitted' : `a refusal: ${reasons.join(', ')}`;
  return [
    `${id}          ${outcome}`,
    `recording   ${recording.path}`,
    `when        ${at(us)} after the start, ${wall}, sample ${index}`,
    ...(request
      ? [
          `asked       request ${request.request} for ${run.detectors[request.detector] ?? 'a detector'}, ` +
            `${due(request.fireAtUs, us)}, not after ${at(request.expiresUs)}`,
        ]
      : []),
    ...because(told, run, at),
    `policy      ${plan.stimulation ? JSON.stringify(plan.stimulation.policy) : 'none'}`,
    ...limitLines(told, at),
    ...reasons.map((reason) => `refused     ${reason}: ${meaning[reason]}`),
    ...told.inhibitors.map(({ reason, state, sinceUs }) => `held        ${reason} (${state}) since ${at(sinceUs)}`),
    ...told.turns.map(({ us: when, what }) => `before      ${at(when)} ${what}`),
    ...(stimulus ? way(stimulus, at) : []),
    `given       ${told.before.length === 0 ? 'nothing before' : told.before.map((one) => `${one.id} at ${at(one.us)}`).join(', ')}`,
    '',
    ...plot(trace, index),
  ];
}

const due = (fireAtUs: number, us: number): string =>
  fireAtUs > us ? `due ${((fireAtUs - us) / 1000).toFixed(1)} ms later` : 'at once';

function because(
  told: Explanation,
  { detectors, estimates, stream }: RunDescription,
  at: (us: number) => string,
): string[] {
  const name = (detector: number): string => detectors[detector] ?? String(detector);
  const lines = told.detections.map(({ detector, onset, confirmed, score, us }) => {
    const mark = told.detection?.detector === detector && told.detection.onset === onset ? 'answered' : 'also';
    const took = (((confirmed - onset) / stream.rate) * 1000).toFixed(0);
    return `${mark.padEnd(12)}${name(detector)} from sample ${onset}, confirmed ${took} ms later at ${at(us)}, score ${score.toPrecision(4)}`;
  });
  const judged = told.estimates.map(({ detector, estimate, value, us, state }) => {
    const word = estimates[name(detector)]?.[estimate] ?? String(estimate);
    const speaks = state === 0 ? '' : state === 1 ? ', speaks against a stimulus' : ', not known';
    return `estimate    ${name(detector)} ${word} ${Number.isFinite(value) ? value.toPrecision(4) : '-'}${speaks}, told at ${at(us)}`;
  });
  return [...lines, ...judged];
}

function limitLines({ limits, counts, lease }: Explanation, at: (us: number) => string): string[] {
  const against = (count: number, limit: number | undefined): string => `${count} of ${limit ?? '-'}`;
  const { minute, hour, day, night } = counts;
  return [
    limits
      ? `armed       until ${Number.isFinite(limits.untilUs) ? at(limits.untilUs) : 'the end'}, interval ${limits.intervalUs / 1e6} s, ${limits.gainDb} dB`
      : 'armed       no',
    `given in    a minute ${against(minute, limits?.perMinute)}, an hour ${against(hour, limits?.perHour)}, 24 hours ${against(day, limits?.perNight)}; this run and night ${night}`,
    lease
      ? `lease       ${lease.lease}: ${lease.drawn} of ${lease.stimuli} drawn before, granted at ${at(lease.grantedUs)}, until ${at(lease.untilUs)}`
      : 'lease       none',
  ];
}

function way(stimulus: NonNullable<Explanation['stimulus']>, at: (us: number) => string): string[] {
  const { arrivedUs, decidedUs, dueUs, acceptedUs, startedUs, endedUs, phase, receipts, command, variant } = stimulus;
  const steps: readonly (readonly [string, number | null])[] = [
    ['bytes arrived', arrivedUs],
    ['decided', decidedUs],
    ['due', dueUs],
    ['accepted', acceptedUs],
    ['started, by the device', startedUs],
    ['ended', endedUs],
  ];
  const origin = arrivedUs ?? decidedUs;
  return [
    `command     ${command}, variant ${variant}`,
    ...steps.map(
      ([step, us]) =>
        `way         ${step.padEnd(24)}${us === null ? 'not recorded' : `${at(us)}  +${((us - origin) / 1000).toFixed(3)} ms`}`,
    ),
    ...receipts.map(
      ({ state, us, source, evidence }) =>
        `receipt     ${state} at ${at(us)}, from the ${source}${evidence === null || evidence === '' ? '' : `: ${evidence}`}`,
    ),
    ...(phase
      ? [`phase       ${phase.expected.toFixed(0)}° foreseen, ${phase.realised.toFixed(0)}° in hindsight`]
      : []),
  ];
}

/** The least and greatest value of each column, and where the decision was. */
function plot({ signal, unit, rate, firstIndex, values }: Trace, index: number): string[] {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return [`trace       ${signal}: the recording holds no samples there`];
  const [least, greatest] = [Math.min(...known), Math.max(...known)];
  const row = (value: number): number =>
    greatest === least ? 0 : Math.min(rows - 1, Math.floor(((greatest - value) / (greatest - least)) * rows));
  const perColumn = values.length / columns;
  const picture = Array.from({ length: rows }, () => new Array<string>(columns).fill(' '));
  for (let column = 0; column < columns; column++) {
    const part = values.slice(
      Math.floor(column * perColumn),
      Math.max(Math.floor((column + 1) * perColumn), Math.floor(column * perColumn) + 1),
    );
    const here = part.filter((value) => value !== null);
    if (here.length === 0) {
      (picture[rows - 1] as string[])[column] = '?';
      continue;
    }
    for (let at = row(Math.max(...here)); at <= row(Math.min(...here)); at++) (picture[at] as string[])[column] = '█';
  }
  const mark = Math.min(columns - 1, Math.floor((index - firstIndex) / perColumn));
  return [
    `${signal} from ${least.toFixed(1)} to ${greatest.toFixed(1)} ${unit}, unfiltered, ${(values.length / rate).toFixed(1)} s`,
    ...picture.map((line) => line.join('').trimEnd()),
    `${' '.repeat(mark)}^ decided${known.length < values.length ? '   ? no sample' : ''}`,
  ];
}

const rows = 7;
const columns = 75;

/** What a reason means, and nothing else: what to do about it is said where it is told live. */
const meaning: Readonly<Record<RefusalReason, string>> = {
  disarmed: 'nobody had armed, or the arming was over when it was due',
  expired: 'too late for its own deadline, too far ahead, or by a time that ran backwards',
  interval: 'too soon after the last one',
  'per-minute': 'as many as a minute may hold',
  'per-hour': 'as many as an hour may hold, earlier runs among them',
  'per-night': 'as many as this night may hold, earlier runs among them',
  stale: 'no fresh sample for 100 ms',
  settling: 'the filters had not settled since the start, a gap or a reset',
  gap: 'samples were lost within the last second',
  saturation: 'a channel was at its rail',
  flat: 'a channel was flat',
  'ring-loss': 'the machine could not keep up within the last ten seconds',
  guardian: 'the guardian was not ready',
  supervisor: 'the supervisor showed no life',
  source: 'the device did not stream',
  unconfirmed: 'how the last stimulus ended was not known',
  sleep: 'a detector of sleep spoke against it, or did not know',
  mains: 'mains noise',
  movement: 'movement',
  electrode: 'an electrode that sat badly',
  quality: 'a detector of signal quality spoke against it, or did not know',
  lease: 'no permission on disk: none was granted, or it was used up or expired',
  'per-day': 'as many as 24 hours may hold, earlier runs among them',
  budget: 'what was given before was not known, or is exhausted until somebody resets it',
  schedule: 'the schedule of the policy had a pause there',
  recorder: 'something older than a second was not on disk',
  disk: 'no room for four more hours of recording',
  clock: 'the clock of the device or of the machine was not to be trusted',
};
