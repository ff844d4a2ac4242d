import type { FilterStates } from './filter-states.js';
import { ReferenceStates } from './reference-states.js';
import { SimdStates } from './simd-states.js';

/**
 * Where the robot is, from the scores of all frames so far: a path through places and ways to move, weighed frame by
 * frame with a memory of about 16 frames. It follows any pace, stops, and drives either way, starts anywhere, and finds
 * the robot again after it was carried elsewhere. Its unit is a frame that shows something new: frames of a robot that
 * stands are not told, or a slow drive would be one of many stops. Integers throughout: |belief| stays below 20000.
 *
 * Allocates only where the map grows beyond `capacity`.
 */
export class SequenceFilter {
  readonly #states: FilterStates;
  #places = 0;
  #started = false;
  /** The states stand for the belief; after a step by odometry the belief alone is true. */
  #statesHold = false;
  /** Advance that odometry has told and that is not yet a whole place; as a number each new one would be an object. */
  readonly #owed = new Float64Array(1);

  /** Frames in a row that showed what the one before them did. */
  #stands = 0;

  /** `module`: assembly/kernels.wasm. Without it, plain code gives the same bits in more time. */
  constructor(module?: WebAssembly.Module, capacity = 1024) {
    this.#states = module ? new SimdStates(module, capacity) : new ReferenceStates(capacity);
  }

  /** Nothing is known: the next frame alone decides. */
  begin(): void {
    this.#started = false;
    this.#stands = 0;
    this.#owed[0] = 0;
  }

  /**
   * Takes the scores of the next frame for places `0 … places)`. The map may have grown since the last one, at its end.
   * `advance` is how far odometry says the robot went since the last step, in places, negative backwards; NaN where
   * nothing tells. A frame without evidence is not told: the belief then stays, and its advance belongs to the next one.
   */
  step(scores: Float32Array, places: number, advance = Number.NaN): void {
    if (places < this.#places) this.begin();
    this.#stands = 0;
    this.#places = places;
    this.#states.see(scores, places);
    if (!this.#started) this.#start();
    else if (Number.isNaN(advance)) this.#move();
    else this.#moveBy(advance);
  }

  /**
   * A frame that shows what the one before it did is not told, but noted here: at half the usual pace each frame comes
   * twice; after more the robot has stopped, and may go on at any pace, either way.
   */
  stand(): void {
    this.#stands++;
    if (this.#stands === 2) this.#statesHold = false;
  }

  /** Of each place, larger is surer, to `beliefs[0 … places)`. Who wants the surest alone asks for `best`. */
  read(beliefs: Float32Array): void {
    this.#states.read(beliefs);
  }

  /** The first of the surest. */
  get best(): number {
    return this.#states.best;
  }

  #start(): void {
    this.#states.start();
    this.#started = true;
    this.#statesHold = true;
  }

  #move(): void {
    if (!this.#statesHold) this.#states.spread();
    this.#statesHold = true;
    this.#owed[0] = 0;
    this.#states.move();
  }

  /** By odometry, which may be wrong by a place a step at a price. */
  #moveBy(advance: number): void {
    const owed = (this.#owed[0] as number) + advance;
    const step = Math.round(owed);
    this.#owed[0] = owed - step;
    this.#states.moveBy(step);
    this.#statesHold = false;
  }
}
