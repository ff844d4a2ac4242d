import type { SampleBlock } from '../contracts.js';

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
