import type { Condition } from '../runtime/contracts.js';
import { monotonicUs } from '../runtime/monotonic.js';

/**
 * What all triggers have in common: one thread starts a stimulus, another may end it at any time, and from outside a
 * sham looks like a real one. The word between the threads is 0 at rest.
 */
export class TriggerState {
  readonly #word: Int32Array;
  readonly #send: (condition: Condition, starts: boolean) => void;

  /** `send` puts the start or the end on the wire; for a sham it does the same to something that leads nowhere. */
  constructor(word: Int32Array, send: (condition: Condition, starts: boolean) => void) {
    this.#word = word;
    this.#send = send;
  }

  /** When it was handed over: just before, so that what the wire costs does not show which condition it was. */
  start(condition: Condition): number {
    const state = condition === 'real' ? real : sham;
    Atomics.store(this.#word, 0, state);
    const atUs = monotonicUs();
    this.#send(condition, true);
    // Again: the other thread may have rested between the lines above, and the word would hide the start from a rest.
    Atomics.store(this.#word, 0, state);
    passTime(atUs);
    return atUs;
  }

  end(): void {
    const state = Atomics.load(this.#word, 0);
    if (state === 0) return;
    const atUs = monotonicUs();
    // The word falls only after the end is out: if it fails the word stays up, and the next rest tries again.
    this.#send(state === sham ? 'sham' : 'real', false);
    Atomics.store(this.#word, 0, 0);
    passTime(atUs);
  }

  get isAtRest(): boolean {
    return Atomics.load(this.#word, 0) === 0;
  }
}

/**
 * A port and what leads nowhere take times of their own, microseconds apart. What comes after may not tell them apart:
 * it comes after a sleep that is longer by far, and of chance.
 */
function passTime(fromUs: number): void {
  const leftUs = fromUs + evenUs * (1 + Math.random()) - monotonicUs();
  if (leftUs > 0) Atomics.wait(nobody, 0, 0, leftUs / 1000);
}

const real = 1;
const sham = 2;
/** Longer than a write to a port takes on a machine that is busy. */
const evenUs = 1000;
const nobody = new Int32Array(new SharedArrayBuffer(4));
