import { openGpioMarks, type GpioMarksPlan } from './gpio-marks.js';
import type { MarkInput } from './mark-input.js';
import { openSerialMarks, type SerialMarksPlan } from './serial-marks.js';

export type MarksPlan = GpioMarksPlan | SerialMarksPlan;

/** Throws one line where it cannot be opened. `nowUs` tells the time: of those that have none of their own. */
export function openMarks(name: string, plan: MarksPlan, nowUs: () => number): MarkInput {
  return plan.use === 'gpio' ? openGpioMarks(name, plan) : openSerialMarks(name, plan, nowUs);
}
