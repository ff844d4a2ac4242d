import type { RunPlan } from '../config/compile.js';
import { Control, ControlTime } from '../loop/shared.js';
import { monotonicUs } from '../monotonic.js';
import type { Alarm } from '../study/alarms.js';
import type { LinkConnection } from './link-connection.js';
import type { RunMemory } from './memory.js';
import type { MarkStatus } from './mark-inputs.js';
import type { NightRun } from './night-run.js';
import type { RecorderThread } from './recorder-thread.js';
import type { Status } from './status.js';
import type { Stimulator } from './stimulator.js';

/** The parts of a run that its status tells of; those that are not there yet are undefined. */
export interface RunParts {
  readonly plan: RunPlan;
  readonly verb: string;
  readonly memory: RunMemory;
  readonly recording: string;
  readonly runningSeconds: number;
  readonly notice: string;
  readonly stimulator: Stimulator | undefined;
  readonly recorder: RecorderThread | undefined;
  readonly night: NightRun | undefined;
  readonly alarms: readonly Alarm[];
  readonly marks: readonly MarkStatus[];
  readonly link: LinkConnection | undefined;
  readonly realtime: string;
}

export function statusOf(run: RunParts): Status {
  const { plan, verb, memory, recording, runningSeconds, notice } = run;
  const { stimulator, recorder, night, alarms, link, realtime } = run;
  const control = (word: number): number => memory.control[word] as number;
  return {
    name: plan.name,
    ...(run.marks.length > 0 ? { marks: run.marks } : {}),
    verb,
    recording,
    runningSeconds,
    source: {
      device: plan.source.device.use,
      port: plan.source.port,
      state: memory.sourceState,
      notice,
      samples: memory.frames,
      gaps: control(Control.gaps),
      lostFrames: control(Control.lostFrames),
      discardedBytes: control(Control.discardedBytes),
      duplicates: control(Control.duplicates),
      driftPpm: memory.times[ControlTime.driftPpm] as number,
    },
    detections: control(Control.detections),
    stimulation: stimulator
      ? {
          armed: memory.armed,
          armedForSeconds: memory.armed ? (memory.armedUntilUs - monotonicUs()) / 1e6 : 0,
          holding: memory.holding,
          stimuli: control(Control.stimuli),
          refusals: control(Control.refusals),
          lastStimulus: idOf('S', control(Control.lastCommand)),
          lastRefusal: idOf('R', control(Control.lastRefused)),
          lastReasons: memory.lastReasons,
          actuator: plan.actuator?.name ?? '',
          guardian: stimulator.ready ? 'ready' : stimulator.cause,
          budget: recorder?.budget ?? { state: 'starting', left: null },
        }
      : null,
    place: null,
    night: night?.state ?? null,
    alarms,
    ringLosses: memory.ringLosses,
    recorder: recorder?.status ?? { state: 'starting', lagMs: 0, head: null },
    mqtt: link?.status ?? null,
    dashboard: link?.dashboard ?? null,
    realtime,
    processes: { core: process.pid, guardian: stimulator?.pid ?? null, link: link?.pid ?? null },
  };
}

const idOf = (letter: string, number: number): string | null => (number === 0 ? null : `${letter}${number}`);
