import type { Check } from './check.js';
import { valueAt } from './keys.js';

/** Sections that read an amplifier, or stimulate. */
const others = ['signals', 'detectors', 'actuators', 'policy', 'stimulus', 'gate', 'study'] as const;

/** A run that recognises places reads a camera or an event sensor and does nothing else: what does not fit to that. */
export function crossCheckPlace({ configuration, written, fault, names }: Check): void {
  const { source, place } = configuration;
  const isEmptyMap = (section: (typeof others)[number]): boolean =>
    (section === 'signals' || section === 'detectors' || section === 'actuators') && names(section).length === 0;
  if (source?.use === 'cyton') {
    fault(
      ['source', 'use'],
      'gives no pictures to recognise places by',
      'Use camera, events or edvs, or take place out.',
    );
  }
  if (source && source.use !== 'cyton' && !place && valueAt(written.values, ['place']) === undefined) {
    fault(['place'], `is missing, while the source is ${source.use}`, 'Add place: { use: axond-place }.');
  }
  for (const section of others) {
    const isThere = valueAt(written.values, [section]) !== undefined && !isEmptyMap(section);
    if (isThere)
      fault([section], 'has no meaning where places are recognised', 'Take it out: use two axond for two things.');
  }
}
