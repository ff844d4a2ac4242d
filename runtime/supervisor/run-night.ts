import { basename, join } from 'node:path';
import type { Logger } from 'pino';
import type { RunPlan } from '../config/compile.js';
import type { StudyPlan } from '../contracts.js';
import { silenceGuardian } from '../guardian/silence.js';
import { monotonicUs } from '../monotonic.js';
import { silencedUs } from '../recording/deliveries.js';
import { openRecording } from '../recording/read.js';
import type { AlarmFacts } from '../study/alarm-rules.js';
import { NightFile, nightPath, nightsOf } from '../study/night-file.js';
import type { NightLine, NightTime } from '../study/night-log.js';
import { Night, type RunBefore } from '../study/night.js';
import { ownRate } from '../study/own-rate.js';
import { readRestCall } from '../study/rest-call.js';
import type { SleptBlock } from '../study/stimulus-rate.js';
import type { RunMemory } from './memory.js';
import { NightRun } from './night-run.js';
import { placesOf } from './places.js';
import type { RunArming } from './run-arming.js';
import { clockIsUnset, readBootId } from './run-file.js';
import type { Stimulator } from './stimulator.js';
import type { StudyLock } from './study-lock.js';

/** A run of a study as its night sees it. */
export interface NightParts {
  readonly plan: RunPlan;
  readonly study: StudyPlan;
  readonly memory: RunMemory;
  readonly arming: RunArming;
  readonly stimulator: () => Stimulator | undefined;
  readonly silenceSocket: string;
  readonly mark: (text: string) => void;
  readonly log: Logger;
}

/** What stands in the log of a night that goes on. */
export interface FoundNight {
  readonly file: NightFile;
  readonly lines: readonly NightLine[];
  readonly before: RunBefore | undefined;
  /** Why the log cannot be read; then nothing can be armed. */
  readonly problem: string;
  /**
   * A run before this one was in an open window: this one goes on with its night, as a service starts it again without being
   * told so, however that one ended.
   */
  readonly goesOn: boolean;
}

/** The time of a line of a night's log that is written now. */
export function nightTime({ record, timeZone }: Pick<RunPlan, 'record' | 'timeZone'>): NightTime {
  const wallMs = Date.now();
  const clock = clockIsUnset(record, wallMs) ? 'unset' : 'set';
  return { us: monotonicUs(), boot: readBootId(), wallMs, clock, zone: timeZone };
}

/** Reads the log of the night that this run belongs to. */
export async function findNight(plan: RunPlan, study: StudyPlan): Promise<FoundNight> {
  const file = new NightFile(nightPath(plan.record, study.name, study.participant, study.night), () => nightTime(plan));
  try {
    const lines = await file.read();
    const night = new Night(lines);
    const now = nightTime(plan);
    const before = night.unended === undefined ? undefined : runBefore(plan, night.unended, now);
    return { file, lines, before, problem: '', goesOn: night.hasRun && night.windowSeconds(now) > 0 };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { file, lines: [], before: undefined, problem, goesOn: false };
  }
}

function runBefore({ record, name }: RunPlan, recording: string, now: NightTime): RunBefore {
  const path = join(record, `${recording}.db`);
  const restCall = readRestCall(placesOf(name).folder, now.boot);
  return { recording, sinceSeconds: sinceAlive(path, now), silencedUs: silencedUs(path), restCall };
}

/** What is known of tonight's sleeper, of earlier nights and of this one. */
export async function sleptBefore(plan: RunPlan, study: StudyPlan, lock: StudyLock['record']): Promise<SleptBlock> {
  return ownRate(await nightsOf(plan.record, study.name, study.participant), lock?.protocol ?? null);
}

/** The night of a run that begins now. */
export async function beginNight(
  found: FoundNight,
  recording: string,
  lock: StudyLock['record'],
  { plan, study, memory, arming, stimulator, silenceSocket, mark, log }: NightParts,
): Promise<NightRun> {
  const night = new NightRun(
    found.lines,
    study.rearm,
    {
      now: () => nightTime(plan),
      append: (entry) => found.file.append(entry),
      isReal: plan.actuator?.plan.use !== 'virtual',
      armed: () => memory.armed,
      armedUntilUs: () => memory.armedUntilUs,
      stands: () => memory.frames > 0 && stimulator()?.ready === true,
      check: (forSeconds, limits) => arming.reasons({ device: plan.name, forSeconds, ...limits }),
      arm: (untilUs, limits) => arming.tell(untilUs, limits),
      disarm: () => void arming.disarm('request'),
      silence: () => silenceGuardian(silenceSocket),
      mark,
      say: (level, text) => log[level](text),
    },
    found.problem,
  );
  const { name, participant, night: number } = study;
  await night.begin(
    {
      kind: 'begun',
      study: name,
      participant,
      night: number,
      device: plan.name,
      protocol: lock?.protocol ?? null,
      approval: lock?.approval ?? null,
      by: '',
    },
    basename(recording, '.db'),
    found.before,
  );
  // Before there was a night that could hear it.
  if (arming.wasDisarmed) night.disarming('request');
  return night;
}

/** For the alarms. */
export function nightFacts(night: NightRun | undefined): AlarmFacts['night'] {
  if (!night) return null;
  const { windowSeconds, rearmed } = night.state;
  return { windowOpen: windowSeconds > 0, adverse: night.adverse, rearmed };
}

/** How long ago a recording got its newest event; NaN where nothing can tell. */
function sinceAlive(path: string, now: NightTime): number {
  try {
    const recording = openRecording(path);
    try {
      const { bootId, startUs, startWallMs, wallClock } = recording.run;
      const lastUs = recording.lastUs();
      if (bootId === now.boot) return (now.us - lastUs) / 1e6;
      if (wallClock === 'unset' || now.clock === 'unset') return NaN;
      return (now.wallMs - (startWallMs + (lastUs - startUs) / 1000)) / 1000;
    } finally {
      recording.close();
    }
  } catch {
    return NaN;
  }
}
