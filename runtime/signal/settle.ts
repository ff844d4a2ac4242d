import type { Stage } from '../contracts.js';

/** Output samples until the response of a linear stage to a step stays within 1 % of its end. Leaves the stage reset. */
export function settleOfStep(stage: Pick<Stage, 'process' | 'reset'>, rate: number): number {
  const length = Math.ceil(longestSeconds * rate);
  const response = new Float64Array(length).fill(1);
  stage.reset();
  const count = stage.process(response, length, response);
  stage.reset();
  const end = response[count - 1] as number;
  let largest = Math.abs(end);
  for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(response[i] as number));
  let last = 0;
  for (let i = 0; i < count; i++) if (Math.abs((response[i] as number) - end) > 0.01 * largest) last = i + 1;
  return last;
}

/** Slower filters than these have no place before a stimulus. */
const longestSeconds = 120;
