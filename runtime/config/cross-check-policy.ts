import { builtIn, checkName, timeText, type Check } from './check.js';
import type { NamedPolicy } from './policy.js';
import type { Path } from './tree.js';

/** What a policy needs of the other parts. What a module estimates shows when it runs. */
export function crossCheckPolicy(check: Check, policy: NamedPolicy): void {
  if (policy.use === 'periodic') checkInterval(check, ['policy', 'every'], policy.everySeconds);
  else {
    checkName(check, ['policy', 'after'], policy.after, 'detectors');
    if (policy.coupling) checkEstimate(check, ['policy', 'coupling', 'of'], policy.coupling.of, 'phase');
    if (policy.train) checkInterval(check, ['policy', 'train', 'interval'], policy.train.intervalSeconds);
  }
  const { afterSleep, pause } = policy.schedule ?? {};
  if (afterSleep) checkEstimate(check, ['policy', 'schedule', 'afterSleep', 'of'], afterSleep.of, 'sleep');
  pause?.detections.forEach((name, place) => {
    checkName(check, ['policy', 'schedule', 'pause', 'detections', place], name, 'detectors');
  });
  const names = check.names('detectors');
  const detectors = names.map((name) => builtIn(check, name));
  // A module may judge anything, and what is not sound was named already.
  if (detectors.includes(undefined)) return;
  pause?.on.forEach((reason, place) => {
    if (detectors.some((detector) => detector?.estimates.some((estimate) => estimate.reason === reason))) return;
    const path = ['policy', 'schedule', 'pause', 'on', place];
    check.fault(
      path,
      'is judged by no detector',
      'Add a detector that judges it, such as signal-quality or sleep-gate.',
    );
  });
}

function checkEstimate(check: Check, path: Path, name: string, wanted: keyof typeof estimators): void {
  checkName(check, path, name, 'detectors');
  const detector = builtIn(check, name);
  if (!detector || detector.estimates.some((estimate) => estimate.name === wanted)) return;
  check.fault(path, `estimates no ${wanted}`, `Name a detector that uses ${estimators[wanted]}.`);
}

const estimators = { phase: 'phase-target or slow-oscillation', sleep: 'sleep-gate' };

/** What the gate would refuse each time was not meant. */
function checkInterval({ configuration: { gate }, fault }: Check, path: Path, seconds: number): void {
  if (!gate || seconds * 1e6 >= gate.limits.intervalUs) return;
  const least = timeText(gate.limits.intervalUs);
  fault(path, `is below ${least}, the interval of the gate`, `Use ${least} or more.`);
}
