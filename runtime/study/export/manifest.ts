import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** `manifest.sha256` of a folder: a line a file, as `sha256sum --check` reads it. */
export const manifestName = 'manifest.sha256';

/** By path; paths are relative, with `/`. Pure. */
export function manifestText(hashes: ReadonlyMap<string, string>): string {
  return [...hashes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, hash]) => `${hash}  ${path}\n`)
    .join('');
}

export interface ManifestReport {
  readonly files: number;
  /** What is missing, changed or more than the manifest names; none of a folder that is whole. */
  readonly faults: readonly string[];
}

/** Reads every file of the folder. */
export async function checkManifest(folder: string): Promise<ManifestReport> {
  const faults: string[] = [];
  const listed = new Map<string, string>();
  for (const [place, line] of readFileSync(join(folder, manifestName), 'utf8').split('\n').entries()) {
    const [, hash, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (hash !== undefined && path !== undefined) listed.set(path, hash);
    else if (line !== '') faults.push(`${manifestName}: line ${place + 1} is damaged. Export the study again.`);
  }
  for (const [path, hash] of listed) {
    const file = join(folder, path);
    if (!existsSync(file)) faults.push(`${path}: is missing. Export the study again.`);
    else if ((await sha256OfFile(file)) !== hash) faults.push(`${path}: was changed since. Export the study again.`);
  }
  for (const path of filesOf(folder)) {
    if (path !== manifestName && !listed.has(path)) faults.push(`${path}: is not in ${manifestName}. Take it away.`);
  }
  return { files: listed.size, faults };
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Relative paths of all files in it, sorted. */
export function filesOf(folder: string): string[] {
  const found = readdirSync(folder, { withFileTypes: true, recursive: true });
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
