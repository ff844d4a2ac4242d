import { refusalReasons } from '../../contracts.js';
import type { Mark, Role, Shown } from './messages.js';
import type { ShownStatus } from './options.js';

/** What a role may see. Who is blinded learns neither when a stimulus was, nor how many there were. Pure. */

export function marksFor(role: Role, marks: readonly Mark[]): readonly Mark[] {
  return role === 'operator' ? marks : marks.filter(({ kind }) => kind === 'detection' || kind === 'marker');
}

export function reasonsFor(role: Role): readonly string[] {
  return role === 'operator' ? refusalReasons : refusalReasons.filter((reason) => !telling.has(reason));
}

export function statusFor(role: Role, status: ShownStatus): Shown {
  if (role === 'operator' || !status.stimulation) return status;
  const { armed, armedForSeconds, holding, guardian } = status.stimulation;
  return {
    ...status,
    // The messages that went out count stimuli, too.
    mqtt: null,
    stimulation: { armed, armedForSeconds, holding: holding.filter((reason) => !telling.has(reason)), guardian },
  };
}

/** Reasons that come of a stimulus, or of how many there were, and the windows of a schedule. */
const telling: ReadonlySet<string> = new Set([
  'interval',
  'per-minute',
  'per-hour',
  'per-night',
  'per-day',
  'unconfirmed',
  'lease',
  'budget',
  'schedule',
]);
