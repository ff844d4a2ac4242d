import type { PlaceLoop } from '../place/place-loop.js';
import type { Recording } from '../recording/read.js';
import { compareCycles, type Difference } from './recording.js';

/** Runs the place loop again over a recording's own pictures, times and messages; compares every event bit for bit. */
export function replayPlaces(
  recording: Recording,
  loop: PlaceLoop,
  onProgress?: (cycle: number) => void,
): { frames: number; realtimeFactor: number; differences: Difference[] } {
  const pictures = recording.pictures();
  const replayed = {
    get cycleNumber(): number {
      return loop.cycleNumber;
    },
    events: loop.events,
    cycle: (nowUs: number, { frames }: { frames: number }, messages: Parameters<PlaceLoop['cycle']>[2]): void => {
      const next = frames > 0 ? pictures.next() : undefined;
      loop.cycle(nowUs, next?.done === false ? next.value : undefined, messages);
    },
  };
  const started = performance.now();
  const differences: Difference[] = [];
  compareCycles(recording, replayed, differences, onProgress === undefined ? {} : { onProgress });
  const seconds = (performance.now() - started) / 1000;
  const drivenSeconds = (recording.lastUs() - recording.run.startUs) / 1e6;
  const before = recording.run.continues?.index ?? -1;
  return { frames: loop.lastIndex - before, realtimeFactor: drivenSeconds / seconds, differences };
}
