import type { Check } from './check.js';
import { valueAt } from './keys.js';
import { isPresetFile } from './presets.js';
import type { Tree } from './tree.js';

/** Sections that read an amplifier, or stimulate. */
const others = ['signals', 'detectors', 'actuators', 'policy', 'stimulus', 'gate', 'study'] as const;

/** Of a camera: what writes its frames, and how it writes them. */
const frameKeys = ['command', 'width', 'height', 'pixels', 'stride', 'exposure'] as const;

/** A run that recognises places reads a camera or an event sensor and does nothing else: what does not fit to that. */
export function crossCheckPlace(check: Check): void {
  const { configuration, written, fault, names } = check;
  const { source, place } = configuration;
  const isEmptyMap = (section: (typeof others)[number]): boolean =>
    (section === 'signals' || section === 'detectors' || section === 'actuators') && names(section).length === 0;
  if (source && 'device' in source) {
    fault(
      ['source', 'use'],
      'gives no pictures to recognise places by',
      'Use camera, events or edvs, or take place out.',
    );
  }
  if (source && !('device' in source) && !place && valueAt(written.values, ['place']) === undefined) {
    fault(['place'], `is missing, while the source is ${source.use}`, 'Add place: { use: axond-place }.');
  }
  if (source?.use === 'camera') crossCheckFrames(check);
  else if (place?.recall === true && source && !('device' in source))
    fault(['place', 'recall'], `has no meaning for ${source.use}, which gives counts`, 'Take it out, or use a camera.');
  for (const name of Object.keys(configuration.device.marks))
    fault(['device', 'marks', name], 'has no meaning where places are recognised', 'Take it out.');
  if (configuration.device.sync)
    fault(['device', 'sync'], 'has no meaning where places are recognised', 'Take it out.');
  for (const section of others) {
    const isThere = valueAt(written.values, [section]) !== undefined && !isEmptyMap(section);
    if (isThere)
      fault([section], 'has no meaning where places are recognised', 'Take it out: use two axond for two things.');
  }
}

/**
 * What a preset says of the frames is true of its own command alone: of another one, or in another size, they would be
 * cut at the wrong bytes, and nobody would see why.
 */
function crossCheckFrames({ written: { tree }, fault }: Check): void {
  const source = tree.kind === 'branch' ? tree.entries.get('source')?.tree : undefined;
  if (source?.kind !== 'branch') return;
  const { entries } = source;
  const given = frameKeys.flatMap((key) => {
    const value = entries.get(key)?.tree;
    return value ? [{ key, isOfPreset: isOfPreset(value) }] : [];
  });
  const own = given.find((each) => !each.isOfPreset);
  if (!own) return;
  for (const { key } of given.filter((each) => each.isOfPreset))
    fault(
      ['source', key],
      `is what the preset says of its own frames, and source.${own.key} is not the preset's`,
      `Write source.${key} beside it.`,
    );
}

/** A list of which an item was replaced is the preset's no more. */
function isOfPreset(value: Tree): boolean {
  const origins = [value, ...(value.kind === 'list' ? value.items : [])].map(({ origin }) => origin);
  return origins.every(({ file }) => isPresetFile(file));
}
