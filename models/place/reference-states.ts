import { one, writeEmission } from './emission.js';
import {
  carrying,
  type FilterStates,
  freeMoves,
  freeSteps,
  moves,
  outside,
  stateCount,
  switching,
} from './filter-states.js';

/** Places beyond each end: a step reaches three. */
const margin = 4;

/** States in plain code: what the kernels must equal bit for bit. */
export class ReferenceStates implements FilterStates {
  /** Of the last step: the best state of each place, `belief[margin + place]`. */
  #belief: Int16Array;
  #emission: Int16Array;
  #before: Int16Array[];
  #now: Int16Array[];
  #capacity: number;
  #places = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#belief = empty(capacity);
    this.#emission = empty(capacity);
    this.#before = Array.from({ length: stateCount }, () => empty(capacity));
    this.#now = Array.from({ length: stateCount }, () => empty(capacity));
  }

  see(scores: Float32Array, places: number): void {
    if (places > this.#capacity) this.#grow(places);
    this.#places = places;
    writeEmission(scores, places, this.#emission, margin);
  }

  start(): void {
    const emission = this.#emission.subarray(margin, margin + this.#places);
    for (const state of [...this.#now, this.#belief]) {
      state.fill(outside);
      state.set(emission, margin);
    }
    for (const state of this.#before) state.fill(outside);
  }

  move(): void {
    const before = this.#now;
    const now = this.#before;
    this.#before = before;
    this.#now = now;
    const carried = this.#surest - carrying;
    for (let state = 0; state < moves.length; state++) {
      const { from, step, cost } = moves[state] as (typeof moves)[number];
      this.#move(before[from] as Int16Array, now[state] as Int16Array, step, cost, carried);
    }
    for (let at = 0; at < freeMoves.length; at++) {
      const { direction, cost } = freeMoves[at] as (typeof freeMoves)[number];
      const state = moves.length + at;
      this.#moveFreely(before[state] as Int16Array, now[state] as Int16Array, direction, cost, carried);
    }
    this.#collect();
  }

  moveBy(step: number): void {
    const before = this.#belief;
    const now = this.#now[0] as Int16Array;
    const end = margin + this.#places;
    const carried = this.#surest - carrying;
    for (let place = margin; place < end; place++) {
      const from = place - step;
      const aside = Math.max(beliefAt(before, from - 1, end), beliefAt(before, from + 1, end)) - one;
      const better = Math.max(beliefAt(before, from, end), aside, carried);
      now[place] = (this.#emission[place] as number) + better - (better >> 4);
    }
    this.#belief = now;
    this.#now[0] = before;
  }

  spread(): void {
    for (const state of this.#now) state.set(this.#belief);
  }

  read(beliefs: Float32Array): void {
    for (let place = 0; place < this.#places; place++) beliefs[place] = (this.#belief[margin + place] as number) / one;
  }

  get best(): number {
    const end = margin + this.#places;
    const surest = this.#surest;
    let best = margin;
    while (best < end && (this.#belief[best] as number) < surest) best++;
    return best - margin;
  }

  get #surest(): number {
    let most = outside;
    for (let at = margin; at < margin + this.#places; at++)
      if ((this.#belief[at] as number) > most) most = this.#belief[at] as number;
    return most;
  }

  #move(before: Int16Array, now: Int16Array, step: number, cost: number, carried: number): void {
    const belief = this.#belief;
    const emission = this.#emission;
    for (let at = margin; at < margin + this.#places; at++) {
      const kept = before[at - step] as number;
      const better = Math.max(kept, (belief[at - step] as number) - switching, carried);
      now[at] = (emission[at] as number) - cost + better - (better >> 4);
    }
  }

  #moveFreely(before: Int16Array, now: Int16Array, direction: 1 | -1, cost: number, carried: number): void {
    const belief = this.#belief;
    const emission = this.#emission;
    for (let at = margin; at < margin + this.#places; at++) {
      let better = Math.max((belief[at - direction] as number) - switching, carried);
      for (let step = 0; step < freeSteps.length; step++) {
        const kept = (before[at - direction * step] as number) - (freeSteps[step] as number);
        if (kept > better) better = kept;
      }
      now[at] = (emission[at] as number) - cost + better - (better >> 4);
    }
  }

  #collect(): void {
    const belief = this.#belief;
    belief.fill(outside);
    for (let number = 0; number < this.#now.length; number++) {
      const state = this.#now[number] as Int16Array;
      for (let at = margin; at < margin + this.#places; at++)
        if (number === 0 || (state[at] as number) > (belief[at] as number)) belief[at] = state[at] as number;
    }
  }

  #grow(places: number): void {
    this.#capacity = Math.max(places, 2 * this.#capacity);
    const larger = (old: Int16Array): Int16Array => {
      const grown = empty(this.#capacity);
      grown.set(old);
      return grown;
    };
    this.#belief = larger(this.#belief);
    this.#emission = larger(this.#emission);
    this.#before = this.#before.map(larger);
    this.#now = this.#now.map(larger);
  }
}

function beliefAt(beliefs: Int16Array, place: number, end: number): number {
  return place < margin || place >= end ? outside : (beliefs[place] as number);
}

function empty(capacity: number): Int16Array {
  return new Int16Array(capacity + 2 * margin).fill(outside);
}
