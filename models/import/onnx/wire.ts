import { ModelError } from '../../format/model-error.js';

/**
 * Walks one message of the protobuf wire format inside bytes that nobody vouches for: every length is checked before it
 * is used, nothing is copied, and each call of `next` moves forward, so that reading ends.
 */
export class WireReader {
  /** Of the field at hand: its number, and how it is encoded (0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes). */
  field = 0;
  wire = 0;
  private at = 0;
  private readonly view: DataView;

  private readonly bytes: Uint8Array;
  private readonly what: string;

  /** `what` is read, for messages: `graph`, `tensor`. */
  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.what = what;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  more(): boolean {
    return this.at < this.bytes.length;
  }

  /** Goes to the next field; false at the end. The field must then be read or skipped. */
  next(): boolean {
    if (!this.more()) return false;
    const tag = this.integer();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (tag < 8 || tag > 0xffffffff) throw this.damaged(`field number ${this.field}`);
    return true;
  }

  /** A varint as a signed 64-bit number; those past ±2⁵³ lose their last digits. */
  integer(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw this.damaged('a number that is cut off');
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high = part >>> 4;
      } else if (shift < 63) high |= part << (shift - 32);
      else high |= (part & 1) << 31;
      if (byte < 0x80) return (high | 0) * 4294967296 + (low >>> 0);
    }
    throw this.damaged('a number of more than ten bytes');
  }

  /** A field of the varint kind. */
  number(): number {
    this.expect(0);
    return this.integer();
  }

  float(): number {
    this.expect(5);
    this.need(4);
    this.at += 4;
    return this.view.getFloat32(this.at - 4, true);
  }

  double(): number {
    this.expect(1);
    this.need(8);
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  /** A view of the field's bytes. */
  block(): Uint8Array {
    this.expect(2);
    const length = this.integer();
    this.need(length);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  text(): string {
    const block = this.block();
    if (block.length > mostTextBytes) throw this.damaged(`a text of ${block.length} bytes (most: ${mostTextBytes})`);
    return decoder.decode(block);
  }

  message(what: string): WireReader {
    return new WireReader(this.block(), what);
  }

  /** Adds the field's varints, packed or alone, up to `most` in all. */
  integers(into: number[], most: number): void {
    if (this.wire === 0) into.push(this.integer());
    else {
      const packed = this.message(this.what);
      while (packed.more() && into.length <= most) into.push(packed.integer());
    }
    if (into.length > most) throw this.damaged(`more than ${most} numbers in field ${this.field}`);
  }

  skip(): void {
    if (this.wire === 0) this.integer();
    else if (this.wire === 2) this.block();
    else if (this.wire === 1 || this.wire === 5) {
      const length = this.wire === 1 ? 8 : 4;
      this.need(length);
      this.at += length;
    } else throw this.damaged(`field ${this.field} of wire type ${this.wire}`);
  }

  damaged(problem: string): ModelError {
    return new ModelError(
      `ONNX ${this.what}: ${problem} at byte ${this.at} of it. The file is damaged or no ONNX model.`,
    );
  }

  private expect(wire: number): void {
    if (this.wire !== wire) throw this.damaged(`field ${this.field} of wire type ${this.wire}, not ${wire}`);
  }

  private need(length: number): void {
    if (length < 0 || length > this.bytes.length - this.at)
      throw this.damaged(`a length of ${length}, with ${this.bytes.length - this.at} bytes left`);
  }
}

const mostTextBytes = 1000;
const decoder = new TextDecoder();
