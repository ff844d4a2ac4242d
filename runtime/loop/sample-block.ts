import { FrameFlag, type SampleBlock } from '../contracts.js';

export function createSampleBlock(channels: number, capacity: number): SampleBlock {
  return {
    channels,
    capacity,
    counts: new Int32Array(capacity * channels),
    counters: new Int32Array(capacity),
    flags: new Uint8Array(capacity),
    frames: 0,
    firstIndex: 0,
    arrivalUs: 0,
  };
}

/** Frames that the device has sent: those that fill a gap have no counter of it. */
export function sentFrames({ frames, flags, counters }: SampleBlock): number {
  let sent = 0;
  for (let frame = 0; frame < frames; frame++) {
    if (((flags[frame] as number) & FrameFlag.gap) === 0 || (counters[frame] as number) >= 0) sent++;
  }
  return sent;
}
