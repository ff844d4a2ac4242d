import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { architectureOf, elfMachine } from './architecture.js';
import { writeArchive } from './archive.js';
import { filesBelow } from './carried-modules.js';
import { runProgram } from './run-program.js';
import { writeVersion } from './tree.js';

/**
 * `npm run install-test`: what `npm run package` made, through its life in a fresh Debian: in, verified, a demo as the
 * service's user, an upgrade refused while armed and then done, a changed configuration, removal and purge. Needs root.
 * The system is a container of systemd-nspawn, or where this machine cannot have one, a chroot. Nothing boots in either.
 *   npm run install-test -- --suite bookworm      only that Debian
 */
const { values } = parseArgs({ options: { suite: { type: 'string', multiple: true } } });
const root = fileURLToPath(new URL('../../../', import.meta.url));
const out = join(root, 'dist-package');
const scripts = join(root, 'systemd/packaging/debian');
const included = 'systemd,udev,libstdc++6,util-linux';
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const maintainer = 'Install test <install-test@axond.invalid>';
const previous = `${version}~previous`;

/** Answers on a control socket. A real one that is armed disarms by itself where a machine is too busy for its guardian. */
const standIns: Readonly<Record<string, string>> = {
  'is armed': `socket.write('{"ok":true,"value":{"stimulation":{"armed":true}}}\\n')`,
  'answers something else': `socket.write('{"ok":true,"value":{}}\\n')`,
  'says nothing': '',
};

let faults = 0;
const [before, now] = [archiveOf(previous), archiveOf(version)];
checkArm64();
for (const suite of values.suite ?? ['bookworm', 'trixie']) liveIn(suite);
process.stdout.write(faults === 0 ? 'the package keeps what it promises\n' : `${faults} faults\n`);
process.exitCode = faults === 0 ? 0 : 1;

function expect(what: string, holds: boolean, detail = ''): void {
  if (!holds) faults++;
  process.stdout.write(`  ${holds ? 'good ' : 'FAULT'} ${what}${holds ? '' : `\n${detail}`}\n`);
}

/** Of the tree that is there, with another number; compressed for speed, not for size. */
function archiveOf(number: string): string {
  const tree = join(out, 'tree-amd64');
  if (!existsSync(tree)) throw new Error(`${tree} is absent. Run: npm run package -- --arch amd64`);
  const epoch = 1_000_000_000;
  writeVersion(tree, number, epoch, maintainer);
  const to = join(out, 'install-test');
  const archive = {
    tree,
    machine: architectureOf('amd64'),
    version: number,
    maintainer,
    epoch,
    scripts,
    out: to,
    fast: true,
  };
  const path = writeArchive(archive);
  rmSync(join(tree, 'DEBIAN'), { recursive: true });
  return path;
}

function liveIn(suite: string): void {
  process.stdout.write(`${suite}\n`);
  const system = freshSystem(suite);
  if (system === undefined) return;
  const inside = containerOf(system);
  for (const archive of [before, now]) runProgram('cp', [archive, join(system, 'srv')]);
  const [oldPath, newPath] = [before, now].map((path) => `/srv/${path.slice(path.lastIndexOf('/') + 1)}`);

  const install = inside(['dpkg', '-i', oldPath ?? '']);
  expect('installs', install.status === 0, install.text);
  const verified = inside(['systemd-analyze', 'verify', ...unitsOf(system)]);
  expect('systemd-analyze verify has nothing to say', verified.status === 0 && verified.text === '', verified.text);
  const enabled = inside(['systemctl', 'is-enabled', 'axond.service']);
  expect('is not enabled by itself', enabled.text.trim() === 'disabled', enabled.text);
  const configured = inside([
    'runuser',
    '-u',
    'axond',
    '--',
    'axond',
    'check',
    '/etc/axond/device.yaml',
    '/etc/axond/protocol.yaml',
  ]);
  expect('its example configuration has no fault', configured.status === 0, configured.text);

  const demo = inside(['sh', '-c', asAxond('axond demo --seconds 20 --json')]);
  const summary = z.object({ samples: z.number() }).safeParse(lastJson(demo.output));
  expect(
    'axond demo --seconds 20 --json as the service user',
    demo.status === 0 && (summary.data?.samples ?? 0) > 4000,
    demo.text,
  );
  const recordings = join(system, 'var/lib/axond/recordings');
  const sums = (): string =>
    JSON.stringify(
      filesBelow(recordings)
        .sort()
        .map((path) => [path, sumOf(join(recordings, path))]),
    );
  const recorded = sums();

  appendFileSync(join(system, 'etc/axond/device.yaml'), '# changed by its owner\n');
  for (const [answers, reply] of Object.entries(standIns)) {
    const refused = inside(['sh', '-c', besideStandIn(reply, `dpkg --force-confold -i ${newPath ?? ''}`)]);
    const says = /is armed\. Disarm it first|does not say whether it is armed/.test(refused.text);
    expect(
      `refuses an upgrade beside an axond that ${answers}, and says why`,
      refused.status !== 0 && says,
      refused.text,
    );
    expect('still is the version before', versionIn(inside) === previous, versionIn(inside));
  }
  const upgraded = inside(['dpkg', '--force-confold', '-i', newPath ?? '']);
  expect('upgrades', upgraded.status === 0 && versionIn(inside) === version, upgraded.text);
  expect('keeps a changed configuration', ownersChange(system));
  expect('keeps the recordings, bit for bit', sums() === recorded);
  const first = filesBelow(recordings).find((path) => path.endsWith('.db')) ?? '';
  const checked = inside(['axond', 'check', `/var/lib/axond/recordings/${first}`]);
  expect('reads a recording of the version before', checked.status === 0, checked.text);

  const kept = sums();
  const removed = inside(['dpkg', '--remove', 'axond']);
  expect('is removed', removed.status === 0 && !existsSync(join(system, 'usr/lib/axond')), removed.text);
  expect('keeps configuration and recordings then', ownersChange(system) && sums() === kept);
  const purged = inside(['dpkg', '--purge', 'axond']);
  expect('is purged', purged.status === 0 && !existsSync(join(system, 'etc/axond/device.yaml')), purged.text);
  expect(
    'keeps the recordings even then, and says where they are',
    sums() === kept && purged.text.includes('/var/lib/axond'),
    purged.text,
  );
}

function ownersChange(system: string): boolean {
  return readFileSync(join(system, 'etc/axond/device.yaml'), 'utf8').endsWith('# changed by its owner\n');
}

interface Said {
  readonly status: number;
  readonly output: string;
  /** Both, the standard output first. */
  readonly text: string;
}
type Inside = (command: readonly string[]) => Said;

/** Unpacks a Debian of its own for the test; its packages are fetched once. Undefined where it cannot be had. */
function freshSystem(suite: string): string | undefined {
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

/** How commands run in the system. */
function containerOf(system: string): Inside {
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

function say([name = '', ...parameters]: readonly string[]): Said {
  const { status, stdout, stderr, error } = spawnSync(name, parameters, {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
    timeout: 600_000,
  });
  // What nspawn says of its own on a machine whose first process is no systemd.
  const said = stderr.replace(/^Attempted to remove disk file system under .*\n?/gm, '');
  return { status: error ? 1 : (status ?? 1), output: stdout, text: `${stdout}${said}${error?.message ?? ''}` };
}

function asAxond(command: string): string {
  return `cd /var/lib/axond && install -d -o axond -g axond /run/axond && exec runuser -u axond -- env RUNTIME_DIRECTORY=/run/axond ${command}`;
}

/** A shell's words for a command that runs while such a socket is there. Its exit code is the command's. */
function besideStandIn(reply: string, command: string): string {
  const folder = '/run/axond/bedside';
  const program = `require('net').createServer((socket) => socket.on('data', () => { ${reply} })).listen('${folder}/control.sock')`;
  return `mkdir -p ${folder}
/usr/lib/axond/node/bin/node --eval "$1" &
standin=$!
until [ -S ${folder}/control.sock ]; do sleep 0.1; done
${command}
status=$?
kill $standin
rm -r ${folder}
exit $status
`.replace('"$1"', shellQuoted(program));
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function unitsOf(system: string): string[] {
  const folder = '/usr/lib/systemd/system';
  return readdirSync(join(system, folder))
    .filter((name) => name.startsWith('axond'))
    .map((name) => join(folder, name));
}

function versionIn(inside: Inside): string {
  return inside(['axond', '--version']).text.trim();
}

function sumOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function lastJson(text: string): unknown {
  const line = text
    .trim()
    .split('\n')
    .findLast((each) => each.startsWith('{'));
  return line === undefined ? undefined : JSON.parse(line);
}

/** Everything native in the arm64 package is of that machine, and its own Node loads it under qemu-user. */
function checkArm64(): void {
  process.stdout.write('arm64\n');
  const tree = join(out, 'tree-arm64');
  if (!existsSync(tree)) {
    process.stdout.write('  NOT TRIED: run npm run package -- --arch arm64\n');
    return;
  }
  const machines = filesBelow(tree).map((path) => [path, elfMachine(readFileSync(join(tree, path)))] as const);
  const native = machines.filter(([, machine]) => machine !== undefined);
  const foreign = native.filter(([, machine]) => machine !== architectureOf('arm64').elf);
  expect(`${native.length} native files, all of arm64`, native.length >= 5 && foreign.length === 0, foreign.join('\n'));
  const program = join(tree, 'usr/lib/axond');
  const loaded = say([
    'qemu-aarch64-static',
    '-L',
    '/usr/aarch64-linux-gnu',
    join(program, 'node/bin/node'),
    '--eval',
    loadNative(program),
  ]);
  expect('they load under qemu-user', loaded.status === 0, loaded.text);
  process.stdout.write(`        ${loaded.text}`);
}

/** A program that uses each native module once. */
function loadNative(program: string): string {
  return `const require = process.getBuiltinModule('module').createRequire('${program}/package.json');
const Database = require('better-sqlite3');
const { version } = new Database(':memory:').prepare('select sqlite_version() as version').get();
const pid = require('koffi').load('libc.so.6').func('int getpid()')();
if (pid !== process.pid) throw new Error('koffi calls something else');
require('epoll');
require('@serialport/bindings-cpp').autoDetect();
console.log(process.arch, 'Node', process.version, 'SQLite', version);`;
}
