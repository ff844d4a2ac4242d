import { isModule, type LoopPlan } from '../../loop/plan.js';
import { groupDelayAt } from '../../signal/group-delay.js';

/** Of a signal that passes stages; NaN where one of them is a module of the user's own. */
export interface FilterDelay {
  readonly signal: string;
  readonly seconds: number;
}

/** Where spindles are: the middle of 11 to 16 Hz. */
export const spindleHertz = 13.5;

/** By how much all stages together delay each signal at `spindleHertz`, those of the signal that it is made from too. Pure. */
export function filterDelays({ signals }: Pick<LoopPlan, 'signals'>, rate: number): FilterDelay[] {
  const told: { signal: string; seconds: number; rate: number; filtered: boolean }[] = [];
  for (const { name, from, stages } of signals) {
    const before = 'signal' in from ? told[from.signal] : undefined;
    let seconds = before?.seconds ?? 0;
    let shape = { rate: before?.rate ?? rate, unit: 'uV' };
    for (const stage of stages) {
      if (isModule(stage)) seconds = NaN;
      // Behind a module the rate is not known either.
      if (isModule(stage) || Number.isNaN(seconds)) continue;
      const delay = groupDelayAt(stage, shape, spindleHertz);
      seconds += delay.seconds;
      ({ shape } = delay);
    }
    const filtered = stages.length > 0 || before?.filtered === true;
    told.push({ signal: name, seconds, rate: shape.rate, filtered });
  }
  return told.flatMap(({ signal, seconds, filtered }) => (filtered ? [{ signal, seconds }] : []));
}
