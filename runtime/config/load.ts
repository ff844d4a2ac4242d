import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import { crossCheck, type StreamOutline } from './cross-check.js';
import { formatFault, nearestName, type Fault } from './fault.js';
import { complete, rootSchema } from './keys.js';
import { faultsOf, type Written } from './messages.js';
import { presetNames, readPreset } from './presets.js';
import { configuration as schema, type Configuration } from './schema.js';
import { emptyBranch, find, keyOf, merge, parseTree, plain, plantTree, setAt, type Branch, type Origin, type Path } from './tree.js';

/** Where a configuration comes from, in rising order of precedence. */
export interface ConfigurationSources {
  /** Plain values below everything, such as a folder for recordings. */
  readonly defaults?: object;
  /** Instead of the preset that a file names. */
  readonly preset?: string;
  /** Later ones merge over earlier ones: device.yaml, then protocol.yaml. A text stands for the file that it was. */
  readonly files?: readonly (string | ConfigurationText)[];
  /** Options of the command line that stand for keys. */
  readonly flags?: readonly Flag[];
  /** `gate.perMinute=3`: any key, its value as YAML; without a value the key is removed. */
  readonly sets?: readonly string[];
  /** What is replayed. Without it, `source` must say where the samples come from. */
  readonly stream?: StreamOutline;
}

export interface ConfigurationText {
  readonly name: string;
  readonly text: string;
}

export interface Flag {
  /** `--port` */
  readonly flag: string;
  /** `source.port` */
  readonly key: string;
  readonly value: string | number | boolean;
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

// ── Layers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function mergeSources({ defaults, preset, files = [], flags = [], sets = [] }: ConfigurationSources, faults: Fault[]): Branch {
  const layers = files.map((file) => readFile(file, faults));
  let chosen = preset === undefined ? undefined : { name: preset, origin: commandLine('--preset') };
  for (const layer of layers) chosen ??= presetOf(layer);
  let tree = emptyBranch(commandLine(''));
  const below = plantTree(defaults ?? {}, commandLine('defaults'));
  if (below.kind === 'branch') tree = merge(tree, below);
  if (chosen) tree = merge(tree, loadPreset(chosen.name, chosen.origin, faults));
  for (const layer of layers) tree = merge(tree, layer);
  for (const { flag, key, value } of flags) tree = setAt(tree, key.split('.'), plantTree(value, commandLine(flag)));
  for (const set of sets) tree = applySet(tree, set, faults);
  return withoutPreset(tree);
}

function commandLine(what: string): Origin {
  return { file: what, line: 0, column: 0, folder: process.cwd() };
}

function readFile(file: string | ConfigurationText, faults: Fault[]): Branch {
  const name = typeof file === 'string' ? file : file.name;
  const origin: Origin = { file: name, line: 1, column: 1, folder: dirname(name) };
  try {
    return readMap(typeof file === 'string' ? readFileSync(file, 'utf8') : file.text, origin, faults);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const rule = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    faults.push({ ...origin, line: 0, key: '', rule, fix: 'Give the path of a YAML file.' });
    return emptyBranch(origin);
  }
}

/** An empty file is an empty map. */
function readMap(text: string, origin: Origin, faults: Fault[]): Branch {
  const tree = parseTree(text, origin, [], faults);
  if (tree?.kind === 'branch') return tree;
  if (tree && !(tree.kind === 'leaf' && tree.value === null)) {
    faults.push({ ...tree.origin, key: '', value: plain(tree), rule: 'is not a map of keys', fix: 'Write keys such as source and signals.' });
  }
  return emptyBranch(origin);
}

function presetOf(layer: Branch): { name: string; origin: Origin } | undefined {
  const named = layer.entries.get('preset')?.tree;
  // Anything but a text is left to the schema.
  return named?.kind === 'leaf' && typeof named.value === 'string' ? { name: named.value, origin: named.origin } : undefined;
}

function loadPreset(name: string, from: Origin, faults: Fault[]): Branch {
  const names = presetNames();
  const file = `presets/${name}.yaml`;
  const origin: Origin = { file, line: 1, column: 1, folder: process.cwd() };
  if (names.includes(name)) return readMap(readPreset(name), origin, faults);
  const nearest = nearestName(name, names);
  const fix = `${nearest === undefined ? '' : `Did you mean ${nearest}? `}There are ${names.join(', ')}.`;
  faults.push({ ...from, key: from.line === 0 ? '' : 'preset', value: name, rule: 'is no preset', fix });
  return emptyBranch(origin);
}

/** The preset is merged in by now; what it said is the configuration's own. A wrong one stays for the schema to see. */
function withoutPreset(tree: Branch): Branch {
  const named = tree.entries.get('preset')?.tree;
  if (named?.kind !== 'leaf' || typeof named.value !== 'string') return tree;
  return { ...tree, entries: new Map([...tree.entries].filter(([key]) => key !== 'preset')) };
}

function applySet(tree: Branch, set: string, faults: Fault[]): Branch {
  const at = set.indexOf('=');
  const key = at < 0 ? set : set.slice(0, at);
  const origin = commandLine('--set');
  if (at < 1) {
    faults.push({ ...origin, key, rule: 'has no value', fix: `Write --set KEY=VALUE, for example --set gate.perMinute=3.` });
    return tree;
  }
  const path: Path = key.trim().split('.');
  const value = parseTree(set.slice(at + 1), origin, path, faults);
  return value ? setAt(tree, path, value) : tree;
}

// ── Parts ───────────────────────────────────────────────────────────────────────────────────────────────────────────

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
