import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { nearestName, type Fault } from './fault.js';
import { presetNames, readPreset } from './presets.js';
import { emptyBranch, merge, parseTree, plain, plantTree, setAt, type Branch, type Origin, type Path } from './tree.js';

/** Where a configuration comes from, in rising order of precedence. */
export interface ConfigurationLayers {
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

/** Preset, files, flags and sets as one tree. Each value keeps the place where it was written. */
export function mergeSources({ defaults, preset, files = [], flags = [], sets = [] }: ConfigurationLayers, faults: Fault[]): Branch {
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

