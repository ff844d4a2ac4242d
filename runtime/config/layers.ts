import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { nearestName, type Fault } from './fault.js';
import { parseYaml } from './parse-yaml.js';
import { presetFile, presetNames, readPreset } from './presets.js';
import {
  emptyBranch,
  merge,
  plain,
  setAt,
  withoutKey,
  type Branch,
  type Origin,
  type Path,
  type Tree,
} from './tree.js';

/** Where a configuration comes from, in rising order of precedence. */
export interface ConfigurationLayers {
  /** Instead of the preset that a file names. */
  readonly preset?: string;
  /** Later ones merge over earlier ones: device.yaml, then protocol.yaml. */
  readonly files?: readonly (string | ConfigurationText)[];
  /** `gate.perMinute=3`: any key, its value as YAML; without a value the key is removed. */
  readonly sets?: readonly string[];
}

/** Stands for a file that is not there as such: the configuration that a recording holds. */
export interface ConfigurationText {
  readonly name: string;
  readonly text: string;
}

/**
 * Preset, files and sets as one tree, in which each value keeps the place where it was written. `undefined` if a layer
 * could not be read, with the reasons among the faults.
 */
export function mergeLayers(
  { preset, files = [], sets = [] }: ConfigurationLayers,
  faults: Fault[],
): Branch | undefined {
  const layers = files.map((file) => readLayer(file, faults));
  const settings = sets.map((set) => readSet(set, faults)).filter((setting) => setting !== undefined);
  const wanted: Tree | undefined =
    preset === undefined
      ? [...layers.map(presetOf), ...settings.map(presetSetBy)].findLast((tree) => tree !== undefined)
      : { kind: 'leaf', value: preset, origin: commandLine('--preset') };
  if (wanted?.kind === 'leaf' && typeof wanted.value === 'string') {
    layers.unshift(loadPreset(wanted.value, wanted.origin, faults));
  }
  let merged = emptyBranch(commandLine(''));
  for (const layer of layers) {
    if (!layer) return undefined;
    merged = merge(merged, layer);
  }
  for (const { path, tree } of settings) merged = setAt(merged, path, tree);
  return withoutPreset(merged);
}

/** Relative paths on the command line start where it was typed. */
function commandLine(option: string): Origin {
  return { file: option, line: 0, column: 0, folder: process.cwd() };
}

function readLayer(file: string | ConfigurationText, faults: Fault[]): Branch | undefined {
  const name = typeof file === 'string' ? file : file.name;
  const origin: Origin = { file: name, line: 1, column: 1, folder: dirname(name) };
  const text = typeof file === 'string' ? readText(file, faults) : file.text;
  return text === undefined ? undefined : readMap(text, origin, faults);
}

function readText(file: string, faults: Fault[]): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const rule = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    faults.push({ file, line: 0, column: 0, key: '', rule, fix: 'Give the path of a YAML file.' });
    return undefined;
  }
}

/** An empty file is an empty map. */
function readMap(text: string, origin: Origin, faults: Fault[]): Branch | undefined {
  const tree = parseYaml(text, origin, [], faults);
  if (!tree || tree.kind === 'branch') return tree;
  if (tree.kind === 'leaf' && tree.value === null) return emptyBranch(origin);
  const fix = 'Write keys such as source and signals.';
  faults.push({ ...tree.origin, key: '', value: plain(tree), rule: 'is not a map of keys', fix });
  return undefined;
}

interface Setting {
  readonly path: Path;
  readonly tree: Tree;
}

function readSet(set: string, faults: Fault[]): Setting | undefined {
  const at = set.indexOf('=');
  const origin = commandLine('--set');
  const path = set
    .slice(0, at < 0 ? undefined : at)
    .trim()
    .split('.');
  if (at < 0 || path.includes('') || path.includes('__proto__')) {
    const rule = at < 0 ? 'has no value' : 'is no key';
    faults.push({
      ...origin,
      key: path.join('.'),
      rule,
      fix: 'Write --set KEY=VALUE, for example --set gate.perMinute=3.',
    });
    return undefined;
  }
  const tree = parseYaml(set.slice(at + 1), origin, path, faults);
  return tree && { path, tree };
}

function presetOf(layer: Branch | undefined): Tree | undefined {
  return layer?.entries.get('preset')?.tree;
}

function presetSetBy({ path, tree }: Setting): Tree | undefined {
  return path.length === 1 && path[0] === 'preset' ? tree : undefined;
}

function loadPreset(name: string, from: Origin, faults: Fault[]): Branch | undefined {
  const names = presetNames();
  if (names.includes(name)) {
    return readMap(readPreset(name), { file: presetFile(name), line: 1, column: 1, folder: process.cwd() }, faults);
  }
  const nearest = nearestName(name, names);
  const fix = `${nearest === undefined ? '' : `Did you mean ${nearest}? `}There are ${names.join(', ')}.`;
  faults.push({ ...from, key: from.file === '--preset' ? '' : 'preset', value: name, rule: 'is no preset', fix });
  return undefined;
}

/** What the preset says is the configuration's own by now. A name that is no text stays, for the schema to refuse. */
function withoutPreset(tree: Branch): Branch {
  const wanted = presetOf(tree);
  return wanted?.kind === 'leaf' && typeof wanted.value === 'string' ? withoutKey(tree, 'preset') : tree;
}
