import type { EventBlock } from '../../runtime/contracts.js';
import { readPropheseeHeader, wrongFormat } from './prophesee-header.js';
import { RecordDecoder, type SensorSize } from './record-decoder.js';
import { WrappingClock } from './wrapping-clock.js';

/** Prophesee EVT 2.0: a word of 32 bits, little-endian, an event. Source: docs.prophesee.ai, EVT 2.0. */
export class Evt2Decoder extends RecordDecoder {
  readonly #size: SensorSize | undefined;
  readonly #clock = new WrappingClock(2 ** 28);
  /** Bits 6 and up of the time; −1 until known. */
  #timeHighUs = -1;

  constructor(size?: SensorSize) {
    super('% ', '% end');
    this.#size = size;
    this.reset();
  }

  override reset(): void {
    super.reset();
    this.width = this.#size?.width ?? 0;
    this.height = this.#size?.height ?? 0;
    this.#clock.reset();
    this.#timeHighUs = -1;
  }

  protected begin(lines: readonly string[]): void {
    const header = readPropheseeHeader(lines);
    this.failure = wrongFormat(header, 'EVT2');
    if (header.size) ({ width: this.width, height: this.height } = header.size);
    this.need = 4;
  }

  protected take(bytes: Uint8Array, from: number, length: number, out: EventBlock): number {
    const { counts } = this;
    const columns = this.width || mostColumns;
    const rows = this.height || mostColumns;
    const end = length - 3;
    let [at, count] = [from, out.events];
    while (at < end && count < out.capacity) {
      const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
      const high = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
      at += 4;
      const type = high >> 12;
      if (type <= 1) {
        const x = ((high & 0x3f) << 5) | (low >> 11);
        const y = low & 0x7ff;
        if (this.#timeHighUs < 0) counts.discardedBytes += 4;
        else if (x >= columns || y >= rows) counts.outside++;
        else {
          out.x[count] = x;
          out.y[count] = y;
          out.polarity[count] = type;
          out.timeUs[count++] = this.#timeHighUs + ((high >> 6) & 0x3f);
        }
      } else if (type === 0x8) this.#timeHighUs = this.#clock.unwrap(((high & 0xfff) << 16) | low) * 64;
      else if (type !== 0xa && type !== 0xe && type !== 0xf) counts.discardedBytes += 4;
    }
    counts.events += count - out.events;
    counts.timeErrors += this.#clock.errors;
    this.#clock.errors = 0;
    out.events = count;
    return at;
  }
}

const mostColumns = 2048;
