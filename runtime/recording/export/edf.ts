import type { SampleBlock } from '../../contracts.js';
import { annotationList, placeLists, timeKeeping } from './edf-annotations.js';
import { edfFormats, edfHeader, type EdfFormat } from './edf-header.js';
import { chooseScale, inEightCharacters, type ChannelScale } from './edf-scale.js';
import { FrameWalk } from './frame-walk.js';
import type { Exported } from './exported.js';
import { framesSpanned, type Stretch } from './survey.js';

/** All bytes of an EDF+ or BDF+ file but those that frames decide. */
export interface EdfPlan {
  readonly format: EdfFormat;
  readonly header: Uint8Array;
  readonly scales: readonly ChannelScale[];
  readonly framesPerRecord: number;
  /** Sample index of the first frame of each record. */
  readonly starts: readonly number[];
  /** By record. */
  readonly annotations: readonly Uint8Array[];
  readonly discontinuous: boolean;
}

/**
 * Records follow the frames: where the recording jumps beyond the end of a record, the next one begins with the first
 * frame behind the hole (`EDF+D`), or, of a `continuous` file, is held through. Frames that fill up a record hold the
 * last values; gaps and the end are marked. Throws an `ExportError` where the format cannot say a channel.
 */
export function planEdf({ run, id, survey, marks, start }: Exported, format: EdfFormat, continuous: boolean): EdfPlan {
  const { stream, study } = run;
  const { bits, bytes } = edfFormats[format];
  const shape = recordShape(stream.rate, bytes * stream.channels.length);
  const starts = recordStarts(continuous ? [spanOf(survey)] : survey.stretches, shape.frames);
  const discontinuous = starts.some(
    (first, place) => place > 0 && first !== (starts[place - 1] as number) + shape.frames,
  );
  const scales = stream.channels.map((channel, place) =>
    chooseScale(channel, survey.lowest[place] as number, survey.highest[place] as number, bits),
  );
  const origin = starts[0] as number;
  const seconds = (index: number): number => (index - origin) / stream.rate;
  const lists = marks.map((mark) => ({
    onset: mark.onset,
    bytes: annotationList(seconds(mark.onset), mark.seconds, mark.text),
  }));
  const annotations = placeLists(
    starts.map((first) => ({ first, time: timeKeeping(seconds(first)) })),
    lists,
    bytes,
  );
  const header = edfHeader({
    format,
    discontinuous,
    participant: study?.participant ?? '',
    id,
    equipment: `axond_${run.axond}_${stream.device}`,
    start: start.civil,
    records: starts.length,
    recordSeconds: shape.seconds,
    framesPerRecord: shape.frames,
    annotationBytes: (annotations[0] as Uint8Array).length,
    channels: stream.channels.map(({ name, unit }, place) => ({ name, unit, scale: scales[place] as ChannelScale })),
  });
  return { format, header, scales, framesPerRecord: shape.frames, starts, annotations, discontinuous };
}

function spanOf({ stretches }: { readonly stretches: readonly Stretch[] }): Stretch {
  const first = (stretches[0] as Stretch).first;
  return { first, end: first + framesSpanned({ stretches }) };
}

/** The file, record by record; each part is reused for the next. */
export function* edfBytes(
  { format, header, scales, framesPerRecord, starts, annotations }: EdfPlan,
  blocks: Iterable<SampleBlock>,
): Generator<Uint8Array> {
  yield header;
  const { bytes } = edfFormats[format];
  const channels = scales.length;
  const samples = framesPerRecord * channels * bytes;
  const record = new Uint8Array(samples + (annotations[0] as Uint8Array).length);
  const frames = new FrameWalk(blocks, channels);
  for (let place = 0; place < starts.length; place++) {
    const first = starts[place] as number;
    for (let frame = 0; frame < framesPerRecord; frame++) {
      const counts = frames.at(first + frame);
      for (let channel = 0; channel < channels; channel++) {
        const { countsPerStep, shift } = scales[channel] as ChannelScale;
        const digital = Math.round((counts[channel] as number) / countsPerStep) - shift;
        const at = (channel * framesPerRecord + frame) * bytes;
        record[at] = digital;
        record[at + 1] = digital >> 8;
        if (bytes === 3) record[at + 2] = digital >> 16;
      }
    }
    record.set(annotations[place] as Uint8Array, samples);
    yield record;
  }
}

/** Frames and seconds of a record: a second where that is whole frames and of a size that all readers take. */
export function recordShape(rate: number, bytesPerFrame: number): { frames: number; seconds: string } {
  for (const seconds of [1, 0.5, 0.25, 0.2, 0.1, 0.05, 0.02, 0.01, 2, 3, 4, 5, 10, 20]) {
    const frames = rate * seconds;
    if (Number.isInteger(frames) && frames * bytesPerFrame <= mostRecordBytes)
      return { frames, seconds: String(seconds) };
  }
  const frames = Math.max(1, Math.min(Math.round(rate), Math.floor(mostRecordBytes / bytesPerFrame)));
  return { frames, seconds: inEightCharacters(frames / rate) ?? '1' };
}

function recordStarts(stretches: readonly Stretch[], frames: number): number[] {
  const starts: number[] = [];
  let next = -Infinity;
  for (const { first, end } of stretches) {
    // What begins within the record before is in it.
    for (next = Math.max(first, next); next < end; next += frames) starts.push(next);
  }
  return starts;
}

/** As the format recommends. */
const mostRecordBytes = 61440;
