import type { GateLimits } from '../contracts.js';
import type { PolicyPlan } from '../decide/policy-plan.js';
import type { DetectorPlan } from '../detect/detector-plan.js';
import type { StagePlan } from '../signal/stage-plan.js';

/** What the loop is built from: plain values, resolved from the configuration, the same in a live run and in a replay. */
export interface LoopPlan {
  /** In an order in which each signal stands after the one it is made from. */
  readonly signals: readonly SignalPlan[];
  readonly detectors: readonly DetectorEntry[];
  /** Absent where nothing is stimulated: then no guardian starts. */
  readonly stimulation?: StimulationPlan;
  /** Place in `signals` of the one that live views show. */
  readonly trace: number;
}

export interface SignalPlan {
  readonly name: string;
  /** A derivation of channels such as `C3 - M2`, or the place of an earlier signal. */
  readonly from: { readonly derivation: string } | { readonly signal: number };
  readonly stages: readonly (StagePlan | ModulePlan)[];
}

export interface DetectorEntry {
  readonly name: string;
  /** Place in `signals`. */
  readonly signal: number;
  /** Places of further signals, for a detector of several. */
  readonly more?: readonly number[];
  readonly plan: DetectorPlan | ModulePlan;
}

export interface StimulationPlan {
  readonly policy: PolicyPlan | ModulePlan;
  /** How long a stimulus lasts, by variant. */
  readonly durationsUs: readonly number[];
  /** What each variant is called; absent where there is one. */
  readonly variants?: readonly string[];
  readonly limits: GateLimits;
  /** The run belongs to a participant's night: what was given earlier in it counts. */
  readonly ofNight?: boolean;
  /** Places in `detectors` of those whose estimates must be clear. */
  readonly require: readonly number[];
}

/** A part of the user's own: a file that exports `create(options)` by the contract of its place. */
export interface ModulePlan {
  /** Absolute path. */
  readonly module: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export function isModule(plan: object): plan is ModulePlan {
  return 'module' in plan;
}
