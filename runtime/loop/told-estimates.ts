import { inhibitorStates, type Estimate, type InhibitorState } from '../contracts.js';
import { EventCode } from './records.js';

type Emit = (kind: number, a?: number, b?: number, c?: number, d?: number) => void;

/** Which estimates of the detectors become events: in a recording they are told, not computed again. */
export class ToldEstimates {
  readonly #estimates: readonly (readonly Estimate[])[];
  readonly #emit: Emit;
  /** As last told, by detector and place in its list. */
  readonly #states: readonly InhibitorState[][];
  readonly #periodFrames: number;
  #due = 0;

  constructor(estimates: readonly (readonly Estimate[])[], rate: number, emit: Emit) {
    this.#estimates = estimates;
    this.#emit = emit;
    this.#states = estimates.map((list) => list.map(() => 'unknown'));
    this.#periodFrames = Math.ceil(periodSeconds * rate);
  }

  /** Each that says something new, and all of them from time to time, so that a night can be drawn. */
  frames(lastIndex: number): void {
    const due = lastIndex >= this.#due;
    if (due) this.#due = lastIndex + this.#periodFrames;
    for (let detector = 0; detector < this.#estimates.length; detector++) {
      const list = this.#estimates[detector] as readonly Estimate[];
      const told = this.#states[detector] as InhibitorState[];
      for (let place = 0; place < list.length; place++) {
        const { state, value } = list[place] as Estimate;
        if (!due && state === told[place]) continue;
        told[place] = state;
        this.#emit(EventCode.estimate, detector, place, inhibitorStates.indexOf(state), value);
      }
    }
  }

  /** Where in the slow oscillation a request came: for the report of the night. */
  request(): void {
    for (let detector = 0; detector < this.#estimates.length; detector++) {
      const list = this.#estimates[detector] as readonly Estimate[];
      for (let place = 0; place < list.length; place++) {
        const { name, state, value } = list[place] as Estimate;
        if (name === 'phase') {
          this.#emit(EventCode.estimate, detector, place, inhibitorStates.indexOf(state), value);
        }
      }
    }
  }
}

/** How often values are told that say nothing new. */
const periodSeconds = 10;
