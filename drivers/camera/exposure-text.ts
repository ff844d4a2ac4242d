/**
 * What rpicam-vid writes of a frame with `--metadata - --metadata-format txt`: lines `Name=value` behind its pixels, and
 * an empty line at the end. Pure. Its clock is that of CLOCK_BOOTTIME: CLOCK_MONOTONIC on a machine that never sleeps.
 */
export class ExposureText {
  /** Middle of the exposure in microseconds, of the text that has ended last; NaN where it told no times. */
  middleUs = NaN;
  #line = '';
  #readOutUs = NaN;
  #exposureUs = NaN;

  /** True where this byte ends the text. */
  push(byte: number): boolean {
    if (byte !== newline) {
      if (this.#line.length < longestLine) this.#line += String.fromCharCode(byte);
      return false;
    }
    const [, name, value = ''] = /^(\w+)=(\d+)$/.exec(this.#line) ?? [];
    if (name === 'SensorTimestamp') this.#readOutUs = Number(value) / 1000;
    else if (name === 'ExposureTime') this.#exposureUs = Number(value);
    const ended = this.#line === '';
    this.#line = '';
    if (ended) {
      // The time of the sensor is that of its first row's read-out, which ends the exposure.
      this.middleUs = this.#readOutUs - this.#exposureUs / 2;
      this.#readOutUs = this.#exposureUs = NaN;
    }
    return ended;
  }

  /** What was begun is void. */
  reset(): void {
    this.#line = '';
    this.#readOutUs = this.#exposureUs = NaN;
  }
}

const newline = 10;
const longestLine = 200;
