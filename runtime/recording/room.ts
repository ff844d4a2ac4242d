import type { RunDescription } from '../contracts.js';

/** How much room on the disk a recording asks for. */

/** Uncompressed counts, pixels and cycle times, at one frame a cycle: more than any signal was seen to need. */
export function mostBytesPerSecond({ stream, pictures }: Pick<RunDescription, 'stream' | 'pictures'>): number {
  const { rate, channels } = stream;
  const { width, height } = pictures ?? { width: 0, height: 0 };
  return rate * (channels.length * 4 + 16 + width * height);
}

/** Below this a recording is ended while that is still easy; the ballast is for those who fill the disk faster. */
export const leastFreeBytes = 16 * 1024 * 1024;
/** Nothing is stimulated that the rest of a night could not be recorded with. */
export const wantedSeconds = 4 * 3600;
/** Held once, it takes so much more room to be clear: a disk at the bound would switch with every commit. */
export const clearAgain = 1.25;

/** For a recording that begins where one has ended for want of space: less would fill the disk with beginnings. */
export function roomToBegin(bytesPerSecond: number): number {
  return 2 * leastFreeBytes + 600 * bytesPerSecond;
}
