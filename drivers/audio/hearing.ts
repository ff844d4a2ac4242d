import { cautiousDbfs } from './level.js';

/**
 * Hearing threshold for one sound by the ascending method of ISO 8253-1: 10 dB down after each time it was heard, 5 dB up
 * after each time it was not, until one level was heard on two ascents of three. Now and then nothing is played: whoever
 * hears that as well is not believed. Pure; `random` is from 0 up to 1.
 */
export type HearingStep =
  /** −Infinity: play nothing, and ask all the same. */
  | { readonly kind: 'play'; readonly dBFS: number }
  | { readonly kind: 'done'; readonly thresholdDbfs: number }
  | { readonly kind: 'failed'; readonly reason: string };

export class HearingTest {
  readonly #random: () => number;
  #dBFS = startDbfs;
  /** The last answer was "not heard", or it is the first after such a one. */
  #isAscending = false;
  /** Heard on an ascent, by level. */
  readonly #heard = new Map<number, number>();
  #ascents = 0;
  #silent = 0;
  #silentHeard = 0;
  #trials = 0;
  #failure = '';
  #threshold = NaN;
  #isSilent = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  get step(): HearingStep {
    if (this.#failure !== '') return { kind: 'failed', reason: this.#failure };
    if (!Number.isNaN(this.#threshold)) return { kind: 'done', thresholdDbfs: this.#threshold };
    return { kind: 'play', dBFS: this.#isSilent ? -Infinity : this.#dBFS };
  }

  answer(isHeard: boolean): void {
    if (this.step.kind !== 'play') return;
    this.#trials++;
    if (this.#isSilent) this.#answerSilence(isHeard);
    else if (isHeard) this.#answerHeard();
    else this.#answerUnheard();
    if (this.#trials >= mostTrials && Number.isNaN(this.#threshold) && this.#failure === '') {
      this.#failure = `no threshold within ${mostTrials} sounds: the answers contradict each other. Rest, and try again.`;
    }
    this.#isSilent = this.#trials > 2 && this.#random() < silentShare;
  }

  #answerSilence(isHeard: boolean): void {
    this.#silent++;
    if (isHeard) this.#silentHeard++;
    if (this.#silentHeard >= 2 && this.#silentHeard > this.#silent / 3) {
      this.#failure = 'silence was heard as a sound. Answer yes only when there was one, and try again.';
    }
  }

  #answerHeard(): void {
    if (this.#isAscending) {
      const times = (this.#heard.get(this.#dBFS) ?? 0) + 1;
      this.#heard.set(this.#dBFS, times);
      this.#ascents++;
      if (times >= 2) {
        this.#threshold = this.#dBFS;
        return;
      }
      // Two of three: after three ascents with three answers, and again, the older ones count no more.
      if (this.#ascents % 3 === 0) this.#heard.clear();
    }
    this.#isAscending = false;
    this.#dBFS -= 10;
    if (this.#dBFS >= faintestDbfs) return;
    this.#failure = `heard at ${this.#dBFS + 10} dBFS: this output is too loud for a test. Lower the mixer or add an attenuator.`;
  }

  #answerUnheard(): void {
    this.#isAscending = true;
    this.#dBFS += 5;
    if (this.#dBFS <= cautiousDbfs) return;
    this.#failure = `not heard at ${cautiousDbfs} dBFS, the loudest that is tried. Check the cable and the mixer.`;
  }
}

/** 10 to 20 dB above the threshold is where studies start; never above the ceiling. */
export function suggestedLevel(thresholdDbfs: number, ceilingDbfs: number): number {
  return Math.min(ceilingDbfs, thresholdDbfs + 15);
}

const startDbfs = -50;
const faintestDbfs = -90;
const silentShare = 0.2;
const mostTrials = 60;
