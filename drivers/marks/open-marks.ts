import { openGpioMarks, type GpioMarksPlan } from './gpio-marks.js';
import { openLslMarks, type LslMarksPlan } from '../lsl/marker-inlet.js';
import type { MarkInput } from './mark-input.js';
import { openSerialMarks, type SerialMarksPlan } from './serial-marks.js';

export type MarksPlan = GpioMarksPlan | SerialMarksPlan | LslMarksPlan;

/** Throws one line where it cannot be opened. `nowUs` tells the time: of those that have none of their own. */
export function openMarks(name: string, plan: MarksPlan, nowUs: () => number): MarkInput {
  switch (plan.use) {
    case 'gpio':
      return openGpioMarks(name, plan);
    case 'serial':
      return openSerialMarks(name, plan, nowUs);
    case 'lsl':
      return openLslMarks(name, plan, nowUs);
  }
}
