import { firstByte, isFooter, packetBytes } from './protocol.js';

/**
 * Finds packets in a stream of bytes. Pure; allocates nothing after construction.
 *
 * A packet begins with 0xA0 and ends, 32 bytes later, with a footer. One whose counter follows the last is taken at once.
 * Any other could be chance or damage: it is taken only if a later packet carries the next counter, and passed over by
 * one byte otherwise. So bytes that belong to no packet never cost a packet.
 */
export class PacketFramer {
  /** The packet that `next` found: its bytes from `at` on. Valid until the next `push`. */
  readonly bytes = new Uint8Array(capacity);
  at = 0;
  discarded = 0;
  /** Called for each byte that belongs to no packet: it may be text. */
  readonly #outside: (byte: number) => void;
  #start = 0;
  #end = 0;
  #last = -1;

  constructor(outside: (byte: number) => void) {
    this.#outside = outside;
  }

  /** What came before belongs to another connection. */
  reset(): void {
    this.#start = 0;
    this.#end = 0;
    this.#last = -1;
  }

  push(bytes: Uint8Array, length: number): void {
    if (this.#start > 0) {
      this.bytes.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    // A caller that takes packets after each push never comes near the capacity; if one does, the oldest bytes go.
    const overflow = this.#end + length - capacity;
    if (overflow > 0) {
      this.bytes.copyWithin(0, overflow, this.#end);
      this.#end -= overflow;
      this.discarded += overflow;
    }
    for (let i = 0; i < length; i++) this.bytes[this.#end + i] = bytes[i] as number;
    this.#end += length;
  }

  /** Packets' worth of bytes that wait behind the last one. */
  get waiting(): number {
    return Math.floor((this.#end - this.#start) / packetBytes);
  }

  /** Counter of the next packet, or −1 if more bytes are needed. */
  next(): number {
    while (this.#end - this.#start >= packetBytes) {
      const at = this.#start;
      if (!this.#isPacket(at)) {
        this.#discard();
        continue;
      }
      const counter = this.bytes[at + 1] as number;
      const trusted = this.#last >= 0 && counter === ((this.#last + 1) & 255);
      if (!trusted) {
        const verdict = this.#confirm(at, counter);
        if (verdict === 'wait') return -1;
        if (verdict === 'no') {
          this.#discard();
          continue;
        }
      }
      this.#start += packetBytes;
      this.#last = counter;
      this.at = at;
      return counter;
    }
    return -1;
  }

  #confirm(at: number, counter: number): 'yes' | 'no' | 'wait' {
    const following = (counter + 1) & 255;
    const last = Math.min(this.#end - packetBytes, at + packetBytes + confirmBytes);
    for (let place = at + packetBytes; place <= last; place++) {
      if (this.bytes[place + 1] === following && this.#isPacket(place)) return 'yes';
    }
    return this.#end >= at + 2 * packetBytes + confirmBytes ? 'no' : 'wait';
  }

  #isPacket(at: number): boolean {
    return this.bytes[at] === firstByte && isFooter(this.bytes[at + packetBytes - 1] as number);
  }

  #discard(): void {
    this.#outside(this.bytes[this.#start] as number);
    this.#start++;
    this.discarded++;
  }
}

const capacity = 16384;
/** How far behind a doubtful packet its successor is looked for: two packets of garbage between them. */
const confirmBytes = 66;
