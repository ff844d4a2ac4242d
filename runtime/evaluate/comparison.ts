import { countBlocks, f1Interval } from './bootstrap.js';
import { epochSeconds, stageOf, stages, type Stage } from './dreams.js';
import {
  countSamples,
  matchEvents,
  percentile,
  scoreOf,
  sumOf,
  within,
  type Counts,
  type Score,
  type TimedEvent,
} from './events.js';

/** Marks that count as true from the start of the recording to `seconds`. */
export interface ReferenceSet {
  readonly events: readonly TimedEvent[];
  readonly seconds: number;
}

/** `confirmed` is when a causal detector was sure, in seconds; NaN for one that saw the whole recording. */
export interface DetectedEvent extends TimedEvent {
  readonly confirmed: number;
}

/** A detector's events against one set of one recording. What is counted here can be summed over recordings. */
export interface Comparison {
  readonly events: Counts;
  readonly samples: Counts;
  readonly blocks: readonly Counts[];
  /** Seconds from the reference's onset to the confirmation, for each match. */
  readonly latencies: readonly number[];
  /** Matches that were confirmed before the reference's end. */
  readonly early: number;
  /** Detections without a match by stage at their onset, and epochs of each stage; null without a hypnogram. */
  readonly stages: Readonly<Record<Stage, { falsePositives: number; epochs: number }>> | null;
}

/** `delaySeconds` is taken off onsets and ends, never off confirmations. */
export function compare(
  set: ReferenceSet,
  detected: readonly DetectedEvent[],
  delaySeconds: number,
  hypnogram: readonly number[] | null,
): Comparison {
  const references = within(set.events, 0, set.seconds);
  const detections = within(
    detected.map(({ onset, end, confirmed }) => ({ onset: onset - delaySeconds, end: end - delaySeconds, confirmed })),
    0,
    set.seconds,
  );
  const matches = matchEvents(references, detections);
  const pairs = matches.flatMap(({ reference, detection }) => {
    const marked = references[reference];
    const found = detections[detection];
    return marked && found ? [{ marked, found }] : [];
  });
  const matched = new Set(pairs.map(({ found }) => found));
  return {
    events: { matched: matches.length, references: references.length, detections: detections.length },
    samples: countSamples(references, detections),
    blocks: countBlocks(references, detections, matches, set.seconds),
    latencies: pairs.map(({ marked, found }) => found.confirmed - marked.onset),
    early: pairs.filter(({ marked, found }) => found.confirmed < marked.end).length,
    stages:
      hypnogram &&
      countStages(
        hypnogram,
        detections.filter((event) => !matched.has(event)),
        set.seconds,
      ),
  };
}

function countStages(hypnogram: readonly number[], falsePositives: readonly TimedEvent[], seconds: number) {
  const counts = perStage(() => ({ falsePositives: 0, epochs: 0 }));
  for (const stage of hypnogram.slice(0, seconds / epochSeconds)) counts[stageOf(stage)].epochs++;
  for (const { onset } of falsePositives) counts[stageOf(hypnogram[Math.floor(onset / epochSeconds)])].falsePositives++;
  return counts;
}

/** Precision, recall and F1 over events, F1 over samples of a 100 Hz grid, and the 95 % interval of the former F1. */
export interface SetScore extends Score {
  readonly bySample: number | null;
  readonly interval: readonly [number, number] | null;
  readonly matched: number;
  readonly references: number;
  readonly detections: number;
}

export function totalScore(parts: readonly Comparison[]): SetScore {
  const counts = sumOf(parts.map(({ events }) => events));
  return {
    ...scoreOf(counts),
    bySample: scoreOf(sumOf(parts.map(({ samples }) => samples))).f1,
    interval: f1Interval(parts.flatMap(({ blocks }) => blocks)),
    ...counts,
  };
}

export interface Latency {
  readonly p10: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  /** Share of matches that were confirmed before the marked end. */
  readonly beforeEnd: number | null;
}

/** In milliseconds. */
export function totalLatency(parts: readonly Comparison[]): Latency {
  const latencies = parts.flatMap((part) => part.latencies);
  const at = (share: number): number | null => {
    const seconds = percentile(latencies, share);
    return seconds === null ? null : seconds * 1000;
  };
  const early = parts.reduce((sum, part) => sum + part.early, 0);
  return {
    p10: at(0.1),
    p50: at(0.5),
    p90: at(0.9),
    beforeEnd: latencies.length === 0 ? null : early / latencies.length,
  };
}

/** False positives a minute of each stage; null for a stage that the recordings do not have. */
export function totalFalsePositives(parts: readonly Comparison[]): Record<Stage, number | null> {
  return perStage((stage) => {
    const counts = parts.flatMap((part) => part.stages?.[stage] ?? []);
    const minutes = (counts.reduce((sum, count) => sum + count.epochs, 0) * epochSeconds) / 60;
    const falsePositives = counts.reduce((sum, count) => sum + count.falsePositives, 0);
    return minutes === 0 ? null : falsePositives / minutes;
  });
}

function perStage<Value>(make: (stage: Stage) => Value): Record<Stage, Value> {
  return Object.fromEntries(stages.map((stage) => [stage, make(stage)])) as Record<Stage, Value>;
}
