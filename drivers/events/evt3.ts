import type { EventBlock } from '../../runtime/contracts.js';
import { readPropheseeHeader, wrongFormat } from './prophesee-header.js';
import { RecordDecoder, type SensorSize } from './record-decoder.js';
import { WrappingClock } from './wrapping-clock.js';

/**
 * Prophesee EVT 3.0: words of 16 bits, little-endian, each of which changes one part of the next event. Words that come
 * before time, row and base are known (somebody tuned in late) belong to nothing. Source: docs.prophesee.ai, EVT 3.0.
 */
export class Evt3Decoder extends RecordDecoder {
  readonly #size: SensorSize | undefined;
  readonly #clock = new WrappingClock(1 << 12);
  #high = -1;
  #timeHighUs = 0;
  /** Of the next event; −1 until known. */
  #timeUs = -1;
  #y = -1;
  #baseX = -1;
  #polarity = 0;

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
    this.#high = this.#timeUs = this.#y = this.#baseX = -1;
  }

  protected begin(lines: readonly string[]): void {
    const header = readPropheseeHeader(lines);
    this.failure = wrongFormat(header, 'EVT3');
    if (header.size) ({ width: this.width, height: this.height } = header.size);
    this.need = 2;
  }

  protected take(bytes: Uint8Array, from: number, length: number, out: EventBlock): number {
    const { x: xs, y: ys, polarity: polarities, timeUs: times } = out;
    const columns = this.width || mostColumns;
    const rows = this.height || mostColumns;
    const full = out.capacity - vectorLength;
    const end = length - 1;
    let [at, count, outside, discarded] = [from, out.events, 0, 0];
    let timeUs = this.#timeUs;
    let y = this.#y;
    let baseX = this.#baseX;
    let polarity = this.#polarity;
    while (at < end && count <= full) {
      const word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
      at += 2;
      switch (word >> 12) {
        case Word.addressX: {
          const x = word & 0x7ff;
          if (timeUs < 0 || y < 0) discarded += 2;
          else if (x >= columns || y >= rows) outside++;
          else {
            xs[count] = x;
            ys[count] = y;
            polarities[count] = (word >> 11) & 1;
            times[count++] = timeUs;
          }
          break;
        }
        case Word.vector12:
        case Word.vector8: {
          if (timeUs < 0 || y < 0 || baseX < 0) {
            discarded += 2;
            break;
          }
          const long = word >> 12 === Word.vector12;
          for (let mask = long ? word & 0xfff : word & 0xff; mask !== 0; mask &= mask - 1) {
            const x = baseX + 31 - Math.clz32(mask & -mask);
            if (x >= columns || y >= rows) outside++;
            else {
              xs[count] = x;
              ys[count] = y;
              polarities[count] = polarity;
              times[count++] = timeUs;
            }
          }
          baseX += long ? 12 : 8;
          break;
        }
        case Word.addressY:
          y = word & 0x7ff;
          break;
        case Word.vectorBase:
          baseX = word & 0x7ff;
          polarity = (word >> 11) & 1;
          break;
        case Word.timeLow:
          if (timeUs < 0) discarded += 2;
          else {
            const next = this.#timeHighUs + (word & 0xfff);
            if (next < timeUs) this.counts.timeErrors++;
            timeUs = next;
          }
          break;
        case Word.timeHigh:
          // Sensors repeat it every few microseconds. The low half of a new one follows and is 0 until then.
          if ((word & 0xfff) !== this.#high) {
            this.#high = word & 0xfff;
            timeUs = this.#timeHighUs = this.#clock.unwrap(this.#high) * 4096;
          }
          break;
        case Word.trigger:
        case Word.others:
        case Word.continued4:
        case Word.continued12:
          break;
        default:
          discarded += 2;
      }
    }
    this.#timeUs = timeUs;
    this.#y = y;
    this.#baseX = baseX;
    this.#polarity = polarity;
    this.counts.events += count - out.events;
    this.counts.outside += outside;
    this.counts.discardedBytes += discarded;
    this.counts.timeErrors += this.#clock.errors;
    this.#clock.errors = 0;
    out.events = count;
    return at;
  }
}

const Word = {
  addressY: 0x0,
  addressX: 0x2,
  vectorBase: 0x3,
  vector12: 0x4,
  vector8: 0x5,
  timeLow: 0x6,
  continued4: 0x7,
  timeHigh: 0x8,
  trigger: 0xa,
  others: 0xe,
  continued12: 0xf,
} as const;
const mostColumns = 2048;
const vectorLength = 12;
