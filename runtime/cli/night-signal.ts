import { openSignalFile } from '../../drivers/file/signal-file.js';
import type { Stretch } from '../../models/spindle/night.js';
import { FrameFlag, type SampleBlock, type StreamInfo } from '../contracts.js';
import { buildLoop } from '../loop/build.js';
import { createRecordList } from '../loop/loop.js';
import type { LoopPlan } from '../loop/plan.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { isSqliteFile } from '../recording/file-kind.js';
import { openRecording } from '../recording/read.js';
import { planOfRecording } from './configuration.js';

/** A recorded night, of axond or of any other recorder. */
export interface RecordedNight {
  readonly stream: StreamInfo;
  /** How axond ran then; undefined for a signal that something else recorded. */
  readonly plan: LoopPlan | undefined;
  blocks(): Iterable<SampleBlock>;
  close(): void;
}

export function openNight(path: string, rate: number | undefined): RecordedNight {
  if (isSqliteFile(path)) {
    const recording = openRecording(path);
    const { run } = recording;
    return {
      stream: run.stream,
      plan: planOfRecording(run),
      *blocks() {
        for (const { block } of recording.cycles()) yield block;
      },
      close: () => recording.close(),
    };
  }
  const file = openSignalFile(path, rate === undefined ? {} : { rate });
  return {
    stream: file.stream,
    plan: undefined,
    *blocks() {
      const block = createSampleBlock(file.stream.channels.length, 256);
      while (file.read(block) > 0) yield block;
    },
    close: () => file.close(),
  };
}

/**
 * One signal of a plan through the night, as a detector of it would have got it: with its stages, cut at every gap. Times
 * in seconds from the first sample, at the rate of the signal.
 */
export async function signalOf(
  night: RecordedNight,
  plan: LoopPlan,
  signal: number,
): Promise<{ rate: number; stretches: Stretch[] }> {
  const { stream } = night;
  const loop = await buildLoop({ signals: plan.signals, detectors: [], trace: signal }, stream);
  const { graph } = loop;
  const rate = graph.signals[signal]?.shape.rate ?? stream.rate;
  const frame = createSampleBlock(stream.channels.length, 1);
  const stretches: { start: number; values: number[] }[] = [];
  let isOpen = false;
  let origin: number | undefined;
  let next = -1;
  for (const block of night.blocks()) {
    for (let place = 0; place < block.frames; place++) {
      const index = block.firstIndex + place;
      origin ??= index;
      // Held values of lost frames, and a jump over a long hole, end a stretch.
      const isGap = ((block.flags[place] as number) & FrameFlag.gap) !== 0;
      if (isGap || index !== next) isOpen = false;
      next = index + 1;
      if (isGap) continue;
      takeFrame(block, place, frame);
      loop.cycle(0, frame, noMessages);
      if (!isOpen) stretches.push({ start: (index - origin) / stream.rate, values: [] });
      isOpen = true;
      const values = stretches.at(-1)?.values;
      for (let n = 0; n < graph.lengthOf(signal); n++) values?.push(graph.valuesOf(signal)[n] as number);
    }
  }
  return { rate, stretches: stretches.map(({ start, values }) => ({ start, values: Float64Array.from(values) })) };
}

function takeFrame(block: SampleBlock, place: number, frame: SampleBlock): void {
  const { channels } = block;
  for (let channel = 0; channel < channels; channel++)
    frame.counts[channel] = block.counts[place * channels + channel] as number;
  frame.flags[0] = block.flags[place] as number;
  frame.firstIndex = block.firstIndex + place;
  frame.frames = 1;
}

const noMessages = createRecordList(0);
