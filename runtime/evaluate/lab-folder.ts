import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSignalFile } from '../../drivers/file/signal-file.js';
import type { TimedEvent } from './events.js';
import type { Hypnogram, Stage } from './hypnogram.js';
import { MarksError, type MarkedFolder, type MarkedRecording } from './marked-recording.js';

/**
 * A folder of one's own: each signal `NAME.edf` or `NAME.txt` (any format that axond replays, plain or with `.gz`) with
 * its marks `NAME.csv`, a line `onset,duration` in seconds from the first sample each; a header and further columns
 * are skipped. `NAME.stages.txt`, if there, has a stage (W, N1, N2, N3, S1 … S4, R) for each 30 s, one a line.
 */
export function readLabFolder(folder: string, names: readonly string[], rate: number | undefined): MarkedFolder {
  const recordings = names.flatMap((file): MarkedRecording[] => {
    const name = /^(.+)\.(?:edf|txt)(?:\.gz)?$/i.exec(file)?.[1];
    if (name === undefined || !names.includes(`${name}.csv`)) return [];
    return [
      {
        name,
        open: () => openSignalFile(join(folder, file), rate === undefined ? {} : { rate }),
        seconds: Infinity,
        sets: { marks: { events: readMarks(join(folder, `${name}.csv`)), seconds: Infinity } },
        bundled: null,
        hypnogram: readStages(join(folder, `${name}.stages.txt`)),
      },
    ];
  });
  if (recordings.length === 0)
    throw new MarksError(
      `${folder}: holds neither excerptN.txt of DREAMS, nor the files of SPINKY, nor a signal NAME.edf or NAME.txt with its marks NAME.csv. Give a folder of one of these.`,
    );
  return { kind: 'marked', sets: { marks: 'marks' }, recordings, doubtful: [], separately: [], caveats: [] };
}

/** Onsets and durations as events, in the order of their onsets. Throws a `MarksError` that names the line. */
export function readMarks(path: string): TimedEvent[] {
  const events = readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .flatMap((line, place) => {
      const text = line.trim();
      if (text === '' || (place === 0 && /[a-z]/i.test(text))) return [];
      const [onset = NaN, duration = NaN] = text.split(/\s*[,;\t]\s*|\s+/).map(Number);
      if (onset >= 0 && duration > 0 && onset + duration < Infinity) return [{ onset, end: onset + duration }];
      throw new MarksError(
        `${path}:${place + 1}: ${JSON.stringify(text.slice(0, 60))} is not onset,duration in seconds. Correct the line.`,
      );
    });
  return events.sort((a, b) => a.onset - b.onset);
}

const stageNames: Readonly<Record<string, Stage>> = {
  W: 'W',
  WAKE: 'W',
  N1: 'S1',
  S1: 'S1',
  N2: 'S2',
  S2: 'S2',
  N3: 'S3',
  S3: 'S3',
  S4: 'S4',
  R: 'REM',
  REM: 'REM',
};

function readStages(path: string): Hypnogram | null {
  if (!existsSync(path)) return null;
  const lines = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  return { epochSeconds: 30, stages: lines.map((line) => stageNames[line.trim().toUpperCase()] ?? 'other') };
}
