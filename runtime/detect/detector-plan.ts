import type { Detector } from '../contracts.js';
import { A7Detector } from './a7/a7.js';
import type { A7Thresholds } from './a7/thresholds.js';
import { BandPowerDetector, type BandPowerOptions } from './band-power.js';
import type { PortiloopPlan } from './portiloop.js';
import { SleepGate, type SleepGateOptions } from './sleep-gate.js';
import { SignalQuality } from './signal-quality/detector.js';
import type { SpindleT1Plan } from './spindle-t1/spindle-t1.js';
import { ThreeFeatureDetector, type ThreeFeatureOptions } from './three-feature.js';
import { PhaseTarget, type PhaseTargetOptions } from './phase/phase-target.js';
import { SlowOscillation, type SlowOscillationOptions } from './phase/slow-oscillation.js';
import { ThresholdDetector, type ThresholdOptions } from './threshold.js';

/** A detector as plain values; `use` picks the kind. */
export type DetectorPlan = RulePlan | PortiloopPlan | SpindleT1Plan;

/** Detectors that need no model. The others are made by `loop/load-detector.ts`. */
export type RulePlan =
  | ({ readonly use: 'a7' } & Partial<A7Thresholds>)
  | ({ readonly use: 'band-power' } & Partial<BandPowerOptions>)
  | ({ readonly use: 'sleep-gate' } & Partial<SleepGateOptions>)
  | ({ readonly use: 'three-feature' } & Partial<ThreeFeatureOptions>)
  | ({ readonly use: 'phase-target' } & Partial<PhaseTargetOptions>)
  | { readonly use: 'signal-quality' }
  | ({ readonly use: 'slow-oscillation' } & Partial<SlowOscillationOptions>)
  | ({ readonly use: 'threshold' } & ThresholdOptions);

/** Throws a `RangeError` that names an impossible option; what depends on the signal is judged by `prepare`. */
export function createDetector(plan: RulePlan): Detector {
  switch (plan.use) {
    case 'a7':
      return new A7Detector(plan);
    case 'band-power':
      return new BandPowerDetector(plan);
    case 'sleep-gate':
      return new SleepGate(plan);
    case 'three-feature':
      return new ThreeFeatureDetector(plan);
    case 'phase-target':
      return new PhaseTarget(plan);
    case 'signal-quality':
      return new SignalQuality();
    case 'slow-oscillation':
      return new SlowOscillation(plan);
    case 'threshold':
      return new ThresholdDetector(plan);
  }
}
