import type { EventBlock } from '../../runtime/contracts.js';
import { readInt32 } from './little-endian.js';
import { RecordDecoder } from './record-decoder.js';
import { sensorIn } from './sensors.js';

/**
 * AEDAT 3.1, as cAER writes it: packets of one kind of event each, little-endian; all but the polarity events are passed
 * over. A packet header that contradicts itself ends the reading: nothing in the format tells where the next one is.
 * Source: docs.inivation.com, AEDAT 3.1.
 */
export class Aedat31Decoder extends RecordDecoder {
  /** Events left of the packet, and the upper bits of their time. */
  #left = 0;
  #overflowUs = 0;
  #lastUs = 0;

  constructor() {
    super('#', '#!END-HEADER');
  }

  override reset(): void {
    super.reset();
    this.width = this.height = this.#left = this.#overflowUs = this.#lastUs = 0;
  }

  protected begin(lines: readonly string[]): void {
    this.need = headerBytes;
    const version = lines[0] ?? 'no #!AER-DAT3.1';
    if (!version.startsWith('#!AER-DAT3.1'))
      this.failure = `the first line is ${version.slice(0, 20)}, not #!AER-DAT3.1. Set the format that the file has.`;
    const sensor = lines.map((line) => (/^#\s*Source/i.test(line) ? sensorIn(line) : undefined)).find(Boolean);
    if (sensor) ({ width: this.width, height: this.height } = sensor);
  }

  protected take(bytes: Uint8Array, from: number, length: number, out: EventBlock): number {
    if (this.#left > 0) return this.#events(bytes, from, length, out);
    this.#packet(bytes, from);
    return from + headerBytes;
  }

  #packet(bytes: Uint8Array, at: number): void {
    const type = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const size = readInt32(bytes, at + 4);
    const overflow = readInt32(bytes, at + 12);
    const capacity = readInt32(bytes, at + 16);
    const number = readInt32(bytes, at + 20);
    const valid = readInt32(bytes, at + 24);
    const polarity = type === polarityType;
    const sound = size > 0 && overflow >= 0 && valid >= 0 && valid <= number && number <= capacity;
    if (!sound || size * number > largestPacket || (polarity && size !== eventBytes)) {
      this.failure = `a packet says type ${type}, ${number} events of ${size} bytes, room for ${capacity}. The file is damaged here: what came before is read.`;
      return;
    }
    if (!polarity) {
      this.skip = size * number;
      return;
    }
    this.#left = number;
    this.#overflowUs = overflow * 2 ** 31;
    if (number > 0) this.need = eventBytes;
  }

  #events(bytes: Uint8Array, from: number, length: number, out: EventBlock): number {
    const { counts } = this;
    const columns = this.width || mostColumns;
    const rows = this.height || mostColumns;
    let [at, count] = [from, out.events];
    while (at + eventBytes <= length && this.#left > 0 && count < out.capacity) {
      const address = readInt32(bytes, at);
      const timeUs = this.#overflowUs + (readInt32(bytes, at + 4) & 0x7fffffff);
      at += eventBytes;
      this.#left--;
      if ((address & 1) === 0) continue; // a filter has struck it out
      const x = address >>> 17;
      const y = (address >> 2) & 0x7fff;
      if (timeUs < this.#lastUs) counts.timeErrors++;
      this.#lastUs = timeUs;
      if (x >= columns || y >= rows) counts.outside++;
      else {
        out.x[count] = x;
        out.y[count] = y;
        out.polarity[count] = (address >> 1) & 1;
        out.timeUs[count++] = timeUs;
      }
    }
    if (this.#left === 0) this.need = headerBytes;
    counts.events += count - out.events;
    out.events = count;
    return at;
  }
}

const headerBytes = 28;
const eventBytes = 8;
const polarityType = 1;
const mostColumns = 1 << 15;
/** Real packets have some ten thousand events, or one picture. */
const largestPacket = 1 << 28;
