/**
 * Compares the frames that come with the rate that was asked for. A board may be told a rate and keep another: its radio
 * carries 250 packets a second and no more. Pure; allocates nothing while the rate is right.
 */
export class RateWatch {
  /** What is wrong with the rate, or the empty string. */
  notice = '';
  readonly #rate: number;
  #fromUs = NaN;
  #frames = 0;

  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Counts from the next frame on. */
  restart(): void {
    this.#fromUs = NaN;
  }

  /** This many frames were measured since the last call, up to one that has come now. */
  count(frames: number, nowUs: number): void {
    if (Number.isNaN(this.#fromUs)) {
      this.#fromUs = nowUs;
      this.#frames = 0;
      return;
    }
    this.#frames += frames;
    const elapsedUs = nowUs - this.#fromUs;
    if (elapsedUs < windowUs) return;
    const found = (this.#frames / elapsedUs) * 1e6;
    this.#fromUs = nowUs;
    this.#frames = 0;
    this.notice =
      Math.abs(found / this.#rate - 1) < tolerance
        ? ''
        : `cyton: ${Math.round(found)} frames a second come, source.rate is ${this.#rate}Hz: filters and times are wrong. The radio of the dongle carries 250Hz, with a Daisy 125Hz. Set source.rate to what comes.`;
  }
}

const windowUs = 10e6;
/** Drift and a computer that is late by a second are far less than this, half and double the rate are more. */
const tolerance = 1 / 3;
