import { exp, log } from '../../runtime/signal/math.js';
import { RandomBits } from '../../runtime/signal/random.js';

/** Of the distributions that a sleeper is made of: from + − × ÷ √, and exp and log of our own. */
export class Random extends RandomBits {
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  normal(mean: number, sd: number): number {
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) return mean + sd * x * Math.sqrt((-2 * log(square)) / square);
    }
  }

  logNormal(lnMean: number, lnSd: number): number {
    return exp(this.normal(lnMean, lnSd));
  }

  exponential(mean: number): number {
    return -mean * log(1 - this.uniform());
  }

  /** Times in seconds of events without memory, `perMinute` on average, within `seconds` from `start`. */
  poisson(perMinute: number, start: number, seconds: number): number[] {
    const times: number[] = [];
    if (perMinute === 0) return times;
    const mean = 60 / perMinute;
    for (let at = start + this.exponential(mean); at < start + seconds; at += this.exponential(mean)) times.push(at);
    return times;
  }

  /** Mean 0, variance 1, nearly normal (sum of four uniforms): the fast input of noise that is filtered afterwards. */
  noise(): number {
    const first = this.next();
    const second = this.next();
    return ((first & 0xffff) + (first >>> 16) + (second & 0xffff) + (second >>> 16) - 131_070) * noiseScale;
  }
}

/** 1 ÷ the standard deviation of the sum of four 16-bit uniforms. */
const noiseScale = Math.sqrt(3 / (65_536 * 65_536 - 1));
