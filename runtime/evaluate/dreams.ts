import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TimedEvent } from './events.js';

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

/** What is wrong with a folder or a label file: names it, and what to do. */
export class DreamsError extends Error {
  override readonly name = 'DreamsError';
}

export const excerptSeconds = 1800;
/** The first expert went no further: later detections are neither right nor wrong. */
export const expert1Seconds = 1000;
export const epochSeconds = 5;

export const stages = ['W', 'S1', 'S2', 'S3', 'S4', 'REM', 'other'] as const;
export type Stage = (typeof stages)[number];

/** Rechtschaffen and Kales stages as the database numbers them; movement and unknown are `other`. */
export function stageOf(value: number | undefined): Stage {
  return (['S4', 'S3', 'S2', 'S1', 'REM', 'W'] as const)[value ?? NaN] ?? 'other';
}

/** The excerpts of a folder, whichever are there, in the order of their numbers. Throws a `DreamsError`. */
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
    throw new DreamsError(
      `${folder}: holds no excerptN.txt or excerptN.txt.gz. Give the folder of the DREAMS spindles.`,
    );
  }
  return [...excerpts.values()].sort((a, b) => a.number - b.number);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw new DreamsError(`${folder}: cannot be read (${codeOf(error)}). Give the folder of the DREAMS spindles.`);
  }
}

/** Lines of `columns` numbers below an optional header in brackets; null if there is no such file. */
function readLabels(path: string, columns: number): number[][] | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new DreamsError(`${path}: cannot be read (${codeOf(error)}). Make it readable, or remove it.`);
  }
  return text.split(/\r?\n/).flatMap((line, place) => {
    const words = line.trim().split(/\s+/);
    if (line.trim() === '' || line.trimStart().startsWith('[')) return [];
    const numbers = words.map(Number);
    if (numbers.length === columns && numbers.every(Number.isFinite)) return [numbers];
    const wanted = columns === 1 ? 'one number' : 'an onset and a duration in seconds';
    throw new DreamsError(`${path}:${place + 1}: ${JSON.stringify(line.trim())} is not ${wanted}. Correct the line.`);
  });
}

function toEvent([onset = NaN, duration = NaN]: number[]): TimedEvent {
  return { onset, end: onset + duration };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
