import type { EventBlock } from '../../runtime/contracts.js';
import { RecordDecoder } from './record-decoder.js';
import { sensorIn } from './sensors.js';
import { WrappingClock } from './wrapping-clock.js';

/**
 * AEDAT 2.0, as jAER writes it: an address and a time of 32 bits each, big-endian. The address depends on the sensor:
 * the header's, or `sensor` (`dvs128`, `davis240`, `davis346`, …) where that names none. Rows count from the top here,
 * from the bottom there; columns of a DVS128 are mirrored there. Source: docs.inivation.com, AEDAT 2.0.
 */
export class Aedat2Decoder extends RecordDecoder {
  readonly #sensor: string;
  readonly #clock = new WrappingClock(2 ** 32);
  #davis = false;

  constructor(sensor = '') {
    super('#', '#End Of ASCII Header');
    this.#sensor = sensor;
  }

  override reset(): void {
    super.reset();
    this.width = this.height = 0;
    this.#clock.reset();
  }

  protected begin(lines: readonly string[]): void {
    this.need = 8;
    const version = lines[0] ?? '';
    if (lines.length > 0 && !version.startsWith('#!AER-DAT2.'))
      this.failure = `the first line is ${version.slice(0, 20)}, not #!AER-DAT2.0. Set the format that the file has.`;
    const named = sensorIn(lines.find((line) => /AEChip/i.test(line)) ?? '') ?? sensorIn(this.#sensor);
    if (!named) {
      this.failure ||= 'the header names no sensor that is known. Name it: sensor: dvs128, davis240 or davis346.';
      return;
    }
    ({ width: this.width, height: this.height } = named);
    this.#davis = named.name.startsWith('davis');
  }

  protected take(bytes: Uint8Array, from: number, length: number, out: EventBlock): number {
    const { counts, width, height } = this;
    const davis = this.#davis;
    const end = length - 7;
    let [at, count] = [from, out.events];
    while (at < end && count < out.capacity) {
      const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
      const time =
        (((bytes[at + 4] as number) << 24) |
          ((bytes[at + 5] as number) << 16) |
          ((bytes[at + 6] as number) << 8) |
          (bytes[at + 7] as number)) >>>
        0;
      at += 8;
      const timeUs = this.#clock.unwrap(time);
      // Pictures, inertial samples and external signals share the stream.
      if (davis ? (high & 0x8000) !== 0 || (low & 0x400) !== 0 : (low & 0x8000) !== 0) continue;
      const x = davis ? ((high & 0x3f) << 4) | (low >> 12) : 127 - ((low >> 1) & 0x7f);
      const y = height - 1 - (davis ? (high >> 6) & 0x1ff : (low >> 8) & 0x7f);
      if (x >= width || y < 0) counts.outside++;
      else {
        out.x[count] = x;
        out.y[count] = y;
        out.polarity[count] = davis ? (low >> 11) & 1 : 1 - (low & 1);
        out.timeUs[count++] = timeUs;
      }
    }
    counts.events += count - out.events;
    counts.timeErrors += this.#clock.errors;
    this.#clock.errors = 0;
    out.events = count;
    return at;
  }
}
