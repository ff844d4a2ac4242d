import { stringify } from 'yaml';
import { crossCheck, type StreamOutline } from './cross-check.js';
import { ConfigurationError, type Fault } from './fault.js';
import { complete, isMap, rootSchema, schemaAt, valueAt, type KeySchema } from './keys.js';
import { mergeLayers, type ConfigurationLayers } from './layers.js';
import { faultsOf, type PlacedFault, type Written } from './messages.js';
import { configuration as schema, type Configuration } from './schema.js';
import { plain, withoutKey, type Path } from './tree.js';

export interface ConfigurationSources extends ConfigurationLayers {
  /** What is replayed: it takes the place of `source`. */
  readonly stream?: StreamOutline;
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** All of it, with defaults and absolute paths. Loaded again it gives the same configuration. */
  readonly effectiveYaml: string;
}

/** Throws a `ConfigurationError` with all faults at once. */
export function loadConfiguration(sources: ConfigurationSources): LoadedConfiguration {
  const faults: Fault[] = [];
  const refuse = (): never => {
    throw new ConfigurationError(inReadingOrder(faults, sources));
  };
  const merged = mergeLayers(sources, faults);
  // Of what could not be read nothing can be said to be missing.
  if (!merged) return refuse();
  const tree = sources.stream ? withoutKey(merged, 'source') : merged;
  const written: Written = { tree, values: complete(tree, rootSchema, plain(tree)) };
  const parsed = schema.safeParse(written.values);
  const own = parsed.success ? [] : faultsOf(parsed.error.issues, written);
  const sound = parsed.success ? parsed.data : parseSoundParts(written.values, own);
  const between = sound ? crossCheck(sound, written, sources.stream) : [];
  faults.push(...own, ...between.filter(({ key }) => !own.some((fault) => fault.key === key)));
  if (faults.length > 0 || !parsed.success) return refuse();
  return { configuration: parsed.data, effectiveYaml: stringify(written.values) };
}

/** As the files are read, from top to bottom; what has no file comes last. */
function inReadingOrder(faults: readonly Fault[], { files = [] }: ConfigurationSources): Fault[] {
  const names = files.map((file) => (typeof file === 'string' ? file : file.name));
  const place = ({ file }: Fault): number => (names.includes(file) ? names.indexOf(file) : names.length);
  return faults.toSorted((a, b) => place(a) - place(b) || a.line - b.line || a.column - b.column);
}

/**
 * What is wrong in itself is taken out, or replaced where another value cannot make the other parts look wrong: so the
 * faults between those show in the same call.
 */
function parseSoundParts(values: unknown, faults: readonly PlacedFault[]): Configuration | undefined {
  const copy: unknown = structuredClone(values);
  for (const { path } of faults) {
    const known = schemaAt(values, path);
    const standIn = known && standInFor(known, path);
    const place = standIn !== undefined || !known ? path : partOf(path);
    const parent = valueAt(copy, place.slice(0, -1));
    const key = place.at(-1);
    if (!isMap(parent) || key === undefined) continue;
    if (standIn === undefined) Reflect.deleteProperty(parent, key);
    else parent[key] = standIn;
  }
  const parsed = schema.safeParse(copy);
  return parsed.success ? parsed.data : undefined;
}

/** In sections whose keys are judged one by one. */
function standInFor({ type, default: usual, example, flag, dimension }: KeySchema, [section, ...rest]: Path): unknown {
  if (rest.length !== 1 || !['device', 'source', 'stimulus', 'gate'].includes(String(section))) return undefined;
  if (type === 'object' || type === 'array') return undefined;
  const isExampleFit = flag !== undefined || type === 'integer' || (dimension !== undefined && section !== 'source');
  return usual ?? (isExampleFit ? example : undefined);
}

/** What is read as a whole: a named part, or a section. */
function partOf(path: Path): Path {
  const isNamed = path[0] === 'actuators' || path[0] === 'signals' || path[0] === 'detectors';
  return path.slice(0, isNamed ? 2 : 1);
}
