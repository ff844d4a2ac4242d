import type { DetectorPlan } from '../detect/detector-plan.js';
import type { ModulePlan } from '../loop/plan.js';
import { partName } from './values.js';

/** What an entry of `detectors` parses to. */
export interface Entry {
  /** Name of a signal. */
  readonly signal: string;
  /** Further signals, for a detector of several. */
  readonly more?: readonly string[];
  readonly plan: DetectorPlan | ModulePlan;
}

export const signal = partName.meta({ description: 'Signal in which it looks.', example: 'c3' });
