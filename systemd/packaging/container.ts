import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { runProgram } from './run-program.js';

/** A Debian of its own in a folder, for the install test: commands in it, and the whole of it booted. */

const included = 'systemd,udev,libstdc++6,util-linux';

export interface Said {
  readonly status: number;
  readonly output: string;
  /** Both, the standard output first. */
  readonly text: string;
}
export type Inside = (command: readonly string[]) => Said;

/** Unpacks a Debian of its own below `out`; its packages are fetched once. Undefined where it cannot be had. */
export function freshSystem(suite: string, out: string): string | undefined {
  const kept = join(out, 'cache', `debian-${suite}.tar`);
  const system = join(out, 'install-test', suite);
  rmSync(system, { recursive: true, force: true });
  mkdirSync(system, { recursive: true });
  if (!existsSync(kept)) {
    try {
      runProgram('debootstrap', ['--variant=minbase', `--include=${included}`, suite, system]);
    } catch (error) {
      process.stdout.write(`  NOT TRIED: ${error instanceof Error ? error.message : String(error)}\n`);
      return undefined;
    }
    runProgram('tar', ['cf', `${kept}.new`, '-C', system, '.']);
    renameSync(`${kept}.new`, kept);
  } else runProgram('tar', ['xf', kept, '-C', system]);
  return system;
}

/** How commands run in the system while nothing of it runs. */
export function containerOf(system: string): Inside {
  const container = ['systemd-nspawn', '--quiet', '--register=no', '--keep-unit', '--pipe', `--directory=${system}`];
  const chroot = [
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    'sh',
    '-c',
    `mount -t proc proc '${system}/proc' && mount --bind /dev/pts '${system}/dev/pts' && exec chroot '${system}' "$@"`,
    'chroot',
  ];
  const works = say([...container, 'true']).status === 0;
  process.stdout.write(
    works ? '  in a container of systemd-nspawn, not booted\n' : '  in a chroot: systemd-nspawn does not run here\n',
  );
  return (command) => say([...(works ? container : chroot), ...command]);
}

export function say([name = '', ...parameters]: readonly string[]): Said {
  const { status, stdout, stderr, error } = spawnSync(name, parameters, {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
    timeout: 600_000,
  });
  // What nspawn says of its own on a machine whose first process is no systemd.
  const said = stderr.replace(/^Attempted to remove disk file system under .*\n?/gm, '');
  return { status: error ? 1 : (status ?? 1), output: stdout, text: `${stdout}${said}${error?.message ?? ''}` };
}

export interface Booted {
  readonly inside: Inside;
  stop(): Promise<void>;
}

/**
 * Boots the system: its own systemd, in control groups that nobody else is in, without a network. Undefined where this
 * machine cannot, with the reason on the standard output.
 */
export async function boot(system: string): Promise<Booted | undefined> {
  const groups = hierarchies().map((hierarchy) =>
    join(hierarchy, `axond-install-test-${process.pid}-${basename(system)}`),
  );
  const enter = groups.map((group) => `mkdir ${group} && echo $$ > ${group}/cgroup.procs`).join(' && ');
  const nspawn = `exec systemd-nspawn --boot --quiet --register=no --keep-unit --private-network --console=pipe --directory='${system}'`;
  const container = spawn('sh', ['-c', `${enter} && ${nspawn}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [container.stdout, container.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  const ended = new Promise<void>((resolve) => container.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    container.kill('SIGKILL');
    await ended;
    for (const group of groups) {
      for (const pid of pidsBelow(group)) say(['kill', '-KILL', pid]);
      say(['find', group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+']);
    }
  };
  for (let tries = 0; tries < 600 && container.exitCode === null; tries++) {
    const first = pidsBelow(groups[0] ?? '').find((pid) => isFirstProcess(pid));
    if (first !== undefined) {
      const inside: Inside = (command) => say(['nsenter', '--target', first, '--all', '--wd=/', ...command]);
      if (/^(running|degraded)/.test(inside(['systemctl', 'is-system-running']).output)) return { inside, stop };
    }
    await setTimeout(200);
  }
  process.stdout.write(`  NOT TRIED: it does not boot here: ${said.trim().slice(-500)}\n`);
  await stop();
  return undefined;
}

/** A manager takes everything in its own group for its own, in each hierarchy that it knows. */
function hierarchies(): string[] {
  if (existsSync('/sys/fs/cgroup/cgroup.procs')) return ['/sys/fs/cgroup'];
  return ['systemd', 'unified', 'memory', 'pids', 'cpu', 'devices']
    .map((name) => join('/sys/fs/cgroup', name))
    .filter((path) => existsSync(path));
}

function pidsBelow(group: string): string[] {
  return say(['find', group, '-name', 'cgroup.procs', '-exec', 'cat', '{}', '+']).output.split('\n').filter(Boolean);
}

/** In its own name space of processes. */
function isFirstProcess(pid: string): boolean {
  try {
    return /^NSpid:.*\s\d+\s+1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // It has ended meanwhile.
  }
}
