import { stringify } from 'yaml';
import { crossCheck, type StreamOutline } from './cross-check.js';
import { formatFault, type Fault } from './fault.js';
import { complete, rootSchema } from './keys.js';
import { mergeSources, type ConfigurationLayers } from './layers.js';
import { faultsOf, type Written } from './messages.js';
import { configuration as schema, type Configuration } from './schema.js';
import { plain, type Path } from './tree.js';

export interface ConfigurationSources extends ConfigurationLayers {
  /** What is replayed. Without it, `source` must say where the samples come from. */
  readonly stream?: StreamOutline;
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** All of it, with defaults and absolute paths. Loaded again it gives the same configuration. */
  readonly effectiveYaml: string;
}

/** Everything that is wrong with a configuration; the message has a line for each fault. */
export class ConfigurationError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(formatFault).join('\n'));
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}

/** Throws a `ConfigurationError` with all faults at once. */
export function loadConfiguration(sources: ConfigurationSources): LoadedConfiguration {
  const faults: Fault[] = [];
  const tree = mergeSources(sources, faults);
  const written: Written = { tree, values: complete(tree, rootSchema, plain(tree)) };
  const parsed = schema.safeParse(written.values);
  if (!parsed.success) faults.push(...faultsOf(parsed.error.issues, written));
  // Parts that are wrong in themselves are left out, so that the faults between the others show in the same call.
  const sound = parsed.success ? parsed.data : parseSoundParts(written.values, parsed.error.issues.map(placeOfPart));
  if (sound) faults.push(...crossCheck(sound, written, sources.stream));
  if (faults.length > 0 || !parsed.success) throw new ConfigurationError(inReadingOrder(faults, sources));
  return { configuration: parsed.data, effectiveYaml: stringify(written.values) };
}

/** As the files are read, from top to bottom; what has no file comes last. */
function inReadingOrder(faults: readonly Fault[], { files = [] }: ConfigurationSources): Fault[] {
  const names = files.map((file) => (typeof file === 'string' ? file : file.name));
  const place = ({ file }: Fault): number => (names.includes(file) ? names.indexOf(file) : names.length);
  return faults.toSorted((a, b) => place(a) - place(b) || a.line - b.line || a.column - b.column);
}

/** The path of what has to be left out for an issue to vanish: a key, a named part, or a section. */
function placeOfPart(issue: { code: string; path: readonly PropertyKey[]; keys?: readonly string[] }): Path[] {
  const path = issue.path as Path;
  if (issue.keys) return issue.keys.map((key) => [...path, key]);
  const [section] = path;
  const isNamed = section === 'actuators' || section === 'signals' || section === 'detectors';
  return [path.slice(0, isNamed ? 2 : 1)];
}

function parseSoundParts(values: unknown, wrong: readonly (readonly Path[])[]): Configuration | undefined {
  const copy: unknown = structuredClone(values);
  for (const path of wrong.flat()) {
    const parent = path.slice(0, -1).reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), copy);
    if (isObject(parent)) Reflect.deleteProperty(parent, path.at(-1) ?? '');
  }
  const parsed = schema.safeParse(copy);
  return parsed.success ? parsed.data : undefined;
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}
