import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { elfMachine, type Architecture } from './architecture.js';
import { runProgram } from './run-program.js';

/** Too large for a board (290 MB), and only float networks without a spike need them: `axond check` says how to have them. */
const leftOut = /^@tensorflow\//;

/** Installs into `folder` the modules that axond needs at run time, as the lock file has them, for another machine too. */
export function installModules(root: string, folder: string, { node }: Architecture): void {
  mkdirSync(folder, { recursive: true });
  const { dependencies, optionalDependencies } = manifest.parse(parse(join(root, 'package.json')));
  const optional = Object.entries(optionalDependencies).filter(([name]) => !leftOut.test(name));
  const wanted = { name: 'axond', dependencies, optionalDependencies: Object.fromEntries(optional) };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(wanted));
  copyFileSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
  const machine = ['--os=linux', '--libc=glibc', `--cpu=${node}`];
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--omit=dev'];
  runProgram('npm', ['install', ...machine, ...quiet], { cwd: folder });
}

/**
 * Takes away what no program loads: sources, types, documentation, tests, and native code for other machines and the
 * other C library. Returns the paths that were kept, sorted.
 */
export function prune(modules: string, machine: Architecture): string[] {
  const kept: string[] = [];
  for (const path of filesBelow(modules)) {
    const file = join(modules, path);
    if (isLoaded(path) && isForMachine(path, file, machine)) kept.push(path);
    else rmSync(file);
  }
  removeEmptyFolders(modules);
  return kept.sort();
}

/** The rule by names. `path` is below `node_modules`. */
export function isLoaded(path: string): boolean {
  const [, within = path] = /^(?:.*node_modules\/)?(?:@[^/]+\/)?[^/]+\/(.*)$/.exec(path) ?? [];
  if (/^\.|\/\./.test(path)) return false;
  if (/^(test|tests|__tests__|integration-test|example|examples|benchmark|benchmarks|docs|doc)\//.test(within))
    return false;
  if (/(^|\/)obj\.target\//.test(path)) return false;
  // better-sqlite3's own test of extensions.
  if (path.endsWith('/test_extension.node')) return false;
  return !/\.(md|markdown|map|[cm]?ts|tsbuildinfo|h|hh|hpp|c|cc|cpp|s|asm|gypi?|mk|sh|yml|html|png|zip|tar|h5|flow)$/i.test(
    path,
  );
}

function isForMachine(path: string, file: string, { node, elf }: Architecture): boolean {
  if (!path.endsWith('.node')) return true;
  if (/musl/.test(path)) return false;
  const other = /\/prebuilds\/([^/]+)\//.exec(path)?.[1];
  if (other !== undefined && other !== `linux-${node}`) return false;
  return elfMachine(readFileSync(file)) === elf;
}

/** Paths of the files below a folder, relative to it. */
export function filesBelow(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });
}

function removeEmptyFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

export interface CarriedModule {
  readonly name: string;
  readonly version: string;
  /** As its manifest has it: an SPDX expression, or what it says instead. */
  readonly license: string;
  /** Whole texts of its licence files; empty where it brings none. */
  readonly licenseTexts: readonly string[];
}

/** Every module below `node_modules` with its licence; before pruning, which takes away files of text. */
export function carriedModules(modules: string): CarriedModule[] {
  return filesBelow(modules)
    .filter((path) => /^(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path) && !path.startsWith('.'))
    .sort()
    .map((path) => {
      const folder = dirname(join(modules, path));
      const { name, version, license } = moduleManifest.parse(parse(join(modules, path)));
      const licenses = readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice)/i.test(entry.name))
        .map((entry) => entry.name)
        .sort();
      return {
        name,
        version,
        license,
        licenseTexts: licenses.map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim()),
      };
    });
}

function parse(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

const names = z.record(z.string(), z.string());
const manifest = z.object({ dependencies: names, optionalDependencies: names });
const moduleManifest = z.object({
  name: z.string(),
  version: z.string(),
  license: z
    .union([z.string(), z.object({ type: z.string() }).transform(({ type }) => type)])
    .optional()
    .transform((license) => license ?? 'see its text'),
});
