import { DetectionPhase, FrameFlag, type SampleBlock, type StreamDetection } from '../contracts.js';
import { blockCapacity } from '../loop/build.js';
import { createRecordList, type Loop } from '../loop/loop.js';
import type { SignalGraph } from '../loop/signal-graph.js';
import { createSampleBlock } from '../loop/sample-block.js';
import type { DetectedEvent } from './comparison.js';
import type { FrameSource } from './marked-recording.js';

/** A detector's run over a recording. Times in seconds. */
export interface DetectorRun {
  readonly events: readonly DetectedEvent[];
  readonly rate: number;
  /** How much of the recording it saw. */
  readonly seconds: number;
  /** As the detector declares it, with what the stages before it add. */
  readonly delaySeconds: number;
}

/**
 * As a live run does it: block by block through the loop, here one that stimulates nobody. What lies behind `seconds`
 * is not read. `detector` is its place in the loop.
 */
export function runDetector(loop: Loop, detector: number, source: FrameSource, seconds: number): DetectorRun {
  const { rate, channels } = source.stream;
  const block = createSampleBlock(
    channels.length,
    Math.min(blockCapacity, Math.max(1, Math.floor(rate * readSeconds))),
  );
  const events = new Map<number, SampledEvent>();
  const last = createSampleBlock(channels.length, 1);
  const most = Math.ceil(seconds * rate);
  let samples = 0;
  while (samples < most && source.read(block) > 0) {
    block.frames = Math.min(block.frames, most - samples);
    loop.cycle(0, block, noMessages);
    samples += block.frames;
    collect(loop, detector, events);
    keepLast(block, last);
  }
  holdLast(loop, detector, last, Math.ceil(rate), events);
  return {
    events: [...events.values()]
      .filter(({ confirmed }) => confirmed < samples)
      .map(({ onset, end, confirmed, ...rest }) => ({
        onset: onset / rate,
        end: Math.min(end, samples) / rate,
        confirmed: confirmed / rate,
        ...rest,
      })),
    rate,
    seconds: samples / rate,
    delaySeconds: loop.graph.delayFrames(detector) / rate,
  };
}

/**
 * A detector may wait with the report of an end until nothing can move it: one more second, in which the last frame is
 * held, brings out what has ended before. What goes on is cut off at the recording's end.
 */
function holdLast(
  loop: Loop,
  detector: number,
  last: SampleBlock,
  frames: number,
  events: Map<number, SampledEvent>,
): void {
  for (let frame = 0; frame < last.frames * frames; frame++) {
    last.firstIndex++;
    loop.cycle(0, last, noMessages);
    collect(loop, detector, events);
  }
}

/** A lost frame is not held: what goes on behind it is not known. */
function keepLast(block: SampleBlock, last: SampleBlock): void {
  const place = block.frames - 1;
  const { channels } = block;
  last.counts.set(block.counts.subarray(place * channels, block.frames * channels));
  last.firstIndex = block.firstIndex + place;
  last.frames = ((block.flags[place] as number) & FrameFlag.gap) === 0 ? 1 : 0;
}

/** In samples; `end` is infinite until it is reported. */
interface SampledEvent {
  readonly onset: number;
  readonly confirmed: number;
  readonly score: number;
  readonly asleep: boolean | null;
  end: number;
}

function collect({ graph }: Loop, detector: number, events: Map<number, SampledEvent>): void {
  for (let place = 0; place < graph.detectionCount; place++) {
    const found = graph.detections[place] as StreamDetection;
    if (found.detector !== detector) continue;
    const { phase, onset, confirmed, end, score } = found;
    const event = events.get(onset);
    if (phase === DetectionPhase.confirmed)
      events.set(onset, { onset, confirmed, score, asleep: judgedAsleep(graph), end: Infinity });
    else if (event) event.end = end;
  }
}

/** By the sleep gate of the loop, if it has one, now. */
function judgedAsleep({ estimates }: SignalGraph): boolean | null {
  const sleep = estimates.flat().find(({ name }) => name === 'sleep');
  return sleep ? sleep.state === 'clear' : null;
}

/** As an amplifier delivers: what is judged beside a detection is of the same moment. */
const readSeconds = 0.05;
const noMessages = createRecordList(0);
