import { spawnSync } from 'node:child_process';

/** Runs a program to its end and returns its standard output; throws with what it said when it fails or is absent. */
export function runProgram(
  program: string,
  parameters: readonly string[],
  { cwd, env = {} }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): string {
  const { status, stdout, stderr, error } = spawnSync(program, parameters, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error) throw new Error(`${program}: ${error.message}${packageOf(program)}`);
  if (status !== 0)
    throw new Error(`${program} ${parameters.join(' ')} failed:\n${stdout.slice(-4000)}${stderr.slice(-4000)}`);
  return stdout;
}

function packageOf(program: string): string {
  const name = Object.entries(debianPackages).find(([start]) => program.startsWith(start))?.[1];
  return name === undefined ? '' : `\nInstall it: sudo apt-get install --no-install-recommends ${name}`;
}

const debianPackages: Readonly<Record<string, string>> = {
  'aarch64-linux-gnu-': 'gcc-aarch64-linux-gnu g++-aarch64-linux-gnu',
  'x86_64-linux-gnu-': 'gcc-x86-64-linux-gnu g++-x86-64-linux-gnu',
  'dpkg-deb': 'dpkg',
  lintian: 'lintian',
  debootstrap: 'debootstrap',
  'qemu-aarch64-static': 'qemu-user-static',
};
