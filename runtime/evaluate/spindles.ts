import type { Detector } from '../contracts.js';
import {
  compare,
  totalFalsePositives,
  totalLatency,
  totalScore,
  type Comparison,
  type DetectedEvent,
  type Latency,
  type ReferenceSet,
  type SetScore,
} from './comparison.js';
import { runDetector } from './detector-run.js';
import { excerptSeconds, expert1Seconds, type DreamsExcerpt, type Stage } from './dreams.js';
import { unionOf, type TimedEvent } from './events.js';

/** Whose marks count as true: expert 1, expert 2, or what either of them marked. */
export const setNames = ['e1', 'e2', 'union'] as const;
export type SetName = (typeof setNames)[number];
/** Null where the folder has no marks of this kind. */
export type Sets<Value> = Record<SetName, Value | null>;

/** `raw` takes events as the detector reports them, `compensated` without its declared constant delay. */
export interface TimedScores {
  readonly raw: SetScore;
  readonly compensated: SetScore;
}

/** Totals sum the events of all excerpts. */
export interface SpindleReport {
  readonly detector: string;
  readonly excerpts: readonly number[];
  readonly delayMs: number | null;
  readonly sets: Sets<TimedScores>;
  readonly perExcerpt: Readonly<Record<string, { readonly rate: number; readonly sets: Sets<TimedScores> }>>;
  /** The same for the detection that comes with the database; it is offline and declares no delay. */
  readonly bundled: {
    readonly sets: Sets<TimedScores>;
    readonly perExcerpt: Readonly<Record<string, { readonly sets: Sets<TimedScores> }>>;
    readonly falsePositivesPerMinute: Sets<Record<Stage, number | null>>;
  } | null;
  /** From the marked onset to the confirmation, over the matches of compensated timing. */
  readonly onsetLatencyMs: Sets<Latency>;
  readonly falsePositivesPerMinute: Sets<Record<Stage, number | null>>;
  /** Null where it would say nothing else than `sets`. */
  readonly withoutExcerpt4: Sets<TimedScores> | null;
  readonly caveats: readonly string[];
}

/**
 * Runs a detector over each excerpt as the loop would, block by block at the excerpt's own rate, and scores it by the
 * protocol of the DREAMS spindle excerpts. `progress` hears how many of them are done.
 */
export function evaluateSpindles(
  detector: string,
  create: () => Detector,
  excerpts: readonly DreamsExcerpt[],
  progress: (done: number) => void = () => undefined,
): SpindleReport {
  const scored = excerpts.map((excerpt, place) => {
    const run = runDetector(create(), excerpt.signalPath, excerptSeconds);
    progress(place + 1);
    return { excerpt, run, own: compareSets(excerpt, run.events, run.delaySeconds) };
  });
  const bundled = excerpts.flatMap((excerpt) =>
    excerpt.automatic ? [{ excerpt, own: compareSets(excerpt, excerpt.automatic.map(unconfirmed), 0) }] : [],
  );
  const all = scored.map(({ own }) => own);
  const withoutExcerpt4 = scored.filter(({ excerpt }) => excerpt.number !== 4).map(({ own }) => own);
  return {
    detector,
    excerpts: excerpts.map(({ number }) => number),
    delayMs: scored[0] ? scored[0].run.delaySeconds * 1000 : null,
    sets: scoreSets(all),
    perExcerpt: Object.fromEntries(
      scored.map(({ excerpt, run, own }) => [excerpt.number, { rate: run.rate, sets: scoreSets([own]) }]),
    ),
    bundled:
      bundled.length === 0
        ? null
        : {
            sets: scoreSets(bundled.map(({ own }) => own)),
            perExcerpt: Object.fromEntries(
              bundled.map(({ excerpt, own }) => [excerpt.number, { sets: scoreSets([own]) }]),
            ),
            falsePositivesPerMinute: perSet(
              bundled.map(({ own }) => own),
              ({ compensated }) => totalFalsePositives(compensated),
            ),
          },
    onsetLatencyMs: perSet(all, ({ compensated }) => totalLatency(compensated)),
    falsePositivesPerMinute: perSet(all, ({ compensated }) => totalFalsePositives(compensated)),
    withoutExcerpt4:
      withoutExcerpt4.length === 0 || withoutExcerpt4.length === all.length ? null : scoreSets(withoutExcerpt4),
    caveats: caveatsOf(excerpts),
  };
}

interface TimedComparisons<Part> {
  readonly raw: Part;
  readonly compensated: Part;
}

function compareSets(
  excerpt: DreamsExcerpt,
  events: readonly DetectedEvent[],
  delaySeconds: number,
): Sets<TimedComparisons<Comparison>> {
  const at = (set: ReferenceSet | null) =>
    set && {
      raw: compare(set, events, 0, excerpt.hypnogram),
      compensated: compare(set, events, delaySeconds, excerpt.hypnogram),
    };
  const { expert1, expert2 } = excerpt;
  return {
    e1: at(expert1 && { events: expert1, seconds: expert1Seconds }),
    e2: at(expert2 && { events: expert2, seconds: excerptSeconds }),
    union: at(expert1 && expert2 && { events: unionOf(expert1, expert2), seconds: expert1Seconds }),
  };
}

function scoreSets(parts: readonly Sets<TimedComparisons<Comparison>>[]): Sets<TimedScores> {
  return perSet(parts, ({ raw, compensated }) => ({ raw: totalScore(raw), compensated: totalScore(compensated) }));
}

/** Sums over the excerpts that have the set. */
function perSet<Value>(
  parts: readonly Sets<TimedComparisons<Comparison>>[],
  sum: (comparisons: TimedComparisons<readonly Comparison[]>) => Value,
): Sets<Value> {
  const of = (name: SetName): Value | null => {
    const present = parts.flatMap((part) => part[name] ?? []);
    if (present.length === 0) return null;
    return sum({ raw: present.map(({ raw }) => raw), compensated: present.map(({ compensated }) => compensated) });
  };
  return { e1: of('e1'), e2: of('e2'), union: of('union') };
}

function unconfirmed({ onset, end }: TimedEvent): DetectedEvent {
  return { onset, end, confirmed: NaN };
}

/** What a reader of the figures must know, of the excerpts at hand. */
function caveatsOf(excerpts: readonly DreamsExcerpt[]): string[] {
  const caveats: string[] = [];
  const add = (numbers: readonly DreamsExcerpt[], text: string): void => {
    if (numbers.length > 0) caveats.push(`${text} (excerpt ${numbers.map(({ number }) => number).join(', ')}).`);
  };
  add(
    excerpts.filter(({ expert1 }) => expert1),
    `Expert 1 scored only the first ${expert1Seconds} s: E1 and union are judged there, E2 over ${excerptSeconds} s`,
  );
  add(
    excerpts.filter(({ expert2 }) => expert2 && isConstant(expert2)),
    'Expert 2 gave every spindle the same duration: only the onsets carry information',
  );
  add(
    excerpts.filter(({ number }) => number === 4),
    'Most marks of expert 1 lie in epochs scored Wake and look like alpha rhythm: see the totals without it',
  );
  add(
    excerpts.filter(({ expert1 }) => !expert1),
    'No marks of expert 1: not in E1 and union',
  );
  add(
    excerpts.filter(({ expert2 }) => !expert2),
    'No marks of expert 2: not in E2 and union',
  );
  add(
    excerpts.filter(({ number }) => [2, 4, 5, 6].includes(number)),
    'band-power was tuned on these: expect F1 against expert 1 to be lower by 0.05 to 0.1 elsewhere',
  );
  caveats.push(
    'Two experts agree with F1 0.66 on excerpts 2, 4, 5 and 6, and 95 % intervals are about ±0.06: smaller differences mean nothing.',
  );
  return caveats;
}

function isConstant(events: readonly TimedEvent[]): boolean {
  const durations = events.map(({ onset, end }) => end - onset);
  return Math.max(...durations) - Math.min(...durations) < 1e-6;
}
