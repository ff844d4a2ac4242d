import type { EventBlock } from '../../runtime/contracts.js';

/** The longest word of any format, EVT 2.1, holds this many events: a decoder writes a word as a whole or not yet. */
export const leastCapacity = 32;

export function createEventBlock(capacity: number): EventBlock {
  if (!(capacity >= leastCapacity)) throw new RangeError(`a block of ${capacity} events: ${leastCapacity} at least`);
  return {
    capacity,
    x: new Uint16Array(capacity),
    y: new Uint16Array(capacity),
    polarity: new Uint8Array(capacity),
    timeUs: new Float64Array(capacity),
    events: 0,
  };
}
