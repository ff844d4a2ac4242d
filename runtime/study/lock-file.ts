import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { writeWhole } from '../recording/export/whole-file.js';
import { encodeVersion, readLock, type LockVersion, type Protocol, type Signature } from './lock.js';

/** Locks of studies on disk, and the files that they hold the hashes of. */

const ending = '.lock';

export function lockPath(state: string, study: string): string {
  return join(lockFolder(state), `${study}${ending}`);
}

/** Names of the studies that are locked on this box. */
export async function lockedStudies(state: string): Promise<string[]> {
  try {
    const names = await readdir(lockFolder(state));
    return names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** As it lies on disk. */
export interface LockFile {
  readonly text: string;
  /** Oldest first; the last one is in force. */
  readonly versions: readonly [LockVersion, ...LockVersion[]];
}

/** Undefined where there is no lock. Rejects with one line that names the file and the fix. */
export async function readLockFile(path: string): Promise<LockFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`${path}: cannot be read (${code}). Give it back to the user of axond.`, { cause: error });
  }
  try {
    return { text, versions: readLock(text) };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`${path}: the lock ${what}. Put back the file that axond wrote.`, { cause: error });
  }
}

/** A first version, or one more after `before`; on disk when it returns. */
export function writeVersion(path: string, signature: Signature, held: Protocol, before: LockFile | undefined): void {
  mkdirSync(dirname(path), { recursive: true });
  const line = encodeVersion(signature, held, before?.versions.at(-1));
  writeWhole(path, [before?.text ?? '', line], before !== undefined);
}

/**
 * SHA-256 of each file, by its key; the reason for one that cannot be read. A module counts with all that it imports by
 * a relative path, and what that imports.
 */
export async function hashFiles(files: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const hashed = Object.entries(files).map(async ([key, path]): Promise<[string, string]> => [key, await hashOf(path)]);
  return Object.fromEntries(await Promise.all(hashed));
}

/** The package that this file is of. */
export const ownPackage = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * SHA-256 of each file of a package of axond that a run may load, by its path there: the compiled programs and the starter,
 * without tests and what builds packages.
 */
export async function hashPrograms(folder: string): Promise<Record<string, string>> {
  const compiled = await readdir(join(folder, 'dist'), { recursive: true });
  const run = compiled.filter((path) => /\.(js|wasm)$/.test(path) && !/^(test|systemd)\/|\.test\./.test(path));
  const hashes: Record<string, string> = {};
  // One after the other: together they would need memory for all of it.
  for (const path of [...run.map((path) => `dist/${path}`), ...starters].sort())
    hashes[path] = createHash('sha256')
      .update(await readFile(join(folder, path)))
      .digest('hex');
  return hashes;
}

/** Versions of the libraries that a package names: it gives ranges, so that two boxes can have different ones. */
export async function librariesOf(folder: string): Promise<Record<string, string>> {
  const { dependencies = {} } = await readManifest(folder);
  const found = Object.keys(dependencies).map(async (name): Promise<[string, string]> => {
    for (let above = folder; ; above = dirname(above)) {
      const library = join(above, 'node_modules', name);
      if (existsSync(library)) return [name, (await readManifest(library)).version];
      if (above === dirname(above)) return [name, 'missing'];
    }
  });
  return Object.fromEntries(await Promise.all(found));
}

async function readManifest(folder: string): Promise<z.output<typeof manifest>> {
  return manifest.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
}

const manifest = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()).optional() });
const starters = ['runtime/cli/axond', 'runtime/cli/axond.js'];

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  const seen = new Set<string>();
  const add = async (file: string): Promise<string> => {
    if (seen.has(file)) return '';
    seen.add(file);
    let bytes: Buffer;
    try {
      bytes = await readFile(file);
    } catch (error) {
      return `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
    }
    hash.update(bytes);
    if (!/\.[cm]?js$/.test(file)) return '';
    for (const imported of importsOf(bytes.toString('utf8'))) {
      const problem = await add(resolve(dirname(file), imported));
      if (problem !== '') return problem;
    }
    return '';
  };
  const problem = await add(path);
  return problem === '' ? hash.digest('hex') : problem;
}

/** Relative paths that a module imports; one that stands in a comment makes the lock no looser. */
function importsOf(code: string): string[] {
  const found = code.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*(["'])(\.{1,2}\/[^"'\n]+)\1/g);
  return [...found].map(([, , path = '']) => path);
}

const lockFolder = (state: string): string => join(state, 'study');
