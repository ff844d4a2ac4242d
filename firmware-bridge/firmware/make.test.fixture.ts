import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../firmware-bridge/firmware/', import.meta.url));

const paths = new Map<string, string>();

/** The path of a product of the Makefile, brought up to date once in a process. */
export function made(product: string): string {
  const path = paths.get(product);
  if (path !== undefined) return path;
  // Test files run side by side: one builds, the others wait for it.
  const made = spawnSync('flock', ['Makefile', 'make', '--silent', product], { cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`make ${product}: ${made.stderr || made.stdout || String(made.error)}`);
  paths.set(product, `${folder}${product}`);
  return `${folder}${product}`;
}

/** Of a test that compiles C: why it cannot run here, or false. */
export const noCompiler =
  spawnSync('sh', ['-c', 'command -v cc && command -v make'], { stdio: 'ignore' }).status === 0
    ? false
    : 'there is no C compiler or no make';
