import { createSleeper, type SleeperEvent, type SleepStage } from '../../drivers/sleeper/generator.js';
import { Random } from '../../drivers/sleeper/random.js';
import { epochSeconds } from '../../drivers/sleeper/stages.js';
import { featureCount, framesPerSecond, SpindleFeatures } from '../../runtime/detect/spindle-t1/features.js';
import type { FrameSequence } from '../train/sequence/frames.js';
import type { SleepersData, SpindleTiming } from './recipe.js';

const rate = 200;
/** Random numbers of the generator's streams are its own; this one draws what it is told to play. */
const stream = 900;
const derivations = [
  ['C3', 'M2'],
  ['C4', 'M1'],
  ['Cz', 'M1'],
  ['Cz', 'M2'],
  ['Fz', 'M2'],
  ['Pz', 'M1'],
];
/** Hz; one that is not there passes all. */
const lowpasses = [undefined, undefined, 20, 25, 35];

/**
 * A sleeper drawn from `seed`, who sleeps and wakes for `minutes` among what resembles spindles, on one of several
 * derivations and recorders. The targets are the true spindles. @param spindleRate a minute of N2; the sleeper's own if
 * not given
 */
export function sleeperSequence(
  seed: number,
  minutes: number,
  { lateSeconds, settleSeconds }: SpindleTiming,
  spindleRate?: number,
): FrameSequence {
  const { stages, options } = drawNight(seed, minutes, spindleRate);
  const spindles: SleeperEvent[] = [];
  const onEvent = (event: SleeperEvent): void => {
    if (event.kind === 'spindle') spindles.push(event);
  };
  const sleeper = createSleeper({ ...options, stages, onEvent });
  const features = new SpindleFeatures();
  features.prepare({ rate, unit: 'uV' });
  const frames = stages.length * epochSeconds * framesPerSecond;
  const codes = new Int8Array(frames * featureCount);
  const electrodes = new Float64Array(2);
  const value = new Float64Array(1);
  while (sleeper.read(electrodes)) {
    value[0] = (electrodes[0] as number) - (electrodes[1] as number);
    if (features.push(value, 0)) codes.set(features.codes, features.frame * featureCount);
  }
  const targets = new Float32Array(frames);
  const weights = new Float32Array(frames).fill(1);
  weights.fill(0, 0, settleSeconds * framesPerSecond);
  for (const { onset, duration } of spindles) {
    const first = Math.ceil((onset + lateSeconds) * framesPerSecond) - 1;
    const last = Math.ceil((onset + duration + lateSeconds) * framesPerSecond) - 1;
    targets.fill(1, Math.max(0, first), Math.max(0, last));
  }
  return { name: `sleeper ${seed}`, codes, targets, weights };
}

/** One sleeper a seed. */
export function sleeperSequences({ count, minutes, firstSeed }: SleepersData, timing: SpindleTiming): FrameSequence[] {
  return Array.from({ length: count }, (_, place) => sleeperSequence(firstSeed + place, minutes, timing));
}

function drawNight(seed: number, minutes: number, spindleRate: number | undefined) {
  const random = new Random(seed, stream);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random.uniform() * values.length)] as T;
  const stages: SleepStage[] = [];
  const sleep = (stage: SleepStage, least: number, most: number): void => {
    for (let left = Math.round(random.between(least, most)); left > 0; left--) stages.push(stage);
  };
  const count = Math.round((minutes * 60) / epochSeconds);
  sleep('W', 3, 9);
  while (stages.length < count) {
    sleep('N1', 1, 4);
    sleep('N2', 6, 16);
    if (random.uniform() < 0.7) {
      sleep('N3', 4, 12);
      sleep('N2', 3, 10);
    }
    if (random.uniform() < 0.35) sleep('R', 4, 10);
    sleep('W', 1, 5);
  }
  const lowpass = pick(lowpasses);
  const options = {
    seed,
    rate,
    channels: pick(derivations),
    individual: true,
    lookalikes: true,
    highpass: pick([0.1, 0.3, 0.5]),
    mains: { frequency: pick([50, 60] as const), amplitude: random.between(0, 10) },
    ...(lowpass !== undefined && { lowpass }),
    ...(spindleRate !== undefined && { spindleRate }),
  };
  return { stages: stages.slice(0, count), options };
}
