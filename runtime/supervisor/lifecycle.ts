import type { GuardianCause } from './guardian-keeper.js';

/** `renew`: replace the guardian, which has latched. The empty string: nothing. */
export type Step = '' | 'arm' | 'renew' | 'stop';

/** What a run does by itself, decided with each beat of the supervisor. Pure. */
export class Lifecycle {
  readonly #seconds: number;
  readonly #armsItself: boolean;
  #toArm: boolean;
  #notBeforeUs = -Infinity;
  #firstSampleUs = NaN;

  /**
   * Ends `seconds` after the first sample. `armsItself`: as soon as everything stands; every actuator is virtual, as the
   * caller has made sure.
   */
  constructor(seconds = Infinity, armsItself = false) {
    this.#seconds = seconds;
    this.#armsItself = armsItself;
    this.#toArm = armsItself;
  }

  /** `recorderProblem` is empty while the recorder can go on. */
  beat(
    nowUs: number,
    frames: number,
    recorderProblem: string,
    guardian: { readonly ready: boolean; readonly cause: GuardianCause } | undefined,
  ): Step {
    if (Number.isNaN(this.#firstSampleUs) && frames > 0) this.#firstSampleUs = nowUs;
    if (recorderProblem !== '' || nowUs - this.#firstSampleUs >= this.#seconds * 1e6) return 'stop';
    if (!this.#armsItself || !guardian) return '';
    // A busy machine stalls, and the guardian latches as it must. Where every actuator is virtual nobody has to see to it
    // before things go on; after a silence or a fault of another kind somebody has to.
    if (guardian.cause === 'latched') {
      this.#toArm = true;
      return 'renew';
    }
    if (guardian.cause === 'silenced') this.#toArm = false;
    if (!this.#toArm || !guardian.ready || nowUs < this.#notBeforeUs) return '';
    this.#toArm = false;
    return 'arm';
  }

  /** Something spoke against arming, on a busy machine perhaps only that the guardian took long to answer: tried again. */
  refused(nowUs: number): void {
    this.#toArm = true;
    this.#notBeforeUs = nowUs + retryUs;
  }
}

const retryUs = 5e6;
