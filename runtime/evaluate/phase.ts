import { blockCapacity } from '../loop/build.js';
import type { StreamInfo } from '../contracts.js';
import { SlowWave } from '../detect/phase/slow-wave.js';
import type { Loop } from '../loop/loop.js';
import { createSampleBlock } from '../loop/sample-block.js';
import type { SignalPart } from '../loop/signal-graph.js';
import { unionOf, type TimedEvent } from './events.js';
import { circularScore, shareWithin, wrap, type CircularScore } from './circular.js';
import { runDetector } from './detector-run.js';
import { perStage, stageAt, type Hypnogram, type Stage } from './hypnogram.js';
import type { MarkedFolder, MarkedRecording } from './marked-recording.js';
import { afterRisingCrossing, endpointCorrected, twoLineFilter, type PhaseReference } from './phase-references.js';
import { slowOscillationsOf, type SlowOscillations } from './slow-oscillations.js';

/** A detector whose confirmations, `delaySeconds` later, are the stimuli. */
export interface PhaseCandidate {
  readonly name: string;
  readonly targetDegrees: number;
  readonly delaySeconds: number;
  /** `signal` is the place of the one that the detector looks in. */
  build(stream: StreamInfo): Promise<{ readonly loop: Loop; readonly detector: number; readonly signal: number }>;
}

/** How a targeting detector did; for `--json` and the screen. Angles in degrees, 0 the positive peak. */
export interface PhaseReport {
  readonly detector: string;
  readonly targetDegrees: number;
  /** From a confirmation to its stimulus. */
  readonly delayMs: number;
  readonly excerpts: readonly string[];
  /** Online minus zero-phase angle, ten times a second wherever the zero-phase amplitude is above `aboveUv`. */
  readonly estimation: { readonly aboveUv: number } & Readonly<Record<EstimatorName, PooledError>>;
  /** Stimuli of deep sleep (S3, S4) against its reference cycles. */
  readonly targeting: PooledTargeting;
  /** The same for a fixed wait after the rising zero crossing, by seconds of waiting. */
  readonly afterRisingCrossing: Readonly<Record<string, TargetingScore>>;
  /** Stimuli a minute that the detector would ask for in each stage; null for a stage that the recordings lack. */
  readonly perMinuteByStage: Readonly<Record<Stage, number | null>>;
  /** Phase at the middle of spindles that people marked in S2 to S4; null where nothing is marked. */
  readonly coupling: CouplingScore | null;
  readonly caveats: readonly string[];
}

export interface CouplingScore {
  readonly zeroPhase: CircularScore;
  readonly online: CircularScore;
  /** Online minus zero-phase, whatever the amplitude. */
  readonly error: CircularScore;
  readonly perExcerpt: Readonly<Record<string, CircularScore>>;
}

export const estimatorNames = ['slowWave', 'endpointCorrected', 'twoLine'] as const;
export type EstimatorName = (typeof estimatorNames)[number];

export interface PooledError extends CircularScore {
  readonly perExcerpt: Readonly<Record<string, CircularScore>>;
}

export interface TargetingScore {
  /** Reference cycles, and those with a stimulus. */
  readonly cycles: number;
  readonly hit: number;
  readonly share: number | null;
  /** Stimuli beyond the first of a cycle, and outside all cycles. */
  readonly repeated: number;
  readonly outside: number;
  readonly perMinute: number | null;
  /** Of the first stimulus of each cycle. */
  readonly phase: CircularScore;
  readonly meanError: number | null;
  readonly within60: number | null;
}

export interface PooledTargeting extends TargetingScore {
  readonly perExcerpt: Readonly<Record<string, TargetingScore>>;
}

export async function evaluatePhase(
  folder: MarkedFolder,
  candidate: PhaseCandidate,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<PhaseReport> {
  const { recordings } = folder;
  const { targetDegrees } = candidate;
  const parts: RecordingCounts[] = [];
  for (const recording of recordings) {
    parts.push(await countRecording(recording, candidate));
    progress(parts.length, recordings.length);
  }
  const labels = recordings.map(({ name }) => name);
  const pooledError = (estimator: EstimatorName): PooledError => ({
    ...circularScore(parts.flatMap(({ errors }) => errors[estimator])),
    perExcerpt: byLabel(
      labels,
      parts.map(({ errors }) => circularScore(errors[estimator])),
    ),
  });
  return {
    detector: candidate.name,
    targetDegrees,
    delayMs: candidate.delaySeconds * 1000,
    excerpts: labels,
    estimation: {
      aboveUv,
      slowWave: pooledError('slowWave'),
      endpointCorrected: pooledError('endpointCorrected'),
      twoLine: pooledError('twoLine'),
    },
    targeting: {
      ...scoreTargeting(
        parts.map(({ counts }) => counts),
        targetDegrees,
      ),
      perExcerpt: byLabel(
        labels,
        parts.map(({ counts }) => scoreTargeting([counts], targetDegrees)),
      ),
    },
    afterRisingCrossing: byLabel(
      waits.map(String),
      waits.map((_, wait) =>
        scoreTargeting(
          parts.flatMap((part) => part.waits[wait] ?? []),
          targetDegrees,
        ),
      ),
    ),
    perMinuteByStage: perMinuteByStage(parts.map(({ stages }) => stages)),
    coupling: scoreCoupling(
      labels,
      parts.map(({ spindles }) => spindles),
    ),
    caveats: caveatsOf(recordings),
  };
}

interface RecordingCounts {
  readonly errors: Readonly<Record<EstimatorName, readonly number[]>>;
  readonly counts: StimulusCounts;
  /** Of the rule with each of `waits`. */
  readonly waits: readonly StimulusCounts[];
  readonly stages: Readonly<Record<Stage, StageCounts>>;
  readonly spindles: readonly SpindlePhase[];
}

async function countRecording(recording: MarkedRecording, candidate: PhaseCandidate): Promise<RecordingCounts> {
  const source = recording.open();
  try {
    const { loop, detector, signal } = await candidate.build(source.stream);
    const { events, rate } = runDetector(loop, detector, source, recording.seconds);
    const x = readSignal(recording, loop.graph.signals, signal);
    const truth = slowOscillationsOf(x, rate);
    const { hypnogram } = recording;
    const isDeep = Array.from(x, (_, n) => hypnogram !== null && deepStages.includes(stageAt(hypnogram, n / rate)));
    const stimuli = events.map(({ confirmed }) => Math.round((confirmed + candidate.delaySeconds) * rate));
    return {
      errors: {
        slowWave: errorsOf(slowWavePhase, x, rate, truth),
        endpointCorrected: errorsOf(endpointCorrected, x, rate, truth),
        twoLine: errorsOf(twoLineFilter, x, rate, truth),
      },
      counts: countStimuli(stimuli, truth, rate, isDeep),
      waits: waits.map((wait) => countStimuli(afterRisingCrossing(x, rate, wait, isDeep), truth, rate, isDeep)),
      stages: countStages(stimuli, rate, hypnogram),
      spindles: spindlePhases(recording, x, rate, truth),
    };
  } finally {
    source.close();
  }
}

/** What the detector's signal is made from, before any filter, in its unit. */
function readSignal(recording: MarkedRecording, signals: readonly SignalPart[], place: number): Float64Array {
  const part = signals[place] as SignalPart;
  if (typeof part.from === 'number') return readSignal(recording, signals, part.from);
  const source = recording.open();
  try {
    const { channels, rate } = source.stream;
    const block = createSampleBlock(channels.length, blockCapacity);
    const values = new Float64Array(blockCapacity);
    const pieces: number[] = [];
    while (pieces.length < recording.seconds * rate && source.read(block) > 0) {
      part.from.process(block, 0, block.frames, values);
      for (let i = 0; i < block.frames; i++) pieces.push(values[i] as number);
    }
    return Float64Array.from(pieces.slice(0, Math.min(pieces.length, Math.ceil(recording.seconds * rate))));
  } finally {
    source.close();
  }
}

// ── Estimation ────────────────────────────────────────────────────────────────────────────────────────────────────

const slowWavePhase: PhaseReference = (x, rate) => {
  const wave = new SlowWave([0]);
  wave.prepare({ rate, unit: 'uV' });
  const degrees = new Float64Array(x.length).fill(NaN);
  for (let n = 0; n < x.length; n++) {
    if (wave.push(x, n)) degrees[n] = (Math.atan2(wave.values[1] as number, wave.values[0] as number) * 180) / Math.PI;
  }
  return (n) => degrees[n] as number;
};

/** Every tenth of a second from the tenth second on, at the end of a frame of the slow wave, so that all see the same. */
function errorsOf(reference: PhaseReference, x: Float64Array, rate: number, truth: SlowOscillations): number[] {
  const phaseAt = reference(x, rate);
  const frame = frameOf(rate);
  const step = frame * Math.max(1, Math.round(rate / 10 / frame));
  const errors: number[] = [];
  for (let n = Math.ceil((startSeconds * rate) / step) * step - 1; n < x.length - endSeconds * rate; n += step) {
    if (!((truth.amplitude[n] as number) > aboveUv)) continue;
    errors.push(wrap(phaseAt(n) - (truth.degrees[n] as number)));
  }
  return errors;
}

// ── Coupling ──────────────────────────────────────────────────────────────────────────────────────────────────────

interface SpindlePhase {
  readonly zeroPhase: number;
  readonly online: number;
}

/** Spindles of all sets of marks together, by the phase at their middle. */
function spindlePhases(
  { sets, hypnogram }: MarkedRecording,
  x: Float64Array,
  rate: number,
  truth: SlowOscillations,
): SpindlePhase[] {
  const marked = Object.values(sets).reduce<readonly TimedEvent[]>((all, { events }) => unionOf(all, events), []);
  const onlineAt = slowWavePhase(x, rate);
  const frame = frameOf(rate);
  return marked.flatMap(({ onset, end }) => {
    const middle = (onset + end) / 2;
    if (!hypnogram || !sleepStages.includes(stageAt(hypnogram, middle))) return [];
    // The last sample of a frame, where the estimate is.
    const n = Math.floor((middle * rate) / frame) * frame - 1;
    const online = onlineAt(n);
    return Number.isNaN(online) ? [] : [{ zeroPhase: truth.degrees[n] as number, online }];
  });
}

function scoreCoupling(labels: readonly string[], parts: readonly (readonly SpindlePhase[])[]): CouplingScore | null {
  const all = parts.flat();
  if (all.length === 0) return null;
  return {
    zeroPhase: circularScore(all.map(({ zeroPhase }) => zeroPhase)),
    online: circularScore(all.map(({ online }) => online)),
    error: circularScore(all.map(({ online, zeroPhase }) => wrap(online - zeroPhase))),
    perExcerpt: byLabel(
      labels,
      parts.map((part) => circularScore(part.map(({ zeroPhase }) => zeroPhase))),
    ),
  };
}

// ── Targeting ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface StimulusCounts {
  readonly cycles: number;
  readonly phases: readonly number[];
  readonly repeated: number;
  readonly outside: number;
  readonly minutes: number;
}

/** Stimuli and cycles of deep sleep; a cycle belongs to it by its trough. */
export function countStimuli(
  stimuli: readonly number[],
  { degrees, cycles }: Pick<SlowOscillations, 'degrees' | 'cycles'>,
  rate: number,
  isDeep: readonly boolean[],
): StimulusCounts {
  const given = stimuli.filter((n) => isDeep[n] === true).sort((a, b) => a - b);
  const deep = cycles.filter(({ trough }) => isDeep[trough] === true);
  const phases: number[] = [];
  let inside = 0;
  for (const { first, end } of deep) {
    const within = given.filter((n) => n >= first && n < end);
    inside += within.length;
    const [hit] = within;
    if (hit !== undefined) phases.push(degrees[hit] as number);
  }
  return {
    cycles: deep.length,
    phases,
    repeated: inside - phases.length,
    outside: given.length - inside,
    minutes: isDeep.filter(Boolean).length / rate / 60,
  };
}

function scoreTargeting(parts: readonly StimulusCounts[], target: number): TargetingScore {
  const sum = (of: (part: StimulusCounts) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const phases = parts.flatMap((part) => part.phases);
  const [cycles, repeated, outside] = [sum((p) => p.cycles), sum((p) => p.repeated), sum((p) => p.outside)];
  const minutes = sum((p) => p.minutes);
  const phase = circularScore(phases);
  return {
    cycles,
    hit: phases.length,
    share: cycles === 0 ? null : phases.length / cycles,
    repeated,
    outside,
    perMinute: minutes === 0 ? null : (phases.length + repeated + outside) / minutes,
    phase,
    meanError: phase.mean === null ? null : wrap(phase.mean - target),
    within60: shareWithin(phases, target, 60),
  };
}

interface StageCounts {
  readonly stimuli: number;
  readonly epochs: number;
  readonly epochSeconds: number;
}

function countStages(
  stimuli: readonly number[],
  rate: number,
  hypnogram: Hypnogram | null,
): Record<Stage, StageCounts> {
  return perStage((stage) => ({
    stimuli: hypnogram ? stimuli.filter((n) => stageAt(hypnogram, n / rate) === stage).length : 0,
    epochs: hypnogram ? hypnogram.stages.filter((each) => each === stage).length : 0,
    epochSeconds: hypnogram?.epochSeconds ?? 0,
  }));
}

function perMinuteByStage(parts: readonly Readonly<Record<Stage, StageCounts>>[]): Record<Stage, number | null> {
  return perStage((stage) => {
    const seconds = parts.reduce((sum, part) => sum + part[stage].epochs * part[stage].epochSeconds, 0);
    const stimuli = parts.reduce((sum, part) => sum + part[stage].stimuli, 0);
    return seconds === 0 ? null : stimuli / (seconds / 60);
  });
}

function caveatsOf(recordings: readonly MarkedRecording[]): string[] {
  const without = recordings.filter(({ hypnogram }) => !hypnogram).map(({ name }) => name);
  return [
    ...(without.length > 0
      ? [`Without stages nobody knows what is deep sleep: ${without.join(', ')} count for estimation only.`]
      : []),
    'Zero-phase angles use the future; a stimulus outside the reference cycles is mostly one in a weaker wave.',
    'The estimator was designed from a published spectrum, not fitted to these recordings.',
  ];
}

function byLabel<Value>(labels: readonly string[], values: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(labels.map((label, place) => [label, values[place] as Value]));
}

/** Seconds of waiting after the rising zero crossing that come nearest to the positive peak. */
const waits = [0, 0.2, 0.3] as const;
const aboveUv = 37.5;
const startSeconds = 10;
/** The zero-phase angle of the last seconds leans on a made-up continuation. */
const endSeconds = 5;
/** Samples in a frame of `SlowWave`. */
const frameOf = (rate: number): number => Math.max(1, Math.round(rate / 50));
const sleepStages: readonly Stage[] = ['S2', 'S3', 'S4'];
const deepStages: readonly Stage[] = ['S3', 'S4'];
