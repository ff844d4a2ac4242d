import { f1DifferenceInterval } from './bootstrap.js';
import {
  compare,
  countStages,
  ratePerStage,
  totalFalsePositives,
  totalLatency,
  totalScore,
  type Comparison,
  type DetectedEvent,
  type Latency,
  type SetScore,
} from './comparison.js';
import { scoreOf, sumOf } from './events.js';
import type { Stage } from './hypnogram.js';
import type { MarkedFolder, MarkedRecording } from './marked-recording.js';

/** By the names of the folder's sets; null for a set that no recording has. */
export type Sets<Value> = Readonly<Record<string, Value | null>>;

/** `raw` takes events as the detector reports them, `compensated` without its declared constant delay. */
export interface TimedScores {
  readonly raw: SetScore;
  readonly compensated: SetScore;
}

/** Totals sum the events of all recordings. */
export interface DetectorScores {
  readonly sets: Sets<TimedScores>;
  /** By the name of the recording. */
  readonly perExcerpt: Readonly<Record<string, { readonly rate: number; readonly sets: Sets<TimedScores> }>>;
  /** Null where it would say nothing else than `sets`. */
  readonly withoutExcerpt4: Sets<TimedScores> | null;
  /** Totals of the same signal cut in another way, where there is one. */
  readonly separately?: Sets<TimedScores>;
  /** From the marked onset to the confirmation, over the matches of compensated timing. */
  readonly onsetLatencyMs: Sets<Latency>;
  readonly falsePositivesPerMinute: Sets<Readonly<Record<Stage, number | null>>>;
  /** All detections of the whole recordings; by stage where there are hypnograms. */
  readonly detectionsPerMinute: PerMinute;
  /** Only those at which the sleep gate beside the detector was open; null without a gate. */
  readonly gatedPerMinute: PerMinute | null;
}

export type PerMinute = { readonly all: number | null } & Readonly<Partial<Record<Stage, number | null>>>;

/** What a detector found in one recording. */
export interface Found {
  readonly recording: MarkedRecording;
  readonly events: readonly DetectedEvent[];
  readonly delaySeconds: number;
  /** Frames a second of the recording, and how much of it there is. */
  readonly rate: number;
  readonly seconds: number;
}

/** One detector over the recordings of a folder, against each of its sets. */
export class ScoredDetector {
  readonly found: readonly Found[];
  readonly #folder: MarkedFolder;
  readonly #parts: readonly { readonly found: Found; readonly sets: Sets<Timed<Comparison>> }[];

  constructor(folder: MarkedFolder, found: readonly Found[]) {
    this.found = found;
    this.#folder = folder;
    this.#parts = found.map((each) => ({ found: each, sets: compareSets(each) }));
  }

  scores(): DetectorScores {
    const all = this.#parts.map(({ sets }) => sets);
    const sure = this.#sure();
    return {
      sets: this.#total(all),
      perExcerpt: Object.fromEntries(
        this.#parts.map(({ found, sets }) => [found.recording.name, { rate: found.rate, sets: this.#total([sets]) }]),
      ),
      withoutExcerpt4: sure.length === 0 || sure.length === all.length ? null : this.#total(sure),
      onsetLatencyMs: this.#perSet(all, ({ compensated }) => totalLatency(compensated)),
      falsePositivesPerMinute: this.#perSet(all, ({ compensated }) => totalFalsePositives(compensated)),
      detectionsPerMinute: perMinute(this.found),
      gatedPerMinute: this.#isGated() ? perMinute(this.found.map(onlyAsleep)) : null,
    };
  }

  /**
   * F1 of compensated timing less that of another detector, over the recordings that both ran on, with its 95 %
   * interval; `sure` leaves out the doubtful recordings.
   */
  lead(other: ScoredDetector, sure: boolean): Sets<Lead> {
    const beside = new Map(other.#parts.map(({ found, sets }) => [found.recording.name, sets]));
    const pairs = (sure ? this.#sureParts() : this.#parts).map(({ found, sets }) => [
      sets,
      beside.get(found.recording.name),
    ]);
    const of = (name: string): Lead | null => {
      const both = pairs.flatMap(([mine, theirs]) => {
        const [a, b] = [mine?.[name]?.compensated, theirs?.[name]?.compensated];
        return a && b ? [[a, b] as const] : [];
      });
      return both.length === 0 ? null : leadOf(both);
    };
    return Object.fromEntries(Object.keys(this.#folder.sets).map((name) => [name, of(name)]));
  }

  /**
   * [recall, precision] where only detections count whose score reaches a level: first all of them, then rising. One
   * point of a detector without scores.
   */
  sweep(set: string, most = 40): [number, number][] {
    const levels = this.found
      .flatMap(({ events }) => events.map(({ score }) => score))
      .filter((score) => !Number.isNaN(score))
      .sort((a, b) => a - b);
    const chosen = Array.from(
      { length: Math.min(most, levels.length) },
      (_, n, step = levels.length / most) => levels[Math.floor(n * Math.max(1, step))],
    );
    return [-Infinity, ...new Set(chosen.slice(1))].flatMap((level = NaN) => {
      const counts = this.found.flatMap((found) => {
        const events = found.events.filter(({ score }) => !(score < level));
        const part = compareSets({ ...found, events })[set];
        return part ? [part.compensated.events] : [];
      });
      const { p, r } = scoreOf(sumOf(counts));
      return p === null || r === null ? [] : [[r, p] as [number, number]];
    });
  }

  /** Seconds from the marked onset to the confirmation for each match of compensated timing. */
  latencies(set: string): number[] {
    return this.#parts.flatMap(({ sets }) => sets[set]?.compensated.latencies ?? []);
  }

  #isGated(): boolean {
    return this.found.some(({ events }) => events.some(({ asleep }) => typeof asleep === 'boolean'));
  }

  #sureParts() {
    return this.#parts.filter(({ found }) => !this.#folder.doubtful.includes(found.recording.name));
  }

  #sure(): Sets<Timed<Comparison>>[] {
    return this.#sureParts().map(({ sets }) => sets);
  }

  #total(parts: readonly Sets<Timed<Comparison>>[]): Sets<TimedScores> {
    return this.#perSet(parts, ({ raw, compensated }) => ({
      raw: totalScore(raw),
      compensated: totalScore(compensated),
    }));
  }

  /** Sums over the recordings that have the set. */
  #perSet<Value>(
    parts: readonly Sets<Timed<Comparison>>[],
    sum: (comparisons: Timed<readonly Comparison[]>) => Value,
  ): Sets<Value> {
    const of = (name: string): Value | null => {
      const present = parts.flatMap((part) => part[name] ?? []);
      if (present.length === 0) return null;
      return sum({ raw: present.map(({ raw }) => raw), compensated: present.map(({ compensated }) => compensated) });
    };
    return Object.fromEntries(Object.keys(this.#folder.sets).map((name) => [name, of(name)]));
  }
}

export interface Lead {
  readonly f1: number | null;
  readonly interval: readonly [number, number] | null;
}

function leadOf(pairs: readonly (readonly [Comparison, Comparison])[]): Lead {
  const f1 = (side: 0 | 1) => scoreOf(sumOf(pairs.map((pair) => pair[side].events))).f1;
  const blocks = (side: 0 | 1) => pairs.flatMap((pair) => pair[side].blocks);
  const [own, other] = [f1(0), f1(1)];
  return {
    f1: own === null || other === null ? null : own - other,
    interval: f1DifferenceInterval(blocks(0), blocks(1)),
  };
}

interface Timed<Part> {
  readonly raw: Part;
  readonly compensated: Part;
}

function compareSets({ recording, events, delaySeconds, seconds }: Found): Sets<Timed<Comparison>> {
  return Object.fromEntries(
    Object.entries(recording.sets).map(([name, { events: marks, seconds: judged }]) => {
      const set = { events: marks, seconds: Math.min(judged, seconds) };
      return [
        name,
        {
          raw: compare(set, events, 0, recording.hypnogram),
          compensated: compare(set, events, delaySeconds, recording.hypnogram),
        },
      ];
    }),
  );
}

function onlyAsleep(found: Found): Found {
  return { ...found, events: found.events.filter(({ asleep }) => asleep === true) };
}

/** Onsets are taken as reported. */
function perMinute(found: readonly Found[]): PerMinute {
  const seconds = found.reduce((sum, each) => sum + each.seconds, 0);
  const events = found.reduce((sum, each) => sum + each.events.length, 0);
  const staged = found.flatMap(({ recording: { hypnogram }, ...each }) =>
    hypnogram ? [countStages(hypnogram, each.events, each.seconds)] : [],
  );
  return {
    all: seconds === 0 ? null : (60 * events) / seconds,
    ...(staged.length === 0 ? {} : ratePerStage(staged)),
  };
}
