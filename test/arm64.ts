import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { madeSignal, rate } from './made-signal.js';

/**
 * `npm run arm64`: what the arm64 package runs on computes the same bits as this machine. With the package's own Node and
 * modules under qemu-user: the suites of engine, gate, replay and Portiloop, the digests of `machine-digest/` on both,
 * and a recording of each that the other replays without a difference. Needs `npm run package` before, qemu-user-static
 * and the arm64 C and C++ libraries (both come with g++-aarch64-linux-gnu).
 *   npm run arm64 -- --only digests      or suites, replay
 */
const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
const root = fileURLToPath(new URL('../../', import.meta.url));
const program = join(root, 'dist-package/tree-arm64/usr/lib/axond');
const folder = join(root, 'dist-package/arm64-suites');
const libraries = '/usr/aarch64-linux-gnu';
const armNode = ['qemu-aarch64-static', '-L', libraries, join(program, 'node/bin/node')];
/** Modules that only tests use. They hold no native code. */
const testModules = ['fast-check', 'pure-rand', 'flatbuffers'];

const suites = [
  /^models\/engine\/(equal|fold|reference|wasm|streaming|second-opinion)\.test\.js$/,
  /^models\/int8\/[^/]*\.test\.js$/,
  /^runtime\/decide\/[^/]*\.test\.js$/,
  /^test\/gate\/[^/]*\.test\.js$/,
  /^runtime\/replay\/[^/]*\.test\.js$/,
  /^runtime\/detect\/portiloop\.test\.js$/,
  /^test\/portiloop-preset\.test\.js$/,
];

const steps = { digests: compareDigests, replay: replayEachOther, suites: runSuites };
const wanted = Object.entries(steps).filter(([name]) => values.only?.includes(name) ?? true);
prepare();
const faults = wanted.flatMap(([name, step]) => {
  process.stdout.write(`${name} …\n`);
  return step();
});
for (const fault of faults) process.stdout.write(`NOT EQUAL: ${fault}\n`);
process.stdout.write(faults.length === 0 ? 'arm64 and this machine agree\n' : `${faults.length} faults\n`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** A folder that looks like this checkout, with the arm64 package's modules in place of this machine's. */
function prepare(): void {
  for (const [path, fix] of [
    [program, 'npm run package -- --arch arm64'],
    ['/usr/bin/qemu-aarch64-static', 'sudo apt-get install qemu-user-static'],
    [join(libraries, 'lib/libstdc++.so.6'), 'sudo apt-get install g++-aarch64-linux-gnu'],
  ] as const) {
    if (existsSync(path)) continue;
    process.stderr.write(`${path} is absent. Run: ${fix}\n`);
    process.exit(2);
  }
  rmSync(folder, { recursive: true, force: true });
  const modules = join(folder, 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const name of readdirSync(join(program, 'node_modules')))
    symlinkSync(join(program, 'node_modules', name), join(modules, name));
  for (const name of testModules)
    if (!existsSync(join(modules, name))) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  for (const name of ['package.json', 'runtime', 'models', 'drivers', 'firmware-bridge', 'test'])
    symlinkSync(join(root, name), join(folder, name));
  // Links by name would lead back to this machine's modules; hard links do not.
  run(['cp', '-al', join(root, 'dist'), join(folder, 'dist')]);
}

function compareDigests(): string[] {
  const [here, there] = [
    digestsOf([process.execPath, 'dist/test/machine-digest/digest.js'], root),
    digestsOf([...armNode, 'dist/test/machine-digest/digest.js'], folder),
  ];
  const names = [...new Set([...Object.keys(here), ...Object.keys(there)])];
  for (const name of names) process.stdout.write(`  ${here[name] === there[name] ? 'equal' : 'OTHER'} ${name}\n`);
  return names.filter((name) => here[name] !== there[name]).map((name) => `digest of ${name}`);
}

function digestsOf(command: readonly string[], cwd: string): Record<string, string> {
  const { stdout, seconds } = run(command, cwd);
  process.stdout.write(`  ${command.length > 2 ? 'arm64' : 'here'}: ${seconds} s\n`);
  return z.record(z.string(), z.string()).parse(JSON.parse(stdout));
}

/** A minute of signal, recorded by each of the two, is replayed by the other. */
function replayEachOther(): string[] {
  const launchers = {
    here: { start: [process.execPath], cwd: root },
    arm64: { start: armNode, cwd: folder },
  };
  const signal = join(folder, 'signal.txt');
  writeFileSync(signal, [...madeSignal(60, 3)].map((value) => `${value.toFixed(3)}\n`).join(''));
  return (['here', 'arm64'] as const).flatMap((maker) => {
    const other = maker === 'here' ? 'arm64' : 'here';
    const record = join(folder, maker);
    const first = axond(launchers[maker], [
      'replay',
      signal,
      '--rate',
      String(rate),
      '--preset',
      'spindle',
      '--arm-virtual',
      '--set',
      `device.record=${record}`,
    ]);
    const name = readdirSync(record).find((file) => file.endsWith('.db'));
    if (name === undefined) return [`${maker} made no recording:\n${first.text}`];
    const second = axond(launchers[other], ['replay', join(record, name), '--json']);
    process.stdout.write(
      `  made ${maker} in ${first.seconds} s, replayed ${other} in ${second.seconds} s: ${second.text}\n`,
    );
    return second.status === 0 ? [] : [`${other} decides otherwise over the recording of ${maker}`];
  });
}

function axond(
  { start, cwd }: { start: readonly string[]; cwd: string },
  words: readonly string[],
): { status: number; seconds: string; text: string } {
  const { status, seconds, stdout, stderr } = tryRun([...start, 'dist/runtime/cli/main.js', ...words], cwd);
  return { status, seconds, text: stdout.trim().split('\n').at(-1) ?? stderr };
}

function runSuites(): string[] {
  const files = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => suites.some((suite) => suite.test(file)))
    .sort();
  return files.flatMap((file) => {
    // One process a file: a test runner would start this machine's Node for each.
    const { status, seconds, stdout, stderr } = tryRun([...armNode, join('dist', file)], folder);
    const tests = /^# pass (\d+)/m.exec(stdout)?.[1] ?? '0';
    process.stdout.write(`  ${status === 0 ? 'pass' : 'FAIL'} ${file}: ${tests} tests, ${seconds} s\n`);
    return status === 0 ? [] : [`${file}:\n${failuresOf(stdout)}${stderr.slice(-1000)}`];
  });
}

function failuresOf(tap: string): string {
  return tap
    .split('\n')
    .filter((line) => /not ok|error:|expected|actual/.test(line))
    .slice(0, 30)
    .join('\n');
}

function run(command: readonly string[], cwd = root): { stdout: string; seconds: string } {
  const { status, stdout, stderr, seconds } = tryRun(command, cwd);
  if (status !== 0) throw new Error(`${command.join(' ')} failed:\n${stdout}${stderr}`);
  return { stdout, seconds };
}

function tryRun(
  [name = '', ...parameters]: readonly string[],
  cwd: string,
): { status: number; stdout: string; stderr: string; seconds: string } {
  const started = performance.now();
  const env = { ...process.env, AXOND_EQUAL_CASES: '60' };
  const { status, stdout, stderr } = spawnSync(name, parameters, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { status: status ?? 1, stdout, stderr, seconds: ((performance.now() - started) / 1000).toFixed(0) };
}
