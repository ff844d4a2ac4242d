import { readdirSync, readFileSync } from 'node:fs';

/** Configurations that come with axond, by the name of their file. */

/** From the place of this compiled file below `dist`: presets are read as they are written. */
const folder = new URL('../../../runtime/config/presets/', import.meta.url);

export function presetNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** As the origin of its values names it. */
export function presetFile(name: string): string {
  return `presets/${name}.yaml`;
}

export function isPresetFile(file: string): boolean {
  return presetNames().some((name) => presetFile(name) === file);
}

/** The text of a preset that `presetNames` lists. */
export function readPreset(name: string): string {
  return readFileSync(new URL(`${name}.yaml`, folder), 'utf8');
}
