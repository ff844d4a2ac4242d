import type { EventBlock } from '../../runtime/contracts.js';
import { readUint32 } from './little-endian.js';
import { readPropheseeHeader, wrongFormat } from './prophesee-header.js';
import { RecordDecoder, type SensorSize } from './record-decoder.js';
import { WrappingClock } from './wrapping-clock.js';

/**
 * Prophesee EVT 2.1: a word of 64 bits for 32 pixels of a row. Source: docs.prophesee.ai, EVT 2.1.
 *
 * `halves`: sensors like the IMX636 send the two halves of a word one after the other, the high one first, each
 * little-endian (`endianness=legacy` in a header); others, like the GenX320, send the word little-endian as a whole.
 * What a header says goes before.
 */
export class Evt21Decoder extends RecordDecoder {
  readonly #size: SensorSize | undefined;
  readonly #halvesUnlessTold: boolean;
  readonly #clock = new WrappingClock(2 ** 28);
  #halves: boolean;
  #timeHighUs = -1;

  constructor(size?: SensorSize, halves = false) {
    super('% ', '% end');
    this.#size = size;
    this.#halves = this.#halvesUnlessTold = halves;
    this.reset();
  }

  override reset(): void {
    super.reset();
    this.width = this.#size?.width ?? 0;
    this.height = this.#size?.height ?? 0;
    this.#halves = this.#halvesUnlessTold;
    this.#clock.reset();
    this.#timeHighUs = -1;
  }

  protected begin(lines: readonly string[]): void {
    const header = readPropheseeHeader(lines);
    this.failure = wrongFormat(header, 'EVT21');
    if (header.size) ({ width: this.width, height: this.height } = header.size);
    this.#halves = header.halves ?? this.#halves;
    this.need = 8;
  }

  protected take(bytes: Uint8Array, from: number, length: number, out: EventBlock): number {
    const { counts } = this;
    const columns = this.width || mostColumns;
    const rows = this.height || mostColumns;
    const end = length - 7;
    const highAt = this.#halves ? 0 : 4;
    let [at, count] = [from, out.events];
    while (at < end && count <= out.capacity - vectorLength) {
      const high = readUint32(bytes, at + highAt);
      let mask = readUint32(bytes, at + 4 - highAt);
      at += 8;
      const type = high >>> 28;
      if (type <= 1) {
        const base = (high >>> 11) & 0x7ff;
        const y = high & 0x7ff;
        const timeUs = this.#timeHighUs + ((high >>> 22) & 0x3f);
        if (this.#timeHighUs < 0) {
          counts.discardedBytes += 8;
          continue;
        }
        for (; mask !== 0; mask &= mask - 1) {
          const x = base + 31 - Math.clz32(mask & -mask);
          if (x >= columns || y >= rows) counts.outside++;
          else {
            out.x[count] = x;
            out.y[count] = y;
            out.polarity[count] = type;
            out.timeUs[count++] = timeUs;
          }
        }
      } else if (type === 0x8) this.#timeHighUs = this.#clock.unwrap(high & 0xfffffff) * 64;
      else if (type !== 0xa && type !== 0xe && type !== 0xf) counts.discardedBytes += 8;
    }
    counts.events += count - out.events;
    counts.timeErrors += this.#clock.errors;
    this.#clock.errors = 0;
    out.events = count;
    return at;
  }
}

const mostColumns = 2048;
const vectorLength = 32;
