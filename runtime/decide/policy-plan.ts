import type { EstimateReason } from '../contracts.js';

/**
 * What a policy is built from: plain values. `Detector` is the place of one in the configuration; a configuration has its
 * name there. Times are seconds of sample time.
 */
export type PolicyPlan<Detector = number> = DetectionPlan<Detector> | PeriodicPlan<Detector>;

/** Answers detections: selection × timing × variant × schedule. */
export interface DetectionPlan<Detector = number> extends AskingPlan<Detector> {
  /** `immediate` is a delay of 0. */
  readonly use: 'immediate' | 'delayed';
  readonly after: Detector;
  /** From the confirmation to the stimulus; with `delayUpToSeconds` a random one, each as likely as any other between. */
  readonly delaySeconds: number;
  readonly delayUpToSeconds?: number;
  /** No request within this time of the last stimulus that was permitted, or that was only muted by the schedule. */
  readonly refractorySeconds: number;
  /** Only detections so long after the last one, whether that was answered or not. */
  readonly since?: SincePlan;
  /** Absent: every detection is answered. */
  readonly coupling?: CouplingPlan<Detector>;
  /** Absent: one stimulus for each detection that is answered. */
  readonly train?: TrainPlan;
}

/** Looks at no detection: a stimulus at every multiple of a time, counted from the first sample of the run. */
export interface PeriodicPlan<Detector = number> extends AskingPlan<Detector> {
  readonly use: 'periodic';
  readonly everySeconds: number;
}

export interface AskingPlan<Detector = number> {
  /** A request is void this long after it was due. */
  readonly expiresUs: number;
  /** Absent: the stimuli that there are, in turn. */
  readonly cues?: CuePlan;
  /** Absent: always. */
  readonly schedule?: SchedulePlan<Detector>;
}

/** Exclusive at both ends, as the Portiloop has it. */
export interface SincePlan {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** Answers a detection only in a part of the slow oscillation that another detector follows. */
export interface CouplingPlan<Detector = number> {
  /** One with an estimate `phase`. */
  readonly of: Detector;
  /** From here upwards to there, −180 to 180, through ±180 where `from` is above `to`. */
  readonly fromDegrees: number;
  readonly toDegrees: number;
  /** Nor later than this after the onset of that detector's last confirmed detection; infinite: whenever. */
  readonly withinSeconds: number;
}

export interface TrainPlan {
  readonly pulses: number;
  /** From the start of one to that of the next. */
  readonly intervalSeconds: number;
}

/** Which of several stimuli is given next. */
export interface CuePlan {
  /** Of stimuli. */
  readonly count: number;
  /** `shuffled`: a new order in each round, in which each is given once. */
  readonly order: 'sequence' | 'shuffled';
  /** How often each is given in a run; then all is over. May be infinite. */
  readonly each: number;
}

/** When a stimulus is muted: asked for all the same, and refused, so that the record has it. */
export interface SchedulePlan<Detector = number> {
  readonly afterSleep?: {
    /** One with an estimate `sleep`. */
    readonly of: Detector;
    readonly seconds: number;
  };
  readonly pause?: {
    /** What estimates of any detector must not judge. */
    readonly on: readonly EstimateReason[];
    /** Detectors that must not detect. */
    readonly detections: readonly Detector[];
    readonly seconds: number;
  };
  /** Permitted stimuli of the run after which all is over. */
  readonly stopAfter?: number;
  /** In turn from the first sample of the run on, beginning with `on`. */
  readonly windows?: { readonly onSeconds: number; readonly offSeconds: number };
}

/** The same policy, with something else for each detector. */
export function withDetectors<From, To>(plan: PolicyPlan<From>, of: (detector: From) => To): PolicyPlan<To> {
  if (plan.use === 'periodic') {
    const { schedule, ...rest } = plan;
    return schedule ? { ...rest, schedule: scheduleWith(schedule, of) } : rest;
  }
  const { schedule, coupling, ...rest } = plan;
  return {
    ...rest,
    after: of(plan.after),
    ...(schedule ? { schedule: scheduleWith(schedule, of) } : {}),
    ...(coupling ? { coupling: { ...coupling, of: of(coupling.of) } } : {}),
  };
}

function scheduleWith<From, To>(
  { afterSleep, pause, ...rest }: SchedulePlan<From>,
  of: (detector: From) => To,
): SchedulePlan<To> {
  return {
    ...rest,
    ...(afterSleep ? { afterSleep: { ...afterSleep, of: of(afterSleep.of) } } : {}),
    ...(pause ? { pause: { ...pause, detections: pause.detections.map(of) } } : {}),
  };
}

/** What it does depends on a seed: without one it asks for nothing. */
export function isRandom(plan: PolicyPlan): boolean {
  return plan.cues?.order === 'shuffled' || (plan.use !== 'periodic' && plan.delayUpToSeconds !== undefined);
}
