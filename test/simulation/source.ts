import type { Random } from './random.js';

/** What a frame says, as its maker knows it. */
export interface Frame {
  /** Of the device, through all gaps. */
  readonly index: number;
  readonly counts: readonly [number, number];
  readonly truth: FrameTruth;
  /** When it was made. */
  readonly trueUs: number;
}

export type FrameTruth = 'awake' | 'asleep' | 'doubtful' | 'rail' | 'flat';

/** Counts at or above which the second channel says: asleep; below minus this: awake; between: nobody knows. */
export const asleepCounts = 10;
export const spindleCounts = 400;
export const railCounts = 1000;

/**
 * A device of few frames a second: noise, now and then a spindle, and a second channel that tells how the sleeper is. What
 * ails it is set from outside.
 */
export class Source {
  truth: FrameTruth = 'asleep';
  /** Frames to lose, or to damage on the way: both come out of a decoder as a gap. */
  toLose = 0;
  readonly #random: Random;
  readonly #periodUs: number;
  readonly #spindlePeriod: number;
  readonly #startUs: number;
  #shiftUs = 0;
  #index = 0;
  #nextSpindle: number;
  #flatCount = 7;

  constructor(random: Random, rate: number, nowUs: number) {
    this.#random = random;
    // A crystal is off by tens of parts per million.
    this.#periodUs = (1e6 / rate) * (1 + random.between(-60e-6, 60e-6));
    this.#spindlePeriod = random.between(20, 120);
    this.#nextSpindle = random.wait(this.#spindlePeriod);
    this.#startUs = nowUs;
  }

  /** When the next frame is made. */
  get dueUs(): number {
    return this.#startUs + this.#shiftUs + (this.#index + 1) * this.#periodUs;
  }

  /** The device's own clock jumps: the next frames come so much later, or at once where it is less than a period. */
  stepClock(us: number): void {
    this.#shiftUs += us;
  }

  /** Undefined for a frame that is lost. */
  next(trueUs: number): Frame | undefined {
    const index = this.#index++;
    const random = this.#random;
    const noise = 1 + random.whole(40);
    let first = (index & 1) === 0 ? noise : -noise;
    if (index >= this.#nextSpindle) {
      this.#nextSpindle = index + 1 + random.wait(this.#spindlePeriod);
      first = spindleCounts + random.whole(200);
    }
    const { truth } = this;
    if (truth === 'rail') first = railCounts + random.whole(100);
    if (truth === 'flat') first = this.#flatCount;
    if (this.toLose > 0) {
      this.toLose--;
      return undefined;
    }
    return { index, counts: [first, sleepCounts(truth, noise)], truth, trueUs };
  }
}

function sleepCounts(truth: FrameTruth, noise: number): number {
  if (truth === 'awake') return -asleepCounts - noise;
  if (truth === 'doubtful') return (noise % (2 * asleepCounts - 1)) - asleepCounts + 1;
  return asleepCounts + noise;
}
