import { blockCapacity } from '../../loop/build.js';
import { createSampleBlock } from '../../loop/sample-block.js';
import { createStage } from '../../signal/stage-plan.js';
import type { Found } from '../detector-scores.js';
import { matchEvents, within, type TimedEvent } from '../events.js';
import type { Excerpt } from './trace.js';

const seconds = 10;
const kinds = { hit: 'Found', missed: 'Missed', false: 'Not marked' } as const;
type Kind = keyof typeof kinds;

/** A few found, missed and unmarked spindles of a set of marks, spread evenly over the recordings, with their signal. */
export function chooseExamples(found: readonly Found[], set: string, ofEach = 3): Excerpt[] {
  const places = found.flatMap((each) => placesOf(each, set));
  const chosen = (Object.keys(kinds) as Kind[]).flatMap((kind) =>
    evenly(
      places.filter((each) => each.kind === kind),
      ofEach,
    ),
  );
  return found.flatMap((each) =>
    cutOut(
      each,
      set,
      chosen.filter((place) => place.found === each),
    ),
  );
}

interface Place {
  readonly found: Found;
  readonly kind: Kind;
  readonly at: TimedEvent;
}

function placesOf(found: Found, set: string): Place[] {
  const marks = found.recording.sets[set];
  if (!marks) return [];
  const end = Math.min(marks.seconds, found.seconds);
  const references = within(marks.events, 0, end);
  const detections = within(compensated(found), 0, end);
  const matches = matchEvents(references, detections);
  const hits = new Set(matches.map(({ reference }) => reference));
  const used = new Set(matches.map(({ detection }) => detection));
  return [
    ...references.map((at, place): Place => ({ found, kind: hits.has(place) ? 'hit' : 'missed', at })),
    ...detections.flatMap((at, place): Place[] => (used.has(place) ? [] : [{ found, kind: 'false', at }])),
  ];
}

function compensated({ events, delaySeconds }: Found): Found['events'] {
  return events.map((event) => ({ ...event, onset: event.onset - delaySeconds, end: event.end - delaySeconds }));
}

function evenly<Item>(items: readonly Item[], count: number): Item[] {
  const most = Math.min(count, items.length);
  return Array.from({ length: most }, (_, n) => items[Math.floor(((n + 0.5) / most) * items.length)] as Item);
}

/** One pass over the recording's first channel for all that is cut out of it. */
function cutOut(found: Found, set: string, places: readonly Place[]): Excerpt[] {
  if (places.length === 0) return [];
  const { recording, rate } = found;
  const windows = places.map(({ kind, at }) => {
    const start = Math.max(0, (at.onset + at.end) / 2 - seconds / 2);
    const length = Math.ceil(seconds * rate);
    return {
      kind,
      start,
      first: Math.round(start * rate),
      signal: new Float64Array(length),
      sigma: new Float64Array(length),
    };
  });
  const source = recording.open();
  try {
    const { channels } = source.stream;
    const band = createStage({ use: 'bandpass', fromHz: 11, toHz: 16, order: 2, family: 'butterworth', norm: 'phase' });
    band.prepare({ rate, unit: 'uV' });
    const block = createSampleBlock(channels.length, blockCapacity);
    const values = new Float64Array(blockCapacity);
    const sigma = new Float64Array(blockCapacity);
    const last = Math.max(...windows.map(({ first, signal }) => first + signal.length));
    while (block.firstIndex < last && source.read(block) > 0) {
      for (let n = 0; n < block.frames; n++)
        values[n] = (block.counts[n * channels.length] as number) * (channels[0]?.scale ?? NaN);
      band.process(values, block.frames, sigma);
      for (const window of windows) {
        for (let n = 0; n < block.frames; n++) {
          const place = block.firstIndex + n - window.first;
          if (place < 0 || place >= window.signal.length) continue;
          window.signal[place] = values[n] as number;
          window.sigma[place] = sigma[n] as number;
        }
      }
    }
  } finally {
    source.close();
  }
  const marks = recording.sets[set]?.events ?? [];
  return windows.map(({ kind, start, signal, sigma }) => ({
    title: `${kinds[kind]}: recording ${recording.name}, ${start.toFixed(1)} s`,
    start,
    seconds,
    rate,
    signal: centred(signal),
    sigma,
    marks: touching(marks, start),
    detections: touching(compensated(found), start),
  }));
}

function touching<E extends TimedEvent>(events: readonly E[], start: number): E[] {
  return events.filter(({ onset, end }) => end > start && onset < start + seconds);
}

function centred(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
