import { log } from '../../runtime/signal/math.js';
import type { Random } from './random.js';
import { epochSeconds, stageStatistics, type SleepStage } from './stages.js';
import { averageSubject, type Subject } from './subject.js';
import { waveSeconds, waveTrough, type SpindleEnvelope } from './waveforms.js';

/** One entry of the ground truth. Seconds from the first sample; voltages in µV as C3 − M2 shows them unless said. */
export type SleeperEvent = { readonly onset: number; readonly duration: number } & (
  | { readonly kind: 'stage'; readonly stage: SleepStage }
  /** `amplitude` from peak to peak; `frequency` in Hz in its middle. `envelope` of uneven subjects alone. */
  | {
      readonly kind: 'spindle';
      readonly amplitude: number;
      readonly frequency: number;
      readonly envelope?: SpindleEnvelope;
    }
  /** `lookalikes`, which are no spindles: `amplitude` from peak to peak; `frequency` in Hz. */
  | {
      readonly kind: 'alpha-burst' | 'beta-burst' | 'faint-sigma';
      readonly amplitude: number;
      readonly frequency: number;
    }
  /** `amplitude`: standard deviation of the noise; of the alpha that returns (muscle rises with it). */
  | { readonly kind: 'noise-burst' | 'arousal'; readonly amplitude: number }
  /** `amplitude` of the trough, negative, at the time `trough`. */
  | { readonly kind: 'slow-oscillation' | 'k-complex'; readonly amplitude: number; readonly trough: number }
  /** At the forehead (blink) and at E1 (eye movement; either sign). */
  | { readonly kind: 'blink' | 'eye-movement' | 'movement'; readonly amplitude: number }
  /** One electrode alone: `channel` is its place in the channels. */
  | { readonly kind: 'pop'; readonly amplitude: number; readonly channel: number }
);

/** Draws what happens in each epoch. Depends on the seed and the stages alone, not on the sample rate. */
export class EventSchedule {
  readonly #random: Random;
  readonly #demo: boolean;
  readonly #channels: number;
  readonly #subject: Subject;
  #nextSpindle = 0;
  /** Stretches intervals between spindles: some minutes are rich, some poor. */
  #scarcity = 1;

  /** `demo`: clear spindles every few seconds, and no artefact in the first two minutes. */
  constructor(random: Random, channels: number, demo: boolean, subject: Subject) {
    this.#random = random;
    this.#channels = channels;
    this.#subject = subject;
    this.#demo = demo;
  }

  /** Events that begin in the epoch from `start`, by onset. */
  draw(stage: SleepStage, start: number, eyesOpen: boolean): SleeperEvent[] {
    const { eyeMovements, movements } = stageStatistics[stage];
    const events: SleeperEvent[] = this.#drawSpindles(stage, start);
    events.push(...this.#drawSlowWaves(stage, start, events));
    const random = this.#random;
    if (eyesOpen) {
      for (const onset of random.poisson(3, start, epochSeconds)) {
        events.push({ kind: 'blink', onset, duration: 0.56, amplitude: random.logNormal(log(137), 0.35) });
      }
    }
    for (const onset of random.poisson(eyeMovements, start, epochSeconds)) {
      const sign = random.uniform() < 0.5 ? -1 : 1;
      events.push({ kind: 'eye-movement', onset, duration: 1.5, amplitude: sign * random.logNormal(log(71), 0.4) });
    }
    if (!this.#demo || start >= 120) {
      for (const onset of random.poisson(movements, start, epochSeconds)) {
        events.push({ kind: 'movement', onset, duration: random.between(1, 10), amplitude: random.between(100, 400) });
      }
      for (const onset of random.poisson(0.05, start, epochSeconds)) {
        const amplitude = (random.uniform() < 0.5 ? -1 : 1) * random.between(50, 300);
        const channel = Math.floor(random.uniform() * this.#channels);
        events.push({ kind: 'pop', onset, duration: random.between(1, 5), amplitude, channel });
      }
    }
    return events.sort((a, b) => a.onset - b.onset);
  }

  #drawSpindles(stage: SleepStage, start: number): SleeperEvent[] {
    const random = this.#random;
    const { spindles } = stageStatistics[stage];
    const events: SleeperEvent[] = [];
    if (spindles === 0 || this.#subject.spindleRate === 0) return events;
    const stretch = (stageStatistics.N2.spindles / spindles) * (averageSubject.spindleRate / this.#subject.spindleRate);
    if (start % 120 === 0) this.#scarcity = random.logNormal(0, 0.5);
    if (this.#nextSpindle < start) this.#nextSpindle = start + stretch * this.#spindleInterval() * random.uniform();
    while (this.#nextSpindle < start + epochSeconds) {
      const spindle = this.#demo ? this.#clearSpindle(this.#nextSpindle) : this.#spindle(this.#nextSpindle);
      events.push(spindle);
      this.#nextSpindle += Math.max(spindle.duration + 0.3, stretch * this.#spindleInterval());
    }
    return events;
  }

  #spindleInterval(): number {
    if (this.#demo) return this.#random.between(3.5, 6.5);
    return this.#scarcity * this.#random.logNormal(log(8.5), 1.05);
  }

  #spindle(onset: number): SleeperEvent {
    const random = this.#random;
    const { gain, spindleFrequency, spindleSpread, spindleSize, spindleLength, uneven } = this.#subject;
    return {
      kind: 'spindle',
      onset,
      duration: clip(spindleLength * random.logNormal(-0.26, 0.4), 0.4, 2.5),
      amplitude: gain * spindleSize * random.logNormal(3.41, 0.33),
      frequency: clip(random.normal(spindleFrequency, spindleSpread), 11, 16),
      ...(uneven && { envelope: { full: random.uniform(), lean: random.between(-0.5, 0.5) } }),
    };
  }

  #clearSpindle(onset: number): SleeperEvent {
    const random = this.#random;
    const { gain, spindleFrequency } = this.#subject;
    return {
      kind: 'spindle',
      onset,
      duration: clip(random.logNormal(0, 0.2), 0.8, 1.6),
      amplitude: gain * random.between(40, 60),
      frequency: clip(random.normal(spindleFrequency, 0.5), 12, 14.6),
    };
  }

  /** Slow oscillations, in trains where they are many, and K-complexes, which stand alone. */
  #drawSlowWaves(stage: SleepStage, start: number, spindles: readonly SleeperEvent[]): SleeperEvent[] {
    const random = this.#random;
    const { slowOscillations, kComplexes } = stageStatistics[stage];
    const events: SleeperEvent[] = [];
    const troughs: number[] = [];
    const add = (kind: 'slow-oscillation' | 'k-complex', trough: number, amplitude: number, stretch: number): void => {
      const onset = trough - waveTrough * stretch;
      if (onset < start) return;
      troughs.push(trough);
      events.push({ kind, onset, duration: waveSeconds * stretch, amplitude, trough });
    };

    const trainChance = slowOscillations > 10 ? 0.4 : 0.15;
    const trainGap = 1.3;
    const pause =
      slowOscillations > 0 ? (60 / slowOscillations - trainChance * trainGap) / (1 - trainChance) : Infinity;
    let trough = start + random.exponential(pause);
    while (trough < start + epochSeconds) {
      // Fewer waves lie before a spindle than chance would have it.
      const before = spindles.some(({ onset, duration }) => {
        const lead = onset + duration / 2 - trough;
        return lead > 0 && lead < 1.2;
      });
      const depth = this.#subject.gain * (40 + random.exponential(18)) * rawOverFiltered;
      const stretch = random.logNormal(0, 0.2);
      if (!before || random.uniform() < 0.5) add('slow-oscillation', trough, -depth, stretch);
      trough += random.uniform() < trainChance ? random.between(1.1, 1.5) : 1.5 + random.exponential(pause - 1.5);
    }
    for (const at of random.poisson(kComplexes, start, epochSeconds)) {
      const amplitude = -this.#subject.gain * random.logNormal(log(80), 0.25);
      if (troughs.every((other) => Math.abs(other - at) > 2.5))
        add('k-complex', at, amplitude, random.logNormal(0, 0.1));
    }
    return events;
  }
}

/** Troughs are published after a 0.5–2 Hz filter, which makes these waves so much smaller. */
const rawOverFiltered = 68 / 58;

function clip(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
