/**
 * A hypnogram estimated from one electrode, by the depth of sleep alone: N1 and REM look alike to it. It is no staging
 * by a person, and is named so wherever it is shown.
 */
export const stageGuesses = ['awake', 'N1 or REM', 'N2', 'N3', 'unknown'] as const;
export type StageGuess = (typeof stageGuesses)[number];

/** Depth in octaves, as `detect/sleep-rule.ts` has it: awake about 1, N1 and REM 2, N2 3, N3 4; it draws N2 at 2.4. */
export function guessStage(depth: number): StageGuess {
  if (Number.isNaN(depth)) return 'unknown';
  if (depth < 1.5) return 'awake';
  if (depth < 2.4) return 'N1 or REM';
  return depth < 3.5 ? 'N2' : 'N3';
}
