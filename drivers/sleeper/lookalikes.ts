import { log } from '../../runtime/signal/math.js';
import type { SleeperEvent } from './events.js';
import type { Random } from './random.js';
import { epochSeconds, type SleepStage } from './stages.js';
import type { Subject } from './subject.js';

/** Events a minute. */
interface Rates {
  readonly alpha: number;
  readonly beta: number;
  readonly faint: number;
  readonly noise: number;
  readonly arousals: number;
  readonly kComplexes: number;
}

const rates: Readonly<Record<SleepStage, Rates>> = {
  W: { alpha: 6, beta: 1, faint: 1, noise: 1.5, arousals: 0, kComplexes: 0 },
  N1: { alpha: 4, beta: 0.7, faint: 2, noise: 1, arousals: 0.4, kComplexes: 0 },
  N2: { alpha: 1.6, beta: 0.5, faint: 4, noise: 0.7, arousals: 0.25, kComplexes: 0.8 },
  N3: { alpha: 1.2, beta: 0.3, faint: 2.5, noise: 0.4, arousals: 0.08, kComplexes: 0 },
  R: { alpha: 2.5, beta: 0.7, faint: 1.5, noise: 0.5, arousals: 0.3, kComplexes: 0 },
};

/** Draws what a spindle detector may take for a spindle and a scorer does not. Depends on seed and stages alone. */
export class LookalikeSchedule {
  readonly #random: Random;
  readonly #subject: Subject;

  constructor(random: Random, subject: Subject) {
    this.#random = random;
    this.#subject = subject;
  }

  /** Events that begin in the epoch from `start`, in no order. */
  draw(stage: SleepStage, start: number): SleeperEvent[] {
    const random = this.#random;
    const { gain, alpha, alphaFrequency } = this.#subject;
    const rate = rates[stage];
    const events: SleeperEvent[] = [];
    for (const onset of random.poisson(rate.alpha, start, epochSeconds)) {
      events.push({
        kind: 'alpha-burst',
        onset,
        duration: random.between(0.5, 2.5),
        amplitude: gain * Math.min(2, Math.max(0.7, alpha)) * random.between(10, 36),
        // Its own rhythm as a rule, else anything between theta and the lower end of the spindles.
        frequency: random.uniform() < 0.6 ? random.normal(alphaFrequency, 0.5) : random.between(6.5, 10.3),
      });
    }
    for (const onset of random.poisson(rate.beta, start, epochSeconds)) {
      const amplitude = gain * random.between(6, 18);
      events.push({
        kind: 'beta-burst',
        onset,
        duration: random.between(0.4, 1.5),
        amplitude,
        frequency: random.between(17.5, 23),
      });
    }
    for (const onset of random.poisson(rate.faint, start, epochSeconds)) {
      // Too small for an eye to see, or too short to count.
      const short = random.uniform() < 0.3;
      events.push({
        kind: 'faint-sigma',
        onset,
        duration: short ? random.between(0.15, 0.3) : random.between(0.3, 1.2),
        amplitude: gain * (short ? random.between(10, 30) : Math.min(13, random.logNormal(log(8), 0.35))),
        frequency: random.between(11, 16),
      });
    }
    for (const onset of random.poisson(rate.noise, start, epochSeconds)) {
      events.push({
        kind: 'noise-burst',
        onset,
        duration: random.between(0.3, 2),
        amplitude: random.logNormal(log(10), 0.35),
      });
    }
    for (const onset of random.poisson(rate.arousals, start, epochSeconds)) {
      const amplitude = gain * alpha * random.logNormal(log(5), 0.35);
      events.push({ kind: 'arousal', onset, duration: random.between(3, 14), amplitude });
    }
    for (const onset of random.poisson(rate.kComplexes, start, epochSeconds)) {
      const stretch = random.between(0.7, 1.1);
      const amplitude = -gain * random.logNormal(log(85), 0.35);
      events.push({ kind: 'k-complex', onset, duration: 2 * stretch, amplitude, trough: onset + 0.8 * stretch });
    }
    return events;
  }
}
