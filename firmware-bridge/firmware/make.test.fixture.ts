import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../firmware-bridge/firmware/', import.meta.url));

/** The path of a product of the Makefile, brought up to date. */
export function made(product: string): string {
  // Test files run side by side: one builds, the others wait for it.
  const made = spawnSync('flock', ['Makefile', 'make', '--silent', product], { cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`make ${product}: ${made.stderr || made.stdout || String(made.error)}`);
  return `${folder}${product}`;
}

/** Of a test that compiles C: why it cannot run here, or false. */
export const noCompiler =
  spawnSync('sh', ['-c', 'command -v cc && command -v make'], { stdio: 'ignore' }).status === 0
    ? false
    : 'there is no C compiler or no make';
