import { parse } from 'yaml';
import { z } from 'zod';
import type { RunDescription } from '../../contracts.js';
import { percentile } from '../events.js';
import { spindleHertz, type FilterDelay } from '../night/filter-delays.js';
import { minutesByStage, perEpoch, type Epochs } from '../night/stage-counts.js';
import type { NightEvents, NightStimulus } from '../night/night-events.js';
import { guessStage, stageGuesses } from '../night/stages.js';

export interface Reported extends Epochs {
  /** The effective configuration, as YAML. */
  readonly configuration: string;
  readonly run: Pick<RunDescription, 'stream' | 'timing' | 'study'>;
  readonly events: Pick<NightEvents, 'stimuli'>;
  readonly filterDelays: readonly FilterDelay[];
  readonly gaps: readonly { readonly first: number; readonly end: number }[];
  readonly opened?: readonly { readonly condition: string; readonly stimuli: readonly NightStimulus[] }[];
}

const notRecorded = 'not recorded';
const zeroPhase = '0° is the positive peak, −90° the rising zero crossing';

/**
 * The reporting list for closed-loop stimulation in sleep, item by item, of what the recording holds; what it does not hold
 * says so. Nothing here follows a stimulus unless its participant was unblinded. Pure.
 */
export function reportingList(night: Reported): [item: string, value: string][] {
  const { run, events, opened } = night;
  const configured = configurationOf(night.configuration);
  const { signals, detectors, policy, gate, stimulus, actuators } = configured;
  const actuator = actuators[words(stimulus['actuator'])] ?? {};
  const { stream, timing, study } = run;
  const targets = each(detectors, ({ target }) => words(target));
  const names = stream.channels.map(({ name }) => name).join(' ');
  return [
    ['Montage and reference', `${stream.device}: ${names}; ${each(signals, ({ from }) => words(from)) || notRecorded}`],
    [
      'Filter and delay',
      `${each(signals, ({ stages }) => words(stages)) || 'none'}; ${stream.delayUs / 1000} ms within the amplifier, as far as it is known; group delay of the filters at ${spindleHertz} Hz: ${delays(night.filterDelays)}`,
    ],
    ['Detection rule and threshold', each(detectors, words) || notRecorded],
    ['When a detection is answered', words(policy) || notRecorded],
    ['Phase target', targets === '' ? 'none: no detector aims at a phase' : `${targets}; ${zeroPhase}`],
    ['Phase foreseen', circular(events.stimuli.map(({ expectedPhase }) => expectedPhase))],
    [
      'Phase achieved',
      opened
        ? opened
            .map(({ condition, stimuli }) => `${condition}: ${circular(stimuli.map((one) => one.realisedPhase))}`)
            .join('; ') || notRecorded
        : 'not shown while the participant is blinded',
    ],
    ['Stimuli by stage', stimuliByStage(night)],
    ['Intervals between stimuli', intervals(events.stimuli)],
    [
      'Level',
      stimulus['level'] === undefined ? notRecorded : `${words(stimulus['level'])} (${words(actuator['use'])})`,
    ],
    ['Calibration', actuator['calibration'] === undefined ? notRecorded : words(actuator['calibration'])],
    [
      'Latency and jitter of the device',
      timing
        ? `${(timing.delayUs / 1000).toFixed(2)} ms; 95 of 100 within ${(timing.within95Us / 1000).toFixed(2)} ms; measured ${timing.measured}`
        : notRecorded,
    ],
    ['Gate rules', words(gate) || notRecorded],
    ['Arousals after stimuli', notRecorded],
    [
      'Sham scheme',
      study
        ? `by a sealed allocation, applied in the guardian after every judgement; night ${study.night} of ${study.participant}`
        : 'none: every stimulus was real',
    ],
    ['Blinding check', notRecorded],
    ['Missing data', missing(night)],
  ];
}

const part = z.record(z.string(), z.unknown());
const outline = z.object({
  signals: z.record(z.string(), part).default({}),
  detectors: z.record(z.string(), part).default({}),
  policy: part.default({}),
  gate: part.default({}),
  stimulus: part.default({}),
  actuators: z.record(z.string(), part).default({}),
});

/** Of another version it may look otherwise: then nothing of it is told. */
function configurationOf(text: string): z.output<typeof outline> {
  const read = outline.safeParse(parse(text));
  return read.success ? read.data : outline.parse({});
}

function each(parts: Record<string, Record<string, unknown>>, say: (one: Record<string, unknown>) => string): string {
  return Object.entries(parts)
    .map(([name, one]) => [name, say(one)])
    .filter(([, said]) => said !== '')
    .map(([name, said]) => `${name}: ${said}`)
    .join('; ');
}

function delays(of: readonly FilterDelay[]): string {
  const each = of.map(
    ({ signal, seconds }) => `${signal}: ${Number.isNaN(seconds) ? notRecorded : `${(1000 * seconds).toFixed(1)} ms`}`,
  );
  return each.join('; ') || 'none, for there are none';
}

/** A part of a configuration in one line. */
function words(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(words).join(', then ');
  if (typeof value !== 'object') return String(value as string | number | boolean);
  return Object.entries(value)
    .map(([key, one]) => (key === 'use' ? words(one) : `${key} ${words(one)}`))
    .join(', ');
}

/** Mean direction and circular standard deviation, √(−2 ln R), in degrees. */
function circular(degrees: readonly number[]): string {
  const known = degrees.filter(Number.isFinite).map((value) => (value * Math.PI) / 180);
  if (known.length === 0) return notRecorded;
  const mean = (of: (angle: number) => number): number =>
    known.reduce((sum, angle) => sum + of(angle), 0) / known.length;
  const [x, y] = [mean(Math.cos), mean(Math.sin)];
  const length = Math.min(1, Math.hypot(x, y));
  const direction = (Math.atan2(y, x) * 180) / Math.PI;
  const deviation = (Math.sqrt(-2 * Math.log(length)) * 180) / Math.PI;
  return `mean ${direction.toFixed(1)}°, SD ${deviation.toFixed(1)}°, resultant length ${length.toFixed(3)}, n ${known.length}`;
}

function stimuliByStage(night: Reported): string {
  const { stimuli } = night.events;
  const minutes = minutesByStage(night);
  const guesses = night.spectra.depths.map(guessStage);
  const counts = perEpoch(
    night,
    stimuli.map(({ index }) => index),
  );
  const rows = stageGuesses.flatMap((stage) => {
    const count = counts.reduce((sum, one, epoch) => (guesses[epoch] === stage ? sum + one : sum), 0);
    return minutes[stage] > 0 ? [`${stage} ${count} (${((60 * count) / minutes[stage]).toFixed(1)} an hour)`] : [];
  });
  return `${stimuli.length} in all; ${rows.join(', ')}; stages are guessed from one electrode`;
}

function intervals(stimuli: readonly NightStimulus[]): string {
  const seconds = stimuli
    .slice(1)
    .map(({ startedUs }, place) => (startedUs - (stimuli[place]?.startedUs ?? NaN)) / 1e6);
  if (seconds.length === 0) return notRecorded;
  const at = (share: number): string => (percentile(seconds, share) ?? NaN).toFixed(2);
  return `p5 ${at(0.05)} s, p25 ${at(0.25)} s, median ${at(0.5)} s, p75 ${at(0.75)} s, p95 ${at(0.95)} s, n ${seconds.length}`;
}

function missing({ gaps, frames, rate }: Reported): string {
  const lost = gaps.reduce((sum, { first, end }) => sum + end - first, 0);
  return `${gaps.length} gaps, ${(lost / rate).toFixed(2)} s of ${(frames / rate).toFixed(0)} s (${((100 * lost) / Math.max(1, frames)).toFixed(3)} %)`;
}
