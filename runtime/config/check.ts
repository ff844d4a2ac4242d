import type { Estimate } from '../contracts.js';
import { createDetector } from '../detect/detector-plan.js';
import { isModule } from '../loop/plan.js';
import { nearestName } from './fault.js';
import type { Written } from './messages.js';
import type { Configuration } from './schema.js';
import type { Path } from './tree.js';

/** What the checks between parts of a configuration share. */

export interface Check {
  readonly configuration: Configuration;
  readonly written: Written;
  readonly fault: (path: Path, rule: string, fix: string) => void;
  /** As they are written, of unsound parts too. */
  readonly names: (section: 'actuators' | 'signals' | 'detectors') => string[];
}

/** A detector's own part and its estimates; undefined for a module and for what is not there or not sound. */
export function builtIn(check: Check, name: string): { use: string; estimates: readonly Estimate[] } | undefined {
  const { detectors } = check.configuration;
  const plan = Object.hasOwn(detectors, name) ? detectors[name]?.plan : undefined;
  if (!plan || isModule(plan)) return undefined;
  try {
    return { use: plan.use, estimates: 'model' in plan ? [] : (createDetector(plan).estimates ?? []) };
  } catch {
    return undefined;
  }
}

export function checkName(
  check: Check,
  path: Path,
  name: string,
  section: 'actuators' | 'signals' | 'detectors',
): void {
  const names = check.names(section);
  if (names.includes(name)) return;
  const nearest = nearestName(name, names);
  const all = names.length === 0 ? `Add it under ${section}.` : `There are ${names.join(', ')}.`;
  check.fault(path, `is not among the ${section}`, nearest === undefined ? all : `Did you mean ${nearest}?`);
}

export function timeText(us: number): string {
  return us < 1e6 ? `${us / 1e3}ms` : `${us / 1e6}s`;
}
