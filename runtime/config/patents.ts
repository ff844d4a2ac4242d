import { isModule } from '../loop/plan.js';
import type { Configuration } from './schema.js';

/** What whoever times stimuli by the phase of slow oscillations should know; empty where nobody does. */
export function patentNotes({ policy, detectors }: Pick<Configuration, 'policy' | 'detectors'>): readonly string[] {
  if (!policy || isModule(policy) || policy.use === 'periodic') return [];
  const after = Object.hasOwn(detectors, policy.after) ? detectors[policy.after]?.plan : undefined;
  const isFollowing = after && !isModule(after) && (after.use === 'phase-target' || after.use === 'slow-oscillation');
  return isFollowing || policy.coupling ? phasePatents : [];
}

/** Found in a short search; closest first. */
export const phasePatents: readonly string[] = [
  'Note: stimuli timed by the phase of slow oscillations (after phase-target or slow-oscillation, or',
  'with coupling): there are patents. A short search found US 10,589,055 B2 (Northwestern University: a',
  'phase-locked loop to enhance slow-wave sleep), US 10,220,183 B2, US 11,052,220 B2 and US 11,707,596',
  '(Philips: adjusting the intensity; volume by the depth of sleep; timed and grouped stimuli) and',
  'US 2022/0054797 (Philips: masking noise; pending when seen). axond estimates the phase linearly,',
  'without a phase-locked loop. This is not legal advice: have it judged where you use it.',
];
