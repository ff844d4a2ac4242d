import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { architectureOf, elfMachine } from './architecture.js';
import { writeArchive } from './archive.js';
import { filesBelow } from './carried-modules.js';
import { boot, containerOf, freshSystem, say, type Inside } from './container.js';
import { runProgram } from './run-program.js';
import { liveAsService } from './service-life.js';
import { writeVersion } from './tree.js';

/**
 * `npm run install-test`: what `npm run package` made, through its life in a fresh Debian: in, verified, a demo as the
 * service's user, an upgrade refused while armed and then done, a changed configuration, removal and purge; then the
 * same system booted, with the service at work in its sandbox. Needs root. The system is a container of systemd-nspawn;
 * where this machine cannot have one, a chroot, and nothing boots.
 *   npm run install-test -- --suite bookworm      only that Debian
 */
const { values } = parseArgs({ options: { suite: { type: 'string', multiple: true } } });
const root = fileURLToPath(new URL('../../../', import.meta.url));
const out = join(root, 'dist-package');
const scripts = join(root, 'systemd/packaging/debian');
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const maintainer = 'Install test <install-test@axond.invalid>';
const previous = `${version}~previous`;
const checked = z.object({ findings: z.array(z.object({ level: z.string(), name: z.string(), fix: z.string() })) });

/** Answers on a control socket. A real one that is armed disarms by itself where a machine is too busy for its guardian. */
const standIns: Readonly<Record<string, string>> = {
  'is armed': `socket.write('{"ok":true,"value":{"stimulation":{"armed":true}}}\\n')`,
  'answers something else': `socket.write('{"ok":true,"value":{}}\\n')`,
  'says nothing': '',
};

let faults = 0;
const [before, now] = [archiveOf(previous), archiveOf(version)];
checkArm64();
for (const suite of values.suite ?? ['bookworm', 'trixie']) await liveIn(suite);
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

async function liveIn(suite: string): Promise<void> {
  process.stdout.write(`${suite}\n`);
  const system = freshSystem(suite, out);
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
  // As `axond check` advises for what the package leaves out.
  const beside = join(system, 'usr/lib/node_modules/@tensorflow/tfjs-node');
  const tensorflow = (): string => findingOf(inside(['axond', 'check', '--json']).output, '@tensorflow/tfjs-node');
  const absent = tensorflow();
  mkdirSync(beside, { recursive: true });
  writeFileSync(join(beside, 'index.js'), '');
  expect(
    'finds a module that npm put beside it, as axond check advises',
    absent.includes('npm install --global --prefix /usr @tensorflow/tfjs-node') && tensorflow().startsWith('good'),
    `${absent}\n${tensorflow()}`,
  );
  rmSync(join(system, 'usr/lib/node_modules'), { recursive: true });
  const upgraded = inside(['dpkg', '--force-confold', '-i', newPath ?? '']);
  expect('upgrades', upgraded.status === 0 && versionIn(inside) === version, upgraded.text);
  expect('keeps a changed configuration', ownersChange(system));
  expect('keeps the recordings, bit for bit', sums() === recorded);
  const first = filesBelow(recordings).find((path) => path.endsWith('.db')) ?? '';
  const readBack = inside(['axond', 'check', `/var/lib/axond/recordings/${first}`]);
  expect('reads a recording of the version before', readBack.status === 0, readBack.text);

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

  process.stdout.write('  the same, booted\n');
  const booted = await boot(system);
  try {
    if (booted) await liveAsService({ ...booted, system, expect, before: oldPath ?? '', now: newPath ?? '', version });
  } finally {
    await booted?.stop();
  }
}

function ownersChange(system: string): boolean {
  return readFileSync(join(system, 'etc/axond/device.yaml'), 'utf8').endsWith('# changed by its owner\n');
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

/** What `axond check --json` says of one thing: `LEVEL FIX`. */
function findingOf(output: string, name: string): string {
  const { findings } = checked.parse(lastJson(output));
  const found = findings.find((finding) => finding.name === name);
  return found ? `${found.level} ${found.fix}` : '';
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
