import { log } from '../../runtime/signal/math.js';
import type { SleeperEvent } from './events.js';
import type { Random } from './random.js';
import type { SleepStage } from './stages.js';
import type { Subject } from './subject.js';
import { waveSeconds, waveTrough } from './waveforms.js';

/**
 * What a sleeper answers to a short sound: a K-complex whose trough comes 0.5 to 0.6 s later (the N550 of averages), and a
 * spindle on the rise behind it. Sizes are those of K-complexes and spindles that come by themselves.
 */
export class Hearing {
  readonly #random: Random;
  readonly #subject: Subject;

  constructor(random: Random, subject: Subject) {
    this.#random = random;
    this.#subject = subject;
  }

  /** To a sound at `seconds`, by onset. Awake, in N1 and in REM there is no such answer. */
  answer(stage: SleepStage, seconds: number): SleeperEvent[] {
    const random = this.#random;
    if ((stage !== 'N2' && stage !== 'N3') || random.uniform() < 0.2) return [];
    const { gain, spindleFrequency, spindleSize } = this.#subject;
    const stretch = 0.6;
    const trough = seconds + random.normal(0.56, 0.03);
    const amplitude = -gain * random.logNormal(log(80), 0.25);
    const onset = trough - waveTrough * stretch;
    return [
      { kind: 'k-complex', onset, duration: waveSeconds * stretch, amplitude, trough },
      {
        kind: 'spindle',
        onset: trough + 0.2,
        duration: random.between(0.6, 0.9),
        amplitude: spindleSize * gain * random.logNormal(log(35), 0.25),
        frequency: random.normal(spindleFrequency, 0.4),
      },
    ];
  }
}
