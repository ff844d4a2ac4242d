import { open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { EventBlock, EventCounts } from '../../runtime/contracts.js';
import { createEventBlock } from './event-block.js';
import { createEventDecoder, eventFormats, formatOf, type EventFormat, type EventFormatOptions } from './formats.js';

export interface EventFileOptions extends EventFormatOptions {
  /** Where its first bytes do not tell: a stream that was kept without its header. */
  readonly format?: EventFormat;
  /** `recorded`: events come no earlier than they did then. `most`: as fast as they can be read. */
  readonly pace: 'recorded' | 'most';
}

export interface EventFileState {
  readonly format: EventFormat;
  readonly width: number;
  readonly height: number;
  readonly counts: EventCounts;
}

/**
 * The events of a file, block by block; a block is valid until the next is asked for. Throws one line that names the
 * file where it cannot be read, or no further: what came before has been delivered. The last value is what was counted.
 */
export async function* eventsOfFile(
  path: string,
  options: EventFileOptions,
): AsyncGenerator<EventBlock, EventFileState, void> {
  const file = await open(path).catch((error: unknown) => {
    throw new Error(`${path}: cannot be opened (${error instanceof Error ? error.message : String(error)}).`);
  });
  try {
    const bytes = new Uint8Array(chunkBytes);
    let length = (await file.read(bytes, 0, chunkBytes)).bytesRead;
    if (length === 0) throw new Error(`${path}: is empty.`);
    const format = options.format ?? formatOf(bytes.subarray(0, length));
    if (!format) throw new Error(`${path}: its first bytes tell no format. Give it: ${eventFormats.join(', ')}.`);
    const decoder = createEventDecoder(format, options);
    const block = createEventBlock(blockEvents);
    const pace = new Pace();
    for (; length > 0; length = (await file.read(bytes, 0, chunkBytes)).bytesRead) {
      for (let at = 0; at < length;) {
        block.events = 0;
        at = decoder.push(bytes, at, length, block);
        if (decoder.failure !== '') {
          if (block.events > 0) yield block;
          throw new Error(`${path}: ${decoder.failure}`);
        }
        if (block.events === 0) continue;
        if (options.pace === 'recorded') await pace.waitFor(block.timeUs[0] as number);
        yield block;
      }
    }
    return { format, width: decoder.width, height: decoder.height, counts: decoder.counts };
  } finally {
    await file.close();
  }
}

/** The sensor's clock against this machine's, from the first event on. */
class Pace {
  #offsetMs = NaN;

  async waitFor(timeUs: number): Promise<void> {
    const nowMs = performance.now();
    if (Number.isNaN(this.#offsetMs)) this.#offsetMs = nowMs - timeUs / 1000;
    const leftMs = timeUs / 1000 + this.#offsetMs - nowMs;
    if (leftMs > 0) await wait(leftMs);
  }
}

const chunkBytes = 1 << 16;
const blockEvents = 1024;
