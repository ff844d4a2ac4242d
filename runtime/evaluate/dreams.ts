import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSignalFile } from '../../drivers/file/signal-file.js';
import { unionOf, type TimedEvent } from './events.js';
import type { Hypnogram, Stage } from './hypnogram.js';
import { MarksError, type MarkedFolder } from './marked-recording.js';

/** One half hour of the DREAMS sleep spindle database with the marks that stand beside it; null where a file is absent. */
export interface DreamsExcerpt {
  readonly number: number;
  /** One number a line, plain or gzipped. */
  readonly signalPath: string;
  readonly expert1: readonly TimedEvent[] | null;
  readonly expert2: readonly TimedEvent[] | null;
  /** What the database's own detector found, offline. */
  readonly automatic: readonly TimedEvent[] | null;
  /** Stage of each 5 s, by the database's numbers; see `stageOf`. */
  readonly hypnogram: readonly number[] | null;
}

export const excerptSeconds = 1800;
/** The first expert went no further: later detections are neither right nor wrong. */
export const expert1Seconds = 1000;
export const epochSeconds = 5;

/** Rechtschaffen and Kales stages as the database numbers them; movement and unknown are `other`. */
export function stageOf(value: number | undefined): Stage {
  return (['S4', 'S3', 'S2', 'S1', 'REM', 'W'] as const)[value ?? NaN] ?? 'other';
}

/** The excerpts of a folder, whichever are there, in the order of their numbers. Throws a `MarksError`. */
export function readDreams(folder: string): DreamsExcerpt[] {
  const excerpts = new Map<number, DreamsExcerpt>();
  for (const name of list(folder)) {
    const number = Number(/^excerpt(\d+)\.txt(?:\.gz)?$/i.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(number) || excerpts.has(number)) continue;
    const labels = (kind: string) => readLabels(join(folder, `${kind}_excerpt${number}.txt`), 2)?.map(toEvent) ?? null;
    excerpts.set(number, {
      number,
      signalPath: join(folder, name),
      expert1: labels('Visual_scoring1'),
      expert2: labels('Visual_scoring2'),
      automatic: labels('Automatic_detection'),
      hypnogram: readLabels(join(folder, `Hypnogram_excerpt${number}.txt`), 1)?.map(([stage = NaN]) => stage) ?? null,
    });
  }
  if (excerpts.size === 0) {
    throw new MarksError(
      `${folder}: holds no excerptN.txt or excerptN.txt.gz. Give the folder of the DREAMS spindles.`,
    );
  }
  return [...excerpts.values()].sort((a, b) => a.number - b.number);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw new MarksError(`${folder}: cannot be read (${codeOf(error)}). Give the folder of the DREAMS spindles.`);
  }
}

/** Whose marks count as true: expert 1, expert 2, or what either of them marked. */
export const dreamsSets = {
  union: `either, first ${expert1Seconds} s`,
  e1: `expert 1, first ${expert1Seconds} s`,
  e2: `expert 2, ${excerptSeconds} s`,
} as const;

/** The excerpts as what can be scored: marks of expert 1 and of both together as far as expert 1 went. */
export function markDreams(excerpts: readonly DreamsExcerpt[]): MarkedFolder {
  return {
    kind: 'dreams',
    sets: dreamsSets,
    recordings: excerpts.map(({ number, signalPath, expert1, expert2, automatic, hypnogram }) => ({
      name: String(number),
      open: () => openSignalFile(signalPath),
      seconds: excerptSeconds,
      sets: {
        ...(expert1 && { e1: { events: expert1, seconds: expert1Seconds } }),
        ...(expert2 && { e2: { events: expert2, seconds: excerptSeconds } }),
        ...(expert1 && expert2 && { union: { events: unionOf(expert1, expert2), seconds: expert1Seconds } }),
      },
      bundled: automatic,
      hypnogram: hypnogram && stagesOf(hypnogram),
    })),
    doubtful: ['4'],
    separately: [],
    caveats: caveatsOf(excerpts),
  };
}

function stagesOf(values: readonly number[]): Hypnogram {
  return { epochSeconds, stages: values.map(stageOf) };
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

/** Lines of `columns` numbers below an optional header in brackets; null if there is no such file. */
function readLabels(path: string, columns: number): number[][] | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new MarksError(`${path}: cannot be read (${codeOf(error)}). Make it readable, or remove it.`);
  }
  return text.split(/\r?\n/).flatMap((line, place) => {
    const words = line.trim().split(/\s+/);
    if (line.trim() === '' || line.trimStart().startsWith('[')) return [];
    const numbers = words.map(Number);
    if (numbers.length === columns && numbers.every(Number.isFinite)) return [numbers];
    const wanted = columns === 1 ? 'one number' : 'an onset and a duration in seconds';
    throw new MarksError(`${path}:${place + 1}: ${JSON.stringify(line.trim())} is not ${wanted}. Correct the line.`);
  });
}

function toEvent([onset = NaN, duration = NaN]: number[]): TimedEvent {
  return { onset, end: onset + duration };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
