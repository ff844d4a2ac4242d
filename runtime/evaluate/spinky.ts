import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { SampleBlock } from '../contracts.js';
import type { TimedEvent } from './events.js';
import { MarksError, type FrameSource, type MarkedFolder, type MarkedRecording } from './marked-recording.js';

const rate = 1000;
const epochSeconds = 30;
const parts = [
  { name: 'training', signal: 'training_1000Hz.i16le.gz', marks: 'Spindles_visual_score_training_data.txt' },
  { name: 'test', signal: 'test_1000Hz.i16le.gz', marks: 'Spindles_visual_score_test_data.txt' },
] as const;

export function isSpinky(folder: string): boolean {
  return parts.every(({ signal }) => existsSync(join(folder, signal)));
}

/**
 * The demonstration data of SPINKY: one channel at 1000 Hz in tenths of a microvolt, 20 and 5 minutes, one scorer. The
 * totals are of both as one stream, in which trackers need to settle only once; each alone stands beside.
 */
export function readSpinky(folder: string): MarkedFolder {
  const alone = parts.map(({ name, signal, marks }) => {
    const bytes = gunzipSync(readFileSync(join(folder, signal)));
    const counts = Int16Array.from({ length: bytes.length >> 1 }, (_, place) => bytes.readInt16LE(2 * place));
    return { name, counts, events: readMarks(join(folder, marks)) };
  });
  const joined = Int16Array.from(alone.flatMap(({ counts }) => [...counts]));
  let start = 0;
  const events = alone.flatMap(({ counts, events }) => {
    const shift = start;
    start += counts.length / rate;
    return events.map(({ onset, end }) => ({ onset: onset + shift, end: end + shift }));
  });
  return {
    kind: 'spinky',
    sets: { marks: 'one scorer' },
    recordings: [recording('joined', joined, events)],
    doubtful: [],
    separately: alone.map(({ name, counts, events }) => recording(name, counts, events)),
    caveats: ['Totals are of the two recordings as one stream; each alone stands below.'],
  };
}

function recording(name: string, counts: Int16Array, events: readonly TimedEvent[]): MarkedRecording {
  const seconds = counts.length / rate;
  return {
    name,
    open: () => sourceOf(counts),
    seconds,
    sets: { marks: { events, seconds } },
    bundled: null,
    hypnogram: null,
  };
}

function sourceOf(counts: Int16Array): FrameSource {
  let next = 0;
  return {
    stream: {
      device: 'file',
      channels: [{ name: 'eeg', unit: 'uV', scale: 0.1, railCounts: 32767 }],
      rate,
      delayUs: 0,
    },
    read(block: SampleBlock): number {
      const frames = Math.min(block.capacity, counts.length - next);
      block.counts.set(counts.subarray(next, next + frames));
      block.flags.fill(0);
      block.counters.fill(-1);
      block.frames = frames;
      block.firstIndex = next;
      next += frames;
      return frames;
    },
    close: () => undefined,
  };
}

/** Lines of epoch from 1, start and end in seconds of the epoch. */
function readMarks(path: string): TimedEvent[] {
  if (!existsSync(path)) throw new MarksError(`${path}: is not there. Add the file of marks of SPINKY.`);
  return readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .flatMap((line, place) => {
      if (line.trim() === '') return [];
      const [epoch = NaN, start = NaN, end = NaN] = line.trim().split(/\s+/).map(Number);
      if (epoch >= 1 && end > start) {
        const shift = (epoch - 1) * epochSeconds;
        return [{ onset: shift + start, end: shift + end }];
      }
      throw new MarksError(
        `${path}:${place + 1}: ${JSON.stringify(line.trim())} is not an epoch with start and end. Correct the line.`,
      );
    });
}
