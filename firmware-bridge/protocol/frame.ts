import { crc32 } from '../../runtime/crc32.js';
import { encode, longestMessage, type DeviceMessage, type HostMessage } from './messages.js';

/**
 * Frames on the line: a message and its CRC-32 (IEEE 802.3, little-endian), stuffed by COBS (Cheshire and Baker 1999) so
 * that no byte of it is zero, and a zero byte that ends it. A message is shorter than 254 bytes: one byte of stuffing.
 */
export const longestFrame = longestMessage + 4 + 1 + 1;

/** Makes one frame at a time in memory of its own; allocates nothing after construction. */
export class FrameWriter {
  readonly bytes: Uint8Array;
  /** Bytes of the frame that was made last. */
  length = 0;
  readonly #plain = new Uint8Array(longestFrame);
  readonly #view = new DataView(this.#plain.buffer);

  /** `bytes` may be memory that a call of the C library reads: at least `longestFrame`. */
  constructor(bytes = new Uint8Array(longestFrame)) {
    this.bytes = bytes;
  }

  /** @throws RangeError where a number does not fit its field; then there is no frame. */
  write(message: HostMessage | DeviceMessage): void {
    this.length = 0;
    const size = encode(message, this.#view, 0);
    this.#view.setUint32(size, crc32(this.#plain, 0, size), true);
    const { bytes } = this;
    let runAt = 0; // where the length of the run that is being written goes
    let at = 1;
    for (let i = 0; i < size + 4; i++) {
      const byte = this.#plain[i] as number;
      if (byte !== 0) {
        bytes[at++] = byte;
        continue;
      }
      bytes[runAt] = at - runAt;
      runAt = at++;
    }
    bytes[runAt] = at - runAt;
    bytes[at++] = 0;
    this.length = at;
  }
}

/** Either decoder of `messages.ts`. */
export interface Decoder<Message> {
  decode(view: DataView, at: number, size: number): Message | undefined;
}

/** Finds frames in a stream of bytes and begins anew at each zero; allocates nothing after construction. */
export class FrameReader<Message> {
  goodFrames = 0;
  /** Bytes between two zeros that are no frame: cut, joined or changed on the way. */
  damagedFrames = 0;
  /** Whole frames that are no message to this side. */
  strayFrames = 0;
  readonly #decoder: Decoder<Message>;
  readonly #bytes = new Uint8Array(longestFrame - 1);
  readonly #view = new DataView(this.#bytes.buffer);
  /** Bytes since the last zero, those too that there was no room for. */
  #length = 0;

  constructor(decoder: Decoder<Message>) {
    this.#decoder = decoder;
  }

  /** The message that this byte completes: the decoder's own object, overwritten by the next one of its kind. */
  take(byte: number): Message | undefined {
    if (byte !== 0) {
      if (this.#length < this.#bytes.length) this.#bytes[this.#length] = byte;
      this.#length++;
      return undefined;
    }
    const length = this.#length;
    this.#length = 0;
    if (length === 0) return undefined;
    const size = length <= this.#bytes.length ? this.#unstuff(length) : 0;
    if (size <= 4 || this.#view.getUint32(size - 4, true) !== crc32(this.#bytes, 0, size - 4)) {
      this.damagedFrames++;
      return undefined;
    }
    const message = this.#decoder.decode(this.#view, 0, size - 4);
    if (message === undefined) this.strayFrames++;
    else this.goodFrames++;
    return message;
  }

  /** In place; returns the number of bytes, or 0 where runs do not fit into the frame. */
  #unstuff(length: number): number {
    const bytes = this.#bytes;
    let to = 0;
    for (let from = 0; from < length;) {
      const end = from + (bytes[from] as number);
      if (end > length) return 0;
      for (from++; from < end; from++) bytes[to++] = bytes[from] as number;
      if (end < length) bytes[to++] = 0;
    }
    return to;
  }
}
