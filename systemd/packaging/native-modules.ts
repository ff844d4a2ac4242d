import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { tool, type Architecture } from './architecture.js';
import { nodeVersion } from './carried-node.js';
import { filesBelow } from './carried-modules.js';
import { runProgram } from './run-program.js';

/**
 * Compiles each module that brings C++ and no binary for `machine` against the headers of the Node that is carried.
 * What was compiled once is taken from the cache. `nodeFolder` has `include/node`.
 */
export function compileModules(modules: string, machine: Architecture, nodeFolder: string, cache: string): string[] {
  const sources = filesBelow(modules)
    .filter((path) => /^(@[^/]+\/)?[^/]+\/binding\.gyp$/.test(path))
    .map((path) => path.slice(0, -'/binding.gyp'.length))
    .filter((name) => !existsSync(join(modules, name, 'prebuilds')))
    .sort();
  for (const name of sources) {
    const folder = join(modules, name);
    const { version } = versioned.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
    const key = `${name.replace('/', '+')}-${version}-node-${nodeVersion}-${machine.debian}`;
    const compiled = join(cache, key);
    if (!existsSync(compiled)) compile(folder, machine, nodeFolder, compiled);
    cpSync(compiled, join(folder, 'build', 'Release'), { recursive: true });
  }
  return sources;
}

function compile(folder: string, machine: Architecture, nodeFolder: string, target: string): void {
  // Neither the folder of the build nor its time is in the result.
  const flags = `-ffile-prefix-map=${folder}=. -ffile-prefix-map=${nodeFolder}=node`;
  const compiler = { CC: tool('gcc', machine), CXX: tool('g++', machine), AR: tool('ar', machine) };
  runProgram(compiler.CXX, ['--version']);
  runProgram(
    process.execPath,
    [nodeGyp(), 'rebuild', '--release', `--arch=${machine.node}`, `--nodedir=${nodeFolder}`, '--jobs=1'],
    { cwd: folder, env: { ...compiler, LINK: compiler.CXX, CFLAGS: flags, CXXFLAGS: flags } },
  );
  const built = join(folder, 'build', 'Release');
  const unfinished = `${target}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  for (const file of readdirSync(built).filter((name) => name.endsWith('.node'))) {
    cpSync(join(built, file), join(unfinished, file));
    runProgram(tool('strip', machine), ['--strip-unneeded', join(unfinished, file)]);
  }
  renameSync(unfinished, target);
}

/** npm brings it. */
function nodeGyp(): string {
  const path = join(
    runProgram('npm', ['root', '--global']).trim(),
    'npm',
    'node_modules',
    'node-gyp',
    'bin',
    'node-gyp.js',
  );
  if (!existsSync(path)) throw new Error(`${path} is absent: this npm brings no node-gyp. Install npm's own release.`);
  return path;
}

const versioned = z.object({ version: z.string() });
