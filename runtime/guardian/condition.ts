import type { Condition } from '../contracts.js';

/** Says, after the permit and inside the guardian alone, whether a stimulus is real or sham. */
export interface ConditionSource {
  /** What speaks against arming, in lines that a person can act on; none of them tells the condition. */
  check(): readonly string[];
  /** Of a stimulus that fires at `nowUs`. Throws one line if it is not known: then nothing fires. */
  condition(nowUs: number): Condition;
}

/** Where nobody is blinded. */
export const alwaysReal: ConditionSource = { check: () => [], condition: () => 'real' };
