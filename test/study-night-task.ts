import type { SleepStage } from '../drivers/sleeper/generator.js';

/** What `study-e2e.ts` has `study-night.ts` do. */
export interface NightTask {
  readonly configuration: readonly string[];
  /** Name of the box. */
  readonly bed: string;
  /** Folder of recordings. */
  readonly record: string;
  readonly participant: string;
  readonly night: number;
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
}

export function recordingName({ bed, startWallMs, fromSeconds }: NightTask): string {
  const stamp = new Date(startWallMs + fromSeconds * 1000).toISOString().slice(0, 19).replaceAll(':', '-');
  return `${bed}-${stamp}`;
}
