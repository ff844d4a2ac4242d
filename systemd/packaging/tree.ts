import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { tool, type Architecture } from './architecture.js';
import { carriedModules, installModules, prune } from './carried-modules.js';
import { carriedNode, nodeVersion } from './carried-node.js';
import { copyrightText } from './copyright.js';
import { compileModules } from './native-modules.js';
import { runProgram } from './run-program.js';

/** Puts together what the package installs, as a folder whose root is the file system's. */
export function buildTree(root: string, tree: string, machine: Architecture, cache: string): void {
  rmSync(tree, { recursive: true, force: true });
  const program = join(tree, 'usr/lib/axond');
  const node = carriedNode(machine, cache);
  copyFile(join(node, 'bin/node'), join(program, 'node/bin/node'), 0o755);
  runProgram(tool('strip', machine), ['--strip-unneeded', join(program, 'node/bin/node')]);

  for (const path of publishedFiles(root)) copyFile(join(root, path), join(program, path), modeOf(path));

  const staging = join(cache, `modules-${machine.debian}`);
  rmSync(staging, { recursive: true, force: true });
  installModules(root, staging, machine);
  const modules = join(staging, 'node_modules');
  compileModules(modules, machine, node, join(cache, 'compiled'));
  const licences = carriedModules(modules);
  for (const path of prune(modules, machine)) copyFile(join(modules, path), join(program, 'node_modules', path), 0o644);

  const packaging = join(root, 'systemd/packaging');
  copyFile(join(packaging, 'axond'), join(tree, 'usr/bin/axond'), 0o755);
  for (const [from, to] of systemFiles(join(root, 'systemd'))) copyFile(from, join(tree, to), 0o644);
  for (const name of readdirSync(join(packaging, 'etc')))
    copyFile(join(packaging, 'etc', name), join(tree, 'etc/axond', name), 0o644);

  const documents = join(tree, 'usr/share/doc/axond');
  for (const path of ['README.md', 'runtime/decide/SAFETY.md'])
    copyFile(join(root, path), join(documents, basename(path)), 0o644);
  const nodeLicense = readFileSync(join(node, 'LICENSE'), 'utf8');
  write(join(documents, 'copyright'), copyrightText(nodeLicense, licences, nodeVersion));
  copyFile(join(packaging, 'debian/lintian-overrides'), join(tree, 'usr/share/lintian/overrides/axond'), 0o644);
}

/** What changes from one version to the next without a change of the programs: their number and Debian's list of changes. */
export function writeVersion(tree: string, version: string, epoch: number, maintainer: string): void {
  const path = join(tree, 'usr/lib/axond/package.json');
  const manifest = z.looseObject({ version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8')));
  write(path, `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  const changes = `axond (${version}) stable; urgency=medium\n\n  * Built from axond ${version}; its history is in the source repository.\n\n -- ${maintainer}  ${date}\n`;
  const target = join(tree, 'usr/share/doc/axond/changelog.gz');
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, gzipSync(changes, { level: 9 }));
}

/** What npm would publish, without what only a checkout uses, and without what was compiled from a source that is gone. */
function publishedFiles(root: string): string[] {
  const [packed] = packList.parse(
    JSON.parse(runProgram('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })),
  );
  return (packed?.files ?? [])
    .map(({ path }) => path)
    .filter((path) => !/^(dist\/(test|systemd)|test|systemd\/packaging)\/|\.map$|^LICENSE$/.test(path))
    .filter((path) => !/^dist\/.*\.js$/.test(path) || existsSync(join(root, path.slice(5).replace(/js$/, 'ts'))))
    .sort();
}

/** The files of `systemd/` and where Debian keeps their kind. A file of an unknown kind is a mistake here. */
export function systemFiles(folder: string): [from: string, to: string][] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(md|ts)$/.test(entry.name))
    .map(({ name }) => {
      const place = systemPlaces.find(([kind]) => kind.test(name))?.[1];
      if (place === undefined) throw new Error(`systemd/${name}: no rule says where a package installs it.`);
      return [join(folder, name), place.endsWith('/') ? place + basename(name) : place];
    });
}

const systemPlaces: readonly [RegExp, string][] = [
  [/\.(service|socket|target|timer|path|slice)$/, 'usr/lib/systemd/system/'],
  [/\.rules$/, 'usr/lib/udev/rules.d/'],
  [/^axond\.sysusers$/, 'usr/lib/sysusers.d/axond.conf'],
  [/^axond\.tmpfiles$/, 'usr/lib/tmpfiles.d/axond.conf'],
  [/^journald-axond\.conf$/, 'usr/lib/systemd/journald.conf.d/axond.conf'],
];

function modeOf(path: string): number {
  return path === 'runtime/cli/axond' || path.endsWith('.sh') ? 0o755 : 0o644;
}

function copyFile(from: string, to: string, mode: number): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, mode);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o644 });
}

const packList = z.array(z.object({ files: z.array(z.object({ path: z.string() })) }));
