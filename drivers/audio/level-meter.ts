import { cautiousDbfs } from './level.js';

/** Calibration by a sound level meter at the ear: a tone at two levels, whose difference must show on the meter. Pure. */
export type MeterStep =
  /** A level above the cautious one is played only after a yes. `expectedDbspl` is what it will be, as far as is known. */
  | { readonly kind: 'confirm'; readonly dBFS: number; readonly expectedDbspl: number }
  | { readonly kind: 'play'; readonly dBFS: number }
  | { readonly kind: 'done'; readonly measured: readonly [Reading, Reading] }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Reading {
  readonly dBFS: number;
  readonly dBSPL: number;
}

export class LevelMeter {
  readonly #levels: readonly [number, number];
  readonly #readings: Reading[] = [];
  #isConfirmed = false;
  #failure = '';

  /** In dBFS, the quieter one first. Throws a `RangeError` for levels that measure nothing. */
  constructor(levels: readonly [number, number]) {
    const [quiet, loud] = levels;
    if (!(quiet >= -80 && loud <= -10 && loud - quiet >= 6)) {
      throw new RangeError(`levels: ${quiet} and ${loud} dBFS. Use two from -80 to -10 dBFS, 6 dB or more apart.`);
    }
    this.#levels = levels;
  }

  get step(): MeterStep {
    if (this.#failure !== '') return { kind: 'failed', reason: this.#failure };
    const [first, second] = this.#readings;
    if (first && second) return { kind: 'done', measured: [first, second] };
    const dBFS = this.#levels[this.#readings.length === 0 ? 0 : 1];
    if (dBFS > cautiousDbfs && !this.#isConfirmed) {
      return { kind: 'confirm', dBFS, expectedDbspl: first ? first.dBSPL + dBFS - first.dBFS : NaN };
    }
    return { kind: 'play', dBFS };
  }

  confirm(isYes: boolean): void {
    if (this.step.kind !== 'confirm') return;
    this.#isConfirmed = isYes;
    if (!isYes)
      this.#failure = 'the louder tone was not wanted. Measure with quieter levels: --levels -50dBFS,-30dBFS.';
  }

  /** What the meter shows while the tone of this step sounds. */
  read(dBSPL: number): void {
    const { step } = this;
    if (step.kind !== 'play') return;
    if (!(dBSPL >= 15 && dBSPL <= 110)) {
      this.#failure = `${dBSPL} dB SPL is no reading of a meter at a headphone. Set the meter to dB(A) or dB(C), slow.`;
      return;
    }
    this.#readings.push({ dBFS: step.dBFS, dBSPL });
    this.#isConfirmed = false;
    const [first, second] = this.#readings;
    if (first && second) this.#failure = unfit(first, second);
  }
}

/** Why two readings do not belong to one linear way from card to ear, or the empty string. */
function unfit(first: Reading, second: Reading): string {
  const expected = second.dBFS - first.dBFS;
  const seen = second.dBSPL - first.dBSPL;
  const said = `the meter rose by ${seen.toFixed(1)} dB, and the tone by ${expected.toFixed(1)} dB`;
  if (Math.abs(seen - expected) <= toleranceDb) return '';
  if (Math.abs(seen) < 2) {
    return `${said}: it hears something else. Check the cable, which output the headphones are on, and the meter's place.`;
  }
  if (seen < 0) return `${said}: the readings are the wrong way round, or the cable is loose. Measure again.`;
  if (seen < expected) {
    return `${said}: noise of the room hides the quieter tone, or something levels it out (AGC, limiter, "loudness"). Switch that off, or measure with louder levels.`;
  }
  return `${said}: an expander or another range of the meter. Keep the meter in one range, and take effects off the card.`;
}

/** Meters of class 2 are good to about 1.4 dB, and people read them to half a dB. */
const toleranceDb = 1.5;
