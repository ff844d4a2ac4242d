import type { Axis } from './protocol.js';

/** What an inertial sensor must give, as plain values. */
export interface ImuOptions {
  /** Names of its axes as the kernel has them, in the order in which they become channels. */
  readonly channels: readonly Axis[];
  /** Samples a second. */
  readonly rate: number;
}
