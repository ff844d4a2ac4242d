import type { Detector } from '../contracts.js';
import { BandPowerDetector, type BandPowerOptions } from './band-power.js';
import { SleepGate, type SleepGateOptions } from './sleep-gate.js';
import { ThreeFeatureDetector, type ThreeFeatureOptions } from './three-feature.js';
import { ThresholdDetector, type ThresholdOptions } from './threshold.js';

/** A detector as plain values; `use` picks the kind. */
export type DetectorPlan =
  | ({ readonly use: 'band-power' } & Partial<BandPowerOptions>)
  | ({ readonly use: 'sleep-gate' } & Partial<SleepGateOptions>)
  | ({ readonly use: 'three-feature' } & Partial<ThreeFeatureOptions>)
  | ({ readonly use: 'threshold' } & ThresholdOptions);

/** Throws a `RangeError` that names an impossible option; what depends on the signal is judged by `prepare`. */
export function createDetector(plan: DetectorPlan): Detector {
  switch (plan.use) {
    case 'band-power':
      return new BandPowerDetector(plan);
    case 'sleep-gate':
      return new SleepGate(plan);
    case 'three-feature':
      return new ThreeFeatureDetector(plan);
    case 'threshold':
      return new ThresholdDetector(plan);
  }
}
