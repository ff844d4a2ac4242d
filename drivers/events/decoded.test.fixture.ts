import type { EventBlock, EventDecoder } from '../../runtime/contracts.js';
import type { TestEvent } from './encoders.test.fixture.js';
import { createEventBlock } from './event-block.js';

/** What a decoder makes of bytes that come in pieces of the lengths that `next` tells. */
export function decoded(
  decoder: EventDecoder,
  bytes: Uint8Array,
  next: () => number = () => bytes.length,
  block: EventBlock = createEventBlock(4096),
): TestEvent[] {
  const events: TestEvent[] = [];
  for (let from = 0; from < bytes.length;) {
    const length = Math.min(bytes.length, from + Math.max(1, next()));
    while (from < length) {
      block.events = 0;
      from = decoder.push(bytes, from, length, block);
      for (let i = 0; i < block.events; i++)
        events.push({
          x: block.x[i] as number,
          y: block.y[i] as number,
          polarity: block.polarity[i] as number,
          timeUs: block.timeUs[i] as number,
        });
    }
  }
  return events;
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => Number.parseInt(byte, 16));
}
