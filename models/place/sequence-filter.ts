import { one, writeEmission } from './emission.js';

/**
 * How the robot may move from one frame to the next, as states of the filter. Each takes the better of two
 * predecessors, `step` places behind: its `from` state, or any state at the price of a switch. Half speed alternates
 * between two states: one stays, one advances. Backwards costs a little more than forwards: it is rarer.
 */
const states = [
  { name: 'still', from: 0, step: 0, cost: 77 },
  { name: 'forward', from: 1, step: 1, cost: 0 },
  { name: 'fast forward', from: 2, step: 2, cost: 77 },
  { name: 'slow forward, stays', from: 4, step: 0, cost: 38 },
  { name: 'slow forward, advances', from: 3, step: 1, cost: 38 },
  { name: 'back', from: 5, step: -1, cost: 26 },
  { name: 'fast back', from: 6, step: -2, cost: 103 },
  { name: 'slow back, stays', from: 8, step: 0, cost: 64 },
  { name: 'slow back, advances', from: 7, step: -1, cost: 64 },
] as const;

/** The tenth state: forwards at a pace that changes from frame to frame. Prices of a step of 0, 1, 2 and 3 places. */
const free = { cost: 51, steps: [one, 0, one, 1.5 * one] } as const;
const switching = 3 * one;
const count = states.length + 1;

/** Beyond both ends of the map, and where a place has just been added. */
const outside = -9 * one;
/** Places beyond each end: a step reaches three, and a vector kernel reads eight at once. */
const margin = 8;

/**
 * Where the robot is, from the scores of all frames so far: a path through places and ways to move, weighed frame by
 * frame with a memory of about 16 frames. It follows any pace, stops, and drives either way, starts anywhere, and finds
 * the robot again after it was carried elsewhere. Its unit is a frame that shows something new: frames of a robot that
 * stands are not told, or a slow drive would be one of many stops. Integers throughout: |belief| stays below 20000.
 *
 * Allocates only where the map grows beyond `capacity`.
 */
export class SequenceFilter {
  /** Of the last step: the best state of each place, `belief[margin + place]`. */
  #belief: Int16Array;
  #emission: Int16Array;
  #before: Int16Array[];
  #now: Int16Array[];
  #capacity: number;
  #places = 0;
  #started = false;
  /** The states stand for the belief; after a step by odometry the belief alone is true. */
  #statesHold = false;
  /** Advance that odometry has told and that is not yet a whole place. */
  #owed = 0;

  constructor(capacity = 1024) {
    this.#capacity = capacity;
    this.#belief = empty(capacity);
    this.#emission = empty(capacity);
    this.#before = Array.from({ length: count }, () => empty(capacity));
    this.#now = Array.from({ length: count }, () => empty(capacity));
  }

  /** Nothing is known: the next frame alone decides. */
  begin(): void {
    this.#started = false;
    this.#owed = 0;
  }

  /**
   * Takes the scores of the next frame for places `0 … places)`. The map may have grown since the last one, at its end.
   * `advance` is how far odometry says the robot went since the last step, in places, negative backwards; NaN where
   * nothing tells. A frame without evidence is not told: the belief then stays, and its advance belongs to the next one.
   */
  step(scores: Float32Array, places: number, advance = Number.NaN): void {
    if (places > this.#capacity) this.#grow(places);
    if (places < this.#places) this.begin();
    this.#places = places;
    writeEmission(scores, places, this.#emission, margin);
    if (!this.#started) this.#start();
    else if (Number.isNaN(advance)) this.#advance();
    else this.#advanceBy(advance);
  }

  /** Of each place, larger is surer, to `beliefs[0 … places)`. */
  read(beliefs: Float32Array): void {
    for (let place = 0; place < this.#places; place++) beliefs[place] = (this.#belief[margin + place] as number) / one;
  }

  /** The first of the surest. */
  get best(): number {
    let best = margin;
    for (let at = margin; at < margin + this.#places; at++)
      if ((this.#belief[at] as number) > (this.#belief[best] as number)) best = at;
    return best - margin;
  }

  #start(): void {
    const end = margin + this.#places;
    for (const state of this.#now) {
      state.fill(outside);
      state.set(this.#emission.subarray(margin, end), margin);
    }
    for (const state of this.#before) state.fill(outside);
    this.#belief.fill(outside);
    this.#belief.set(this.#emission.subarray(margin, end), margin);
    this.#started = true;
    this.#statesHold = true;
  }

  /** By odometry, which may be wrong by a place a step at a price. */
  #advanceBy(advance: number): void {
    this.#owed += advance;
    const step = Math.round(this.#owed);
    this.#owed -= step;
    const before = this.#belief;
    const now = this.#now[0] as Int16Array;
    const end = margin + this.#places;
    const at = (place: number): number => (place < margin || place >= end ? outside : (before[place] as number));
    for (let place = margin; place < end; place++) {
      const from = place - step;
      const better = Math.max(at(from), at(from - 1) - one, at(from + 1) - one);
      now[place] = (this.#emission[place] as number) + better - (better >> 4);
    }
    this.#belief = now;
    this.#now[0] = before;
    this.#statesHold = false;
  }

  #advance(): void {
    if (!this.#statesHold) for (const state of this.#now) state.set(this.#belief);
    this.#statesHold = true;
    this.#owed = 0;
    const [before, now] = [this.#now, this.#before];
    this.#before = before;
    this.#now = now;
    for (let place = 0; place < states.length; place++) {
      const { from, step, cost } = states[place] as (typeof states)[number];
      this.#move(before[from] as Int16Array, now[place] as Int16Array, step, cost);
    }
    this.#moveFreely(before[states.length] as Int16Array, now[states.length] as Int16Array);
    this.#collect();
  }

  #move(before: Int16Array, now: Int16Array, step: number, cost: number): void {
    const belief = this.#belief;
    const emission = this.#emission;
    for (let at = margin; at < margin + this.#places; at++) {
      const kept = before[at - step] as number;
      const switched = (belief[at - step] as number) - switching;
      const better = kept > switched ? kept : switched;
      now[at] = (emission[at] as number) - cost + better - (better >> 4);
    }
  }

  #moveFreely(before: Int16Array, now: Int16Array): void {
    const belief = this.#belief;
    const emission = this.#emission;
    for (let at = margin; at < margin + this.#places; at++) {
      let better = before[at - 1] as number;
      const stays = (before[at] as number) - free.steps[0];
      if (stays > better) better = stays;
      const skips = (before[at - 2] as number) - free.steps[2];
      if (skips > better) better = skips;
      const leaps = (before[at - 3] as number) - free.steps[3];
      if (leaps > better) better = leaps;
      const switched = (belief[at - 1] as number) - switching;
      if (switched > better) better = switched;
      now[at] = (emission[at] as number) - free.cost + better - (better >> 4);
    }
  }

  #collect(): void {
    const belief = this.#belief;
    const [first = belief, ...others] = this.#now;
    belief.set(first);
    for (const state of others)
      for (let at = margin; at < margin + this.#places; at++)
        if ((state[at] as number) > (belief[at] as number)) belief[at] = state[at] as number;
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

function empty(capacity: number): Int16Array {
  return new Int16Array(capacity + 2 * margin).fill(outside);
}
