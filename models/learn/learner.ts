import type { Network } from '../format/graph.js';

/**
 * Learns on the device, while a network runs, in weights of its own. Nothing that runs changes: what was learned comes
 * out as a new network by `propose`, and `keepBetter` decides whether it takes the place of the old one.
 */
export interface Learner {
  /** The dense nodes whose weights change, in the order in which they run. */
  readonly layers: readonly string[];
  /** What came before has nothing to do with what comes now: traces and membranes are cleared, weights stay. */
  startSequence(): void;
  /**
   * One tick: the spikes (0 … levels) or sums that reach the first of the layers, and the class that is right now, if it
   * is known. Allocates nothing.
   */
  observe(inputs: Uint8Array | Int32Array, label?: number): void;
  /** Moves the weights by what was observed since the last call. */
  apply(): void;
  /** The network with the weights as they are now, rounded to its integers, and a line of provenance. */
  propose(): Network;
  /** Back to the weights that the network came with. */
  restoreFactory(): void;
}

export interface Choice {
  readonly network: Network;
  readonly kept: 'old' | 'new';
  readonly oldScore: number;
  readonly newScore: number;
}

/**
 * The new network if it scores better by more than `margin` by `score` (higher is better) on data that it did not learn
 * from; else the old one. A score that is no number counts as worse than any.
 */
export function keepBetter(old: Network, proposed: Network, score: (network: Network) => number, margin = 0): Choice {
  const oldScore = score(old);
  const newScore = score(proposed);
  const better = Number.isNaN(oldScore) ? !Number.isNaN(newScore) : newScore > oldScore + margin;
  return better
    ? { network: proposed, kept: 'new', oldScore, newScore }
    : { network: old, kept: 'old', oldScore, newScore };
}
