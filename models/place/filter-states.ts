import { one } from './emission.js';

/**
 * How the robot may move from one frame to the next, as states of the filter. Each takes the better of two
 * predecessors, `step` places behind: its `from` state, or any state at the price of a switch. Half speed alternates
 * between two states: one stays, one advances. Backwards costs a little more than forwards: it is rarer.
 */
export const moves = [
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
export const free = { cost: 51, steps: [one, 0, one, 1.5 * one] } as const;
export const switching = 3 * one;
export const stateCount = moves.length + 1;

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
