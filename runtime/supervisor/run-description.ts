import type { RunPlan } from '../config/compile.js';
import type { OutputTiming, RunDescription, StreamInfo } from '../contracts.js';
import type { NightOptions } from '../guardian/condition.js';
import type { LoopDescription } from '../loop/build.js';
import { nightName } from '../recorder/budget.js';
import type { BudgetPlan } from '../recorder/thread.js';
import { clockIsUnset, readBootId } from './run-file.js';
import type { Beginning } from './run-recordings.js';
import type { StudyLock } from './study-lock.js';

export interface DescribedRun {
  readonly plan: RunPlan;
  readonly configuration: string;
  readonly verb: string;
  readonly axondVersion: string;
  readonly stream: StreamInfo;
  readonly loop: LoopDescription;
  readonly night: NightOptions | undefined;
  readonly lock: StudyLock['record'];
  readonly timing: OutputTiming | undefined;
  readonly beginning: Beginning;
}

/** What a recording says of its run. */
export function describeRun(run: DescribedRun): RunDescription {
  const { plan, configuration, verb, axondVersion, stream, loop, night, lock, timing, beginning } = run;
  return {
    name: plan.name,
    axond: axondVersion,
    node: process.version,
    verb,
    configuration,
    stream,
    detectors: plan.loop.detectors.map(({ name }) => name),
    ...loop,
    ...(night ? { study: studyRecord(night, lock) } : {}),
    ...(timing ? { timing } : {}),
    bootId: readBootId(),
    ...beginning,
    ...(clockIsUnset(plan.record, Date.now()) ? { wallClock: 'unset' } : {}),
  };
}

/** Where and how this run's stimuli are counted. */
export function budgetOf({ state, study, loop }: RunPlan): BudgetPlan | undefined {
  const night = study ? nightName(study.name, study.participant, study.night) : '';
  return loop.stimulation && { folder: state, night, limits: loop.stimulation.limits };
}

function studyRecord({ study, sha256 }: NightOptions, lock: StudyLock['record']): RunDescription['study'] & object {
  const { name, participant, night, continue: continued } = study;
  return { name, participant, night, continued, sha256, ...(lock ? { lock } : {}) };
}
