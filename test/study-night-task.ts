import type { SleepStage } from '../drivers/sleeper/generator.js';

/** What `study-e2e.ts` and `blinding/night-pair.ts` have `study-night.ts` do. */
export interface NightTask {
  readonly configuration: readonly string[];
  /** Name of the box. */
  readonly bed: string;
  /** Folder of recordings. */
  readonly record: string;
  readonly participant: string;
  readonly night: number;
  /** From which the sleeper is drawn, the same in each night, and from which this night is. */
  readonly person: number;
  readonly seed: number;
  readonly boot: string;
  /** Monotonic and wall time at which the night began. */
  readonly startUs: number;
  readonly startWallMs: number;
  readonly stages: readonly SleepStage[];
  /** At which of its seconds the recording begins: after a crash, further on. */
  readonly fromSeconds: number;
  /** The process kills itself then. */
  readonly crashAt?: number;
  readonly adverse?: { readonly at: number; readonly clearedAt: number };
  /** The board has no clock: it begins in 1970, and somebody sets it at this second of the night. */
  readonly clockSetAt?: number;
  /** Who sleeps does not answer what they hear. */
  readonly deaf?: boolean;
  /** The guardian tells of shams: they start a millisecond later, and raise an alarm. */
  readonly leaks?: boolean;
}

/** What the board shows `us` after its boot, and whether that is right. */
export function boardTime({ startUs, startWallMs, clockSetAt }: NightTask, us: number) {
  const isSet = clockSetAt === undefined || us >= startUs + clockSetAt * 1e6;
  return isSet
    ? ({ wallMs: startWallMs + (us - startUs) / 1000, clock: 'set' } as const)
    : ({ wallMs: us / 1000, clock: 'unset' } as const);
}

export function recordingName(task: NightTask): string {
  const { bed, boot, startUs, fromSeconds } = task;
  const us = startUs + fromSeconds * 1e6;
  const { wallMs, clock } = boardTime(task, us);
  if (clock === 'unset') return `${bed}-clock-unset-${boot}-${Math.floor(us / 1e6)}`;
  return `${bed}-${new Date(wallMs).toISOString().slice(0, 19).replaceAll(':', '-')}`;
}
