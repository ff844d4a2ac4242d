import { closeSync, existsSync, fsyncSync, openSync, readFileSync, readSync, readdirSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { BudgetFile, BudgetInUse, budgetPath, readBudget } from '../recorder/budget-file.js';
import { ExportError } from '../recording/export/edf-scale.js';
import { openRecording } from '../recording/read.js';
import { unblindedPath } from './unblind.js';
import { usesPath } from './uses.js';

/** Where else than in recordings and logs of nights the code of a participant stands. */

export interface Traces {
  /** Logs of their runs, as they were called when their names held the code. */
  readonly logs: readonly string[];
  /** Logs of runs and reports of crashes: they tell of others too, so the code alone is taken out. */
  readonly blotted: readonly string[];
  /** The budget of the bed counts nights of theirs by the code. */
  readonly budget: boolean;
}

/** In the state of a bed. Changes nothing; refuses with an `ExportError` while a run counts in the budget. */
export function findTraces(state: string, study: string, participant: string): Traces {
  const lead = `${study}-${participant}-`;
  const isTheirs = (path: string): boolean =>
    basename(path).startsWith(lead) && /^\d+\.log$/.test(basename(path).slice(lead.length));
  const files = filesBelow(state);
  const ofRuns = files.filter((path) => /-run\.log$|^crash-.*\.json$/.test(basename(path)));
  return {
    logs: files.filter(isTheirs),
    blotted: ofRuns.filter((path) => pattern(participant).test(readFileSync(path, 'latin1'))),
    budget: isInBudget(state, study, participant),
  };
}

/** As many bytes as before: a run that writes at the end of it at the same time loses nothing. */
export function blot(path: string, participant: string): void {
  const text = readFileSync(path, 'latin1');
  const descriptor = openSync(path, 'r+');
  try {
    for (const { index } of text.matchAll(pattern(participant)))
      writeSync(descriptor, '-'.repeat(participant.length), index);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What stays because the others need it: the sealed files that these recordings were made by, and what stands beside them. */
export function sealedFiles(recordings: readonly string[]): string[] {
  const paths = recordings.flatMap((path) => configured(path)?.study?.allocation ?? []);
  const files = paths.flatMap((path) => [path, usesPath(path), unblindedPath(path)]);
  return [...new Set(files.map((path) => resolve(path)))].filter((path) => existsSync(path));
}

/** Folders in which the beds of these recordings kept what outlives a run, where they are on this machine. */
export function statesOf(recordings: readonly string[]): string[] {
  const states = recordings.map((path) => resolve(configured(path)?.device?.state ?? join(dirname(path), 'state')));
  return [...new Set(states)].filter((path) => existsSync(path));
}

/**
 * Files whose name or beginning holds the code, or that nobody lets us look into. Other recordings are not looked into:
 * their bytes are mostly signal.
 */
export function filesNaming(participant: string, folders: readonly string[]): string[] {
  const paths = new Set(folders.flatMap(filesBelow).map((path) => resolve(path)));
  return [...paths].sort().filter((path) => {
    const name = basename(path);
    const isRecording = /\.db(-\w+)?$|\.age$/.test(name) && !name.startsWith(basename(budgetPath('')));
    const beginning = isRecording ? '' : beginningOf(path);
    return beginning === undefined || pattern(participant).test(`${name}\n${beginning}`);
  });
}

/** Not where it is a part of a longer word. */
function pattern(participant: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9])${participant.replace(/\W/g, '\\$&')}(?![A-Za-z0-9])`, 'g');
}

/** Where it cannot be read, what it holds is told by `filesNaming`. */
function isInBudget(state: string, study: string, participant: string): boolean {
  const path = budgetPath(state);
  if (!existsSync(path)) return false;
  try {
    // What SQLite has left lying counts too.
    const isInBytes = pattern(participant).test(readFileSync(path, 'latin1'));
    if (!isInBytes && readBudget(state)?.names(study, participant) !== true) return false;
    BudgetFile.open(state, () => false).file.close();
    return true;
  } catch (error) {
    if (!(error instanceof BudgetInUse)) return false;
    throw new ExportError(
      `${path}: a run counts in it, beside nights of ${participant}. Call again when that run has ended.`,
    );
  }
}

function configured(recording: string): z.output<typeof places> | undefined {
  const opened = openRecording(recording);
  try {
    return places.safeParse(parse(opened.run.configuration)).data;
  } finally {
    opened.close();
  }
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
    });
  } catch {
    return []; // there is none, or nobody lets us look
  }
}

function beginningOf(path: string): string | undefined {
  const bytes = Buffer.alloc(mostLooked);
  try {
    const descriptor = openSync(path, 'r');
    try {
      return bytes.toString('latin1', 0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return existsSync(path) ? undefined : '';
  }
}

const places = z.object({
  study: z.object({ allocation: z.string().exactOptional() }).exactOptional(),
  device: z.object({ state: z.string().exactOptional() }).exactOptional(),
});
const mostLooked = 2 ** 20;
