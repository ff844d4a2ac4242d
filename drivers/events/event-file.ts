import { closeSync, openSync, readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { EventBlock, EventDecoder, GreyFrame } from '../../runtime/contracts.js';
import { CountFrames, type CountFrameOptions } from './count-frames.js';
import { createEventBlock } from './event-block.js';
import { createEventDecoder, eventFormats, formatOf, type EventFormat, type EventFormatOptions } from './formats.js';

/** A file of events that cannot be read, or no further; one message that names file, value and fix. */
export class EventFileError extends Error {}

export interface EventFileOptions extends EventFormatOptions {
  /** Where its first bytes do not tell: a stream that was kept without its header. */
  readonly format?: EventFormat | undefined;
}

/** What its first bytes tell; undefined where they tell nothing. Throws where it cannot be read. */
export function formatOfFile(path: string): EventFormat | undefined {
  const head = new Uint8Array(4096);
  const file = openSync(path, 'r');
  try {
    return formatOf(head.subarray(0, readSync(file, head)));
  } finally {
    closeSync(file);
  }
}

/** A file of events of any format. */
export class EventFile {
  readonly format: EventFormat;
  readonly decoder: EventDecoder;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #bytes: Uint8Array;
  #length: number;

  private constructor(path: string, file: FileHandle, bytes: Uint8Array, length: number, options: EventFileOptions) {
    const format = options.format ?? formatOf(bytes.subarray(0, length));
    if (length === 0) throw new EventFileError(`${path}: is empty.`);
    if (!format)
      throw new EventFileError(`${path}: its first bytes tell no format. Give it: ${eventFormats.join(', ')}.`);
    this.format = format;
    this.decoder = createEventDecoder(format, options);
    this.#path = path;
    this.#file = file;
    this.#bytes = bytes;
    this.#length = length;
  }

  /** @throws EventFileError */
  static async open(path: string, options: EventFileOptions): Promise<EventFile> {
    let file: FileHandle | undefined;
    try {
      file = await open(path);
      const bytes = new Uint8Array(chunkBytes);
      return new EventFile(path, file, bytes, (await file.read(bytes, 0, chunkBytes)).bytesRead, options);
    } catch (error) {
      await file?.close();
      if (error instanceof EventFileError) throw error;
      throw new EventFileError(
        `${path}: cannot be opened (${error instanceof Error ? error.message : String(error)}).`,
      );
    }
  }

  /**
   * Its events, once; a block is valid until the next is asked for. Closes the file at its end, or where nobody wants
   * more. Where it can be read no further, what came before has been delivered. @throws EventFileError
   */
  async *blocks(): AsyncGenerator<EventBlock, void, void> {
    const block = createEventBlock(blockEvents);
    const { decoder } = this;
    try {
      for (; this.#length > 0; this.#length = (await this.#file.read(this.#bytes, 0, chunkBytes)).bytesRead) {
        for (let at = 0; at < this.#length;) {
          block.events = 0;
          at = decoder.push(this.#bytes, at, this.#length, block);
          if (decoder.failure !== '') {
            if (block.events > 0) yield block;
            throw new EventFileError(`${this.#path}: ${decoder.failure}`);
          }
          if (block.events > 0) yield block;
        }
      }
    } finally {
      await this.#file.close();
    }
  }
}

/**
 * The frames of counts of a file, as fast as it can be read; none is dropped. Their times are those of the sensor's own
 * clock; a frame is valid until the next is asked for. @throws EventFileError
 */
export async function* framesOfFile(
  path: string,
  options: EventFileOptions & CountFrameOptions,
): AsyncGenerator<GreyFrame, void, void> {
  const file = await EventFile.open(path, options);
  const frames = new CountFrames(file.decoder, options);
  for await (const block of file.blocks()) {
    frames.filter(block);
    if (frames.failure !== '') throw new EventFileError(`${path}: ${frames.failure}`);
    for (let at = 0; at < block.events;) {
      at = frames.count(block, at, block.timeUs[block.events - 1] as number);
      const frame = frames.take();
      if (frame) yield frame;
    }
  }
}

const chunkBytes = 1 << 16;
const blockEvents = 1024;
