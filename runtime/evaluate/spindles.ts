import type { StreamInfo } from '../contracts.js';
import type { Loop } from '../loop/loop.js';
import { meanOf, spreadOf } from './average.js';
import type { DetectedEvent } from './comparison.js';
import { runDetector } from './detector-run.js';
import { ScoredDetector, type DetectorScores, type Found, type Lead, type Sets } from './detector-scores.js';
import type { TimedEvent } from './events.js';
import type { MarkedFolder, MarkedRecording } from './marked-recording.js';

/** What is scored: builds a loop afresh for each recording, in which the detector stands at `detector`. */
export interface Candidate {
  readonly name: string;
  build(stream: StreamInfo, recording: MarkedRecording): Promise<{ readonly loop: Loop; readonly detector: number }>;
}

/** A detector with the others beside it, all scored in the same call by the same protocol. */
export interface SpindleReport extends DetectorScores {
  readonly detector: string;
  readonly data: MarkedFolder['kind'];
  readonly excerpts: readonly (number | string)[];
  readonly delayMs: number | null;
  /** The detection that comes with the data; it is offline and declares no delay. Null where there is none. */
  readonly bundled: DetectorScores | null;
  readonly baselines: Readonly<Record<string, DetectorScores>>;
  /** F1 of compensated timing less that of the bundled detection and of each baseline. */
  readonly leads: Readonly<Record<string, { readonly sets: Sets<Lead>; readonly withoutExcerpt4: Sets<Lead> | null }>>;
  /** Standard deviations over the runs that the figures are means of; null for a single run. */
  readonly spread: Pick<
    DetectorScores,
    'sets' | 'withoutExcerpt4' | 'onsetLatencyMs' | 'detectionsPerMinute' | 'gatedPerMinute'
  > | null;
  readonly runs: number;
  readonly caveats: readonly string[];
}

export interface Evaluation {
  readonly report: SpindleReport;
  /** Each run of the detector, and those beside it by name: for pictures. */
  readonly runs: readonly ScoredDetector[];
  readonly beside: Readonly<Record<string, ScoredDetector>>;
}

/**
 * Runs detectors over each recording as the loop would and scores them by the protocol of the DREAMS spindle excerpts.
 * `runs` are the same detector with other seeds; their figures are averaged. `progress` hears of each recording done.
 */
export async function evaluateSpindles(
  folder: MarkedFolder,
  runs: readonly [Candidate, ...Candidate[]],
  baselines: readonly Candidate[],
  progress: (done: number, total: number) => void = () => undefined,
): Promise<Evaluation> {
  const recordings = [...folder.recordings, ...folder.separately];
  const total = (runs.length + baselines.length) * recordings.length;
  let done = 0;
  const score = async (candidate: Candidate): Promise<Scored> => {
    const found: Found[] = [];
    for (const recording of recordings) {
      found.push(await runOver(candidate, recording));
      progress(++done, total);
    }
    const of = (names: readonly MarkedRecording[]) =>
      new ScoredDetector(
        folder,
        found.filter((each) => names.includes(each.recording)),
      );
    const pooled = of(folder.recordings);
    return { pooled, scores: withSeparate(pooled, of(folder.separately)) };
  };
  const [first, ...rest] = runs;
  const scored: [Scored, ...Scored[]] = [await score(first)];
  for (const run of rest) scored.push(await score(run));
  const beside: Record<string, Scored> = {};
  const bundled = folder.recordings.flatMap((recording) => bundledOf(recording, scored[0].pooled));
  if (bundled.length > 0) {
    const pooled = new ScoredDetector(folder, bundled);
    beside['bundled'] = { pooled, scores: pooled.scores() };
  }
  for (const baseline of baselines) beside[baseline.name] = await score(baseline);
  const { bundled: database, ...others } = beside;
  const all = scored.map(({ scores }) => scores) as [DetectorScores, ...DetectorScores[]];
  return {
    runs: scored.map(({ pooled }) => pooled),
    beside: Object.fromEntries(Object.entries(beside).map(([name, { pooled }]) => [name, pooled])),
    report: {
      detector: first.name,
      data: folder.kind,
      excerpts: folder.recordings.map(({ name }) => (/^\d+$/.test(name) ? Number(name) : name)),
      delayMs: delayOf(scored[0].pooled),
      ...meanOf(all),
      bundled: database?.scores ?? null,
      baselines: Object.fromEntries(Object.entries(others).map(([name, { scores }]) => [name, scores])),
      leads: Object.fromEntries(
        Object.entries(beside).map(([name, { pooled }]) => [name, leadsOf(scored, pooled)] as const),
      ),
      runs: runs.length,
      spread: runs.length === 1 ? null : spreadOf(all),
      caveats: folder.caveats,
    },
  };
}

interface Scored {
  readonly pooled: ScoredDetector;
  readonly scores: DetectorScores;
}

async function runOver(candidate: Candidate, recording: MarkedRecording): Promise<Found> {
  const source = recording.open();
  try {
    const { loop, detector } = await candidate.build(source.stream, recording);
    return { recording, ...runDetector(loop, detector, source, recording.seconds) };
  } finally {
    source.close();
  }
}

/** Recordings that are cut in another way appear beside the others, outside the totals. */
function withSeparate(pooled: ScoredDetector, separate: ScoredDetector): DetectorScores {
  const scores = pooled.scores();
  if (separate.found.length === 0) return scores;
  const { sets, perExcerpt } = separate.scores();
  return { ...scores, separately: sets, perExcerpt: { ...scores.perExcerpt, ...perExcerpt } };
}

function bundledOf(recording: MarkedRecording, { found }: ScoredDetector): Found[] {
  const ran = found.find((each) => each.recording === recording);
  if (!recording.bundled || !ran) return [];
  return [{ ...ran, events: recording.bundled.map(unconfirmed), delaySeconds: 0 }];
}

function unconfirmed({ onset, end }: TimedEvent): DetectedEvent {
  return { onset, end, confirmed: NaN, score: NaN, asleep: null };
}

function delayOf({ found: [first] }: ScoredDetector): number | null {
  return first ? first.delaySeconds * 1000 : null;
}

function leadsOf(runs: readonly [Scored, ...Scored[]], other: ScoredDetector): SpindleReport['leads'][string] {
  const [first, ...rest] = runs.map(({ pooled, scores }) => ({
    sets: pooled.lead(other, false),
    withoutExcerpt4: scores.withoutExcerpt4 && pooled.lead(other, true),
  }));
  return first ? meanOf([first, ...rest]) : { sets: {}, withoutExcerpt4: null };
}
