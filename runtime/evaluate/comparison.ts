import { countBlocks, f1Interval } from './bootstrap.js';
import { perStage, stageAt, type Hypnogram, type Stage } from './hypnogram.js';
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
  /** The detector's own measure at that time. */
  readonly score: number;
  /** Whether a sleep gate beside the detector was open then; null or absent without one. */
  readonly asleep?: boolean | null;
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
  /** Detections without a match by stage at their onset, and seconds of each stage; null without a hypnogram. */
  readonly stages: Readonly<Record<Stage, StageCount>> | null;
}

export interface StageCount {
  readonly events: number;
  readonly seconds: number;
}

/** `delaySeconds` is taken off onsets and ends, never off confirmations. */
export function compare(
  set: ReferenceSet,
  detected: readonly DetectedEvent[],
  delaySeconds: number,
  hypnogram: Hypnogram | null,
): Comparison {
  const references = within(set.events, 0, set.seconds);
  const detections = within(
    detected.map((event) => ({ ...event, onset: event.onset - delaySeconds, end: event.end - delaySeconds })),
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

/** Events by the stage at their onset, with the seconds of each stage before `seconds`. */
export function countStages(
  hypnogram: Hypnogram,
  events: readonly TimedEvent[],
  seconds: number,
): Record<Stage, StageCount> {
  const counts = perStage(() => ({ events: 0, seconds: 0 }));
  const { epochSeconds } = hypnogram;
  for (let start = 0; start < seconds && start / epochSeconds < hypnogram.stages.length; start += epochSeconds)
    counts[stageAt(hypnogram, start)].seconds += Math.min(epochSeconds, seconds - start);
  for (const { onset } of events) counts[stageAt(hypnogram, onset)].events++;
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
  return ratePerStage(parts.flatMap(({ stages }) => stages ?? []));
}

/** Events a minute of each stage; null for a stage that did not occur. */
export function ratePerStage(parts: readonly Readonly<Record<Stage, StageCount>>[]): Record<Stage, number | null> {
  return perStage((stage) => {
    const minutes = parts.reduce((sum, part) => sum + part[stage].seconds, 0) / 60;
    return minutes === 0 ? null : parts.reduce((sum, part) => sum + part[stage].events, 0) / minutes;
  });
}
