/** Stages by Rechtschaffen and Kales; N3 of the newer rules counts as S3, movement and unknown as `other`. */
export const stages = ['W', 'S1', 'S2', 'S3', 'S4', 'REM', 'other'] as const;
export type Stage = (typeof stages)[number];

/** Stages of epochs of equal length from the first sample on. */
export interface Hypnogram {
  readonly epochSeconds: number;
  readonly stages: readonly Stage[];
}

/** Behind its end: `other`. */
export function stageAt({ epochSeconds, stages }: Hypnogram, seconds: number): Stage {
  return stages[Math.floor(seconds / epochSeconds)] ?? 'other';
}

export function perStage<Value>(make: (stage: Stage) => Value): Record<Stage, Value> {
  return Object.fromEntries(stages.map((stage) => [stage, make(stage)])) as Record<Stage, Value>;
}
