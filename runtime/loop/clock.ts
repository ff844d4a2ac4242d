import type { SampleClock } from '../contracts.js';

/**
 * Sample index → monotonic time by the lower envelope of arrivals: transport can only make a packet late, so the
 * earliest arrivals of each second lie on the line of the device's own clock. The line is fitted through the minima of
 * the last `fitWindows` seconds and then lowered until none lies below it. Pure + − × ÷, so a replay gives the same times.
 */
export class EnvelopeClock implements SampleClock {
  readonly #nominalUs: number;
  readonly #windowFrames: number;
  readonly #minimumIndex = new Float64Array(fitWindows);
  readonly #minimumUs = new Float64Array(fitWindows);
  #windows = 0;
  #windowStart = 0;
  #bestIndex = 0;
  #bestLatenessUs = Infinity;
  #originIndex = 0;
  #originUs = NaN;
  #periodUs: number;

  constructor(rate: number) {
    this.#nominalUs = 1e6 / rate;
    this.#periodUs = this.#nominalUs;
    this.#windowFrames = Math.max(1, Math.round(rate));
  }

  /** Drift of the device against this machine in parts per million: positive runs fast. 0 until ten seconds are in. */
  get driftPpm(): number {
    return (this.#nominalUs / this.#periodUs - 1) * 1e6;
  }

  /** The newest frame of a read and when it arrived. */
  observe(index: number, arrivalUs: number): void {
    if (Number.isNaN(this.#originUs)) this.#restart(index, arrivalUs);
    // Lateness against the line as it stands; the smallest of a window marks the envelope.
    const latenessUs = arrivalUs - this.timeOf(index);
    if (latenessUs < this.#bestLatenessUs) {
      this.#bestLatenessUs = latenessUs;
      this.#bestIndex = index;
    }
    // An arrival before the line means that the line is late: lower it at once.
    if (latenessUs < 0) {
      this.#originUs += latenessUs;
      this.#bestLatenessUs = 0;
    }
    if (index - this.#windowStart >= this.#windowFrames) this.#closeWindow(index);
  }

  timeOf(index: number): number {
    return this.#originUs + (index - this.#originIndex) * this.#periodUs;
  }

  /** The other way round, to a fraction of a sample. NaN before the first frame. */
  indexAt(us: number): number {
    return this.#originIndex + (us - this.#originUs) / this.#periodUs;
  }

  /** From one sample to the next. */
  get periodUs(): number {
    return this.#periodUs;
  }

  /** After a gap of unknown length: keep the rate, find the offset anew. */
  restart(): void {
    this.#originUs = NaN;
  }

  #restart(index: number, arrivalUs: number): void {
    this.#originIndex = index;
    this.#originUs = arrivalUs;
    this.#windows = 0;
    this.#windowStart = index;
    this.#bestLatenessUs = Infinity;
  }

  #closeWindow(index: number): void {
    if (this.#windows === fitWindows) {
      this.#minimumIndex.copyWithin(0, 1);
      this.#minimumUs.copyWithin(0, 1);
      this.#windows--;
    }
    this.#minimumIndex[this.#windows] = this.#bestIndex;
    this.#minimumUs[this.#windows] = this.timeOf(this.#bestIndex) + this.#bestLatenessUs;
    this.#windows++;
    this.#windowStart = index;
    this.#bestLatenessUs = Infinity;
    if (this.#windows >= 2) this.#fit();
  }

  #fit(): void {
    const n = this.#windows;
    let meanIndex = 0;
    let meanUs = 0;
    for (let i = 0; i < n; i++) {
      meanIndex += (this.#minimumIndex[i] as number) / n;
      meanUs += (this.#minimumUs[i] as number) / n;
    }
    let covariance = 0;
    let variance = 0;
    for (let i = 0; i < n; i++) {
      const dx = (this.#minimumIndex[i] as number) - meanIndex;
      covariance += dx * ((this.#minimumUs[i] as number) - meanUs);
      variance += dx * dx;
    }
    if (n >= slopeWindows && variance > 0) {
      const periodUs = covariance / variance;
      // A device more than 2 % off its rate is not drifting but misconfigured or losing frames: keep the nominal rate.
      if (Math.abs(periodUs / this.#nominalUs - 1) < 0.02) this.#periodUs = periodUs;
    }
    let lowest = Infinity;
    for (let i = 0; i < n; i++) {
      const residual =
        (this.#minimumUs[i] as number) - meanUs - ((this.#minimumIndex[i] as number) - meanIndex) * this.#periodUs;
      if (residual < lowest) lowest = residual;
    }
    this.#originIndex = meanIndex;
    this.#originUs = meanUs + lowest;
  }
}

const fitWindows = 120;
/** Shorter spans give a slope that is all jitter. */
const slopeWindows = 10;
