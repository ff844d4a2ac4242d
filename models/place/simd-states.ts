import { one } from './emission.js';
import { type FilterStates, outside, stateCount } from './filter-states.js';
import { type PlaceKernels, placeKernels } from './kernels.js';

const pageBytes = 65536;
const firstAt = 1024;
/** Places beyond each end of an array: the kernels read and write whole vectors of eight. */
const margin = 16;
const beliefAndStates = 1 + stateCount;

/** Arrays of one capacity in one memory. */
interface StateMemory {
  readonly capacity: number;
  readonly scoresAt: number;
  readonly scores: Float32Array;
  readonly emissionAt: number;
  readonly emission: Int16Array;
  /** Belief and states before and after a step, in turns. */
  readonly sides: readonly [Side, Side];
}

/** Belief and states, one array after the other, each with its margins. */
interface Side {
  /** Address of the belief of place 0. */
  readonly at: number;
  readonly values: Int16Array;
}

/** `ReferenceStates`, bit for bit, by vector kernels. */
export class SimdStates implements FilterStates {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #kernels: PlaceKernels;
  #arrays: StateMemory;
  /** That of the last step. */
  #side: 0 | 1 = 0;
  #places = 0;

  constructor(module: WebAssembly.Module, capacity: number) {
    this.#kernels = placeKernels(module, this.#memory);
    this.#arrays = this.#allocate(capacity);
  }

  see(scores: Float32Array, places: number): void {
    if (scores.length > this.#arrays.capacity) this.#grow(scores.length);
    this.#places = places;
    const { scoresAt, emissionAt } = this.#arrays;
    this.#arrays.scores.set(scores);
    this.#kernels.emit(scoresAt, places, emissionAt);
  }

  start(): void {
    const { capacity, sides, emission } = this.#arrays;
    const places = emission.subarray(0, this.#places);
    for (const { values } of sides) values.fill(outside);
    for (let array = 0; array < beliefAndStates; array++)
      sides[this.#side].values.set(places, array * pitchOf(capacity) + margin);
  }

  move(): void {
    const { capacity, emissionAt, sides } = this.#arrays;
    const before = sides[this.#side].at;
    this.#turn();
    this.#kernels.move(emissionAt, before, sides[this.#side].at, 2 * pitchOf(capacity), this.#places, outside);
  }

  moveBy(step: number): void {
    const { emissionAt, sides } = this.#arrays;
    const before = sides[this.#side].at;
    this.#turn();
    // Farther than the whole map is off it, and all the same.
    const bounded = Math.max(-this.#places - 2, Math.min(this.#places + 2, step));
    this.#kernels.moveBy(emissionAt, before, sides[this.#side].at, bounded, this.#places, outside);
  }

  spread(): void {
    const { capacity, sides } = this.#arrays;
    const pitch = pitchOf(capacity);
    for (let array = 1; array < beliefAndStates; array++) sides[this.#side].values.copyWithin(array * pitch, 0, pitch);
  }

  read(beliefs: Float32Array): void {
    const { values } = this.#arrays.sides[this.#side];
    for (let place = 0; place < this.#places; place++) beliefs[place] = (values[margin + place] as number) / one;
  }

  get best(): number {
    return this.#kernels.surest(this.#arrays.sides[this.#side].at, this.#places);
  }

  #turn(): void {
    this.#side = this.#side === 0 ? 1 : 0;
  }

  #grow(places: number): void {
    const { capacity, sides } = this.#arrays;
    const before = sides[this.#side].values.slice();
    this.#arrays = this.#allocate(Math.max(places, 2 * capacity));
    const now = this.#arrays.sides[this.#side].values;
    const pitch = pitchOf(capacity);
    for (let array = 0; array < beliefAndStates; array++)
      now.set(before.subarray(array * pitch, (array + 1) * pitch), array * pitchOf(this.#arrays.capacity));
  }

  /** Nothing is believed of any place. */
  #allocate(wanted: number): StateMemory {
    const capacity = (wanted + 7) & ~7;
    const pitch = pitchOf(capacity);
    const emissionAt = firstAt + 4 * capacity;
    const sidesAt = emissionAt + 2 * capacity;
    const sideBytes = 2 * pitch * beliefAndStates;
    const missing = sidesAt + 2 * sideBytes - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
    const { buffer } = this.#memory;
    const side = (from: number): Side => ({
      at: from + 2 * margin,
      values: new Int16Array(buffer, from, pitch * beliefAndStates).fill(outside),
    });
    return {
      capacity,
      scoresAt: firstAt,
      scores: new Float32Array(buffer, firstAt, capacity),
      emissionAt,
      emission: new Int16Array(buffer, emissionAt, capacity),
      sides: [side(sidesAt), side(sidesAt + sideBytes)],
    };
  }
}

/** Numbers from one array to the next. */
function pitchOf(capacity: number): number {
  return capacity + 2 * margin;
}
