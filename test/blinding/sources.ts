import type { Condition } from '../../runtime/contracts.js';
import type { Published } from './published.js';

/** A stimulus as it was published, and what it was in truth. */
export interface Known {
  readonly published: Published;
  readonly condition: Condition;
  /** Stimuli that were given close together. */
  readonly group: number;
}
