import { openSignalFile } from '../../drivers/file/signal-file.js';
import { DetectionPhase, type DetectionList, type Detector } from '../contracts.js';
import { createDetectionList } from '../detect/detection-list.js';
import { createSampleBlock } from '../loop/sample-block.js';
import type { DetectedEvent } from './comparison.js';

/** A detector's run over the first channel of a recording. Times in seconds. */
export interface DetectorRun {
  readonly events: readonly DetectedEvent[];
  readonly rate: number;
  /** As the detector declares it. */
  readonly delaySeconds: number;
}

/** As the loop runs it: block by block, at the recording's own rate. What lies behind `seconds` is not read. */
export function runDetector(detector: Detector, path: string, seconds: number): DetectorRun {
  const file = openSignalFile(path);
  try {
    const { rate, channels } = file.stream;
    const { unit = '', scale = NaN } = channels[0] ?? {};
    detector.prepare({ rate, unit });
    const block = createSampleBlock(channels.length, blockFrames);
    const values = new Float64Array(blockFrames);
    const found = createDetectionList(2 * blockFrames);
    const events = new Map<number, SampledEvent>();
    let samples = 0;
    let last = 0;
    while (samples < seconds * rate && file.read(block) > 0) {
      const length = Math.min(block.frames, Math.ceil(seconds * rate) - samples);
      for (let i = 0; i < length; i++) values[i] = (block.counts[i * channels.length] as number) * scale;
      found.length = 0;
      detector.process(values, length, samples, found);
      samples += length;
      last = values[length - 1] as number;
      collect(found, events);
    }
    holdLastValue(detector, last, samples, rate, events);
    return {
      events: [...events.values()]
        .filter(({ confirmed }) => confirmed < samples)
        .map(({ onset, end, confirmed }) => ({
          onset: onset / rate,
          end: Math.min(end, samples) / rate,
          confirmed: confirmed / rate,
        })),
      rate,
      delaySeconds: detector.delaySamples / rate,
    };
  } finally {
    file.close();
  }
}

/**
 * A detector may wait with the report of an end until nothing can move it: one more second, in which the last value is
 * held, brings out what has ended before. What goes on is cut off at the recording's end.
 */
function holdLastValue(
  detector: Detector,
  value: number,
  samples: number,
  rate: number,
  events: Map<number, SampledEvent>,
): void {
  const held = new Float64Array(Math.ceil(rate)).fill(value);
  const found = createDetectionList(2 * held.length);
  detector.process(held, held.length, samples, found);
  collect(found, events);
}

/** In samples; `end` is infinite until it is reported. */
interface SampledEvent {
  readonly onset: number;
  readonly confirmed: number;
  end: number;
}

function collect(found: DetectionList, events: Map<number, SampledEvent>): void {
  for (const { phase, onset, confirmed, end } of found.items.slice(0, found.length)) {
    const event = events.get(onset);
    if (phase === DetectionPhase.confirmed) events.set(onset, { onset, confirmed, end: Infinity });
    else if (event) event.end = end;
  }
}

/** As long as a read of the loop may be; any other length gives the same events. */
const blockFrames = 256;
