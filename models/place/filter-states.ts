import { one } from './emission.js';

/**
 * How the robot may move from one frame to the next, as states of the filter. Each takes the best of three predecessors:
 * `step` places behind, its `from` state, or any state at the price of a switch; or any place at the price of having been
 * carried here. Half speed alternates between two states: one stays, one advances. Backwards costs a little more than
 * forwards: it is rarer.
 */
export const moves = [
  { name: 'still', from: 0, step: 0, cost: 77 },
  { name: 'forward', from: 1, step: 1, cost: 0 },
  { name: 'two forward', from: 2, step: 2, cost: 77 },
  { name: 'three forward', from: 3, step: 3, cost: 102 },
  { name: 'slow forward, stays', from: 5, step: 0, cost: 38 },
  { name: 'slow forward, advances', from: 4, step: 1, cost: 38 },
  { name: 'back', from: 6, step: -1, cost: 26 },
  { name: 'two back', from: 7, step: -2, cost: 103 },
  { name: 'three back', from: 8, step: -3, cost: 128 },
  { name: 'slow back, stays', from: 10, step: 0, cost: 64 },
  { name: 'slow back, advances', from: 9, step: -1, cost: 64 },
] as const;

/** The last two states: at a pace that changes from frame to frame, forwards and back. */
export const freeMoves = [
  { name: 'any pace forward', direction: 1, cost: 51 },
  { name: 'any pace back', direction: -1, cost: 77 },
] as const;
/** Their prices of a step of 0, 1, 2 and 3 places. */
export const freeSteps = [one, 0, one, 1.5 * one] as const;

/** To move in another way than before. A lower price finds a new pace sooner, and takes a doubtful frame for one. */
export const switching = 5 * one;
/** To have been carried to any other place. Less, and a few frames that look alike carry a robot that drives. */
export const carrying = 28 * one;
export const stateCount = moves.length + freeMoves.length;

/** Beyond both ends of the map, and where a place has just been added. */
export const outside = -9 * one;

/**
 * The numbers of a sequence filter: of every place the belief that the robot is there and moves in this way or that, in
 * integers of 16 bits, and the best of these, which is the belief of the place. Allocates only where it grows.
 */
export interface FilterStates {
  /** Takes the scores of a frame. The map may have grown since the last one, at its end. */
  see(scores: Float32Array, places: number): void;
  /** The frame alone decides. */
  start(): void;
  /** The frame, after one step in any way. */
  move(): void;
  /**
   * The frame, after `step` places, or one fewer or more at a price. The belief alone follows: `spread` comes before the
   * next `move`.
   */
  moveBy(step: number): void;
  /** The robot may move in every way from where it is believed to be. */
  spread(): void;
  /** Of each place, larger is surer, to `beliefs[0 … places)`. */
  read(beliefs: Float32Array): void;
  /** The first of the surest places. */
  readonly best: number;
}
