import { statfsSync } from 'node:fs';
import type { RunPlan } from '../config/compile.js';
import type { StreamInfo } from '../contracts.js';
import { ControlTime } from '../loop/shared.js';
import type { LoopDescription } from '../loop/build.js';
import { monotonicUs } from '../monotonic.js';
import { mostBytesPerSecond } from '../recording/room.js';
import { AlarmWatch, type AlarmPorts, type AlarmsBefore } from './alarm-watch.js';
import type { RunMemory } from './memory.js';
import { readPower } from './power.js';

/** A run, as its alarms see it. */
export interface WatchedRun extends Pick<AlarmPorts, 'status' | 'night' | 'changed' | 'slept'> {
  readonly plan: Pick<RunPlan, 'record' | 'loop'>;
  readonly estimates: LoopDescription['estimates'];
  readonly stream: StreamInfo;
  readonly memory: RunMemory;
  readonly before: AlarmsBefore;
}

/** The alarms of a run that begins now. */
export function watchRun({ plan, estimates, stream, memory, before, ...ports }: WatchedRun): AlarmWatch {
  const startUs = monotonicUs();
  const { detectors, stimulation } = plan.loop;
  const required = (stimulation?.require ?? []).map((place) => detectors[place]?.name ?? '');
  const bytesPerSecond = mostBytesPerSecond({ stream });
  const watched: AlarmPorts = {
    ...ports,
    sampleAge: () => sampleAge(memory),
    committedAge: () => age(memory.times[ControlTime.committedUs] as number),
    power: () => readPower(),
    freeBytes: () => freeBytesOf(plan.record),
    wantedBytes: () => bytesPerSecond * Math.max(leastSeconds, nightSeconds - age(startUs)),
  };
  return new AlarmWatch(
    watched,
    required.some((name) => estimates[name]?.includes('sleep')),
    before,
  );
}

/** Seconds since the newest sample; Infinity before the first. */
export function sampleAge({ frames, times }: RunMemory): number {
  return frames === 0 ? Infinity : age(times[ControlTime.lastFrameUs] as number);
}

const age = (us: number): number => (monotonicUs() - us) / 1e6;

function freeBytesOf(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** From the start of a run: no window is longer. */
const nightSeconds = 10 * 3600;
const leastSeconds = 3600;
