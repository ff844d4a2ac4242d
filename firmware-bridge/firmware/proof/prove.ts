import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plantedBugs } from './planted.js';
import { CallGraph } from './stack.js';
import { configurations, firmware, mustRun, outcomeOf, planted, strict, Visit } from './visits.js';

/**
 * npm run prove              all of it
 * npm run prove -- Frama     only what has one of the words in its name
 * All that is proven of the firmware, by one command; README.md beside this says what it is worth. Exits 1 where something
 * is broken, or where a tool is missing.
 */
const tools = {
  gcc: 'gcc',
  gcov: 'gcc',
  clang: 'clang',
  cppcheck: 'cppcheck',
  'frama-c': 'frama-c-base',
  'arm-none-eabi-gcc': 'gcc-arm-none-eabi',
};
const core = ['bank', 'bridge', 'frame', 'inputs', 'interlock', 'limits', 'signature', 'update'].map(
  (name) => `core/${name}.c`,
);
const ours = [...core, 'generated/messages.c'];
const tinyssh = readdirSync(join(firmware, 'third_party/tinyssh'))
  .filter((name) => name.endsWith('.c'))
  .map((name) => `third_party/tinyssh/${name}`);
const arm = ['-mcpu=cortex-m3', '-mthumb', '-Os', '-ffreestanding'];

const missing = Object.entries(tools).filter(
  ([program]) => spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status !== 0,
);
if (missing.length > 0) {
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
  process.stdout.write(`Missing: ${missing.map(([program]) => program).join(', ')}. apt-get install ${packages}\n`);
  process.exit(1);
}

const words = process.argv.slice(2);
let broken = 0;
const scratch = mkdtempSync(join(tmpdir(), 'axond-prove-'));
try {
  prove('Warnings of gcc, clang and the compiler for the microcontroller, as errors', compileStrictly);
  for (const configuration of configurations)
    prove(`Every reachable state of the interlock: ${configuration}`, () => visitAll(configuration));
  prove('Branches of the interlock that those visits took (gcov)', coverBranches);
  prove('Random steps with the compiled limits: a sample', walk);
  prove(`${plantedBugs.length} planted bugs, each found by the shortest way`, findPlanted);
  prove('Frames: no run-time error in any state, for any byte (Frama-C Eva)', () =>
    evaluate(['proof/eva-frame.c', 'core/frame.c'], []),
  );
  prove('The bridge: no run-time error, for any messages, times and flash (Frama-C Eva)', evaluateBridge);
  prove('cppcheck', checkStyle);
  prove('Stack and size of the core on a Cortex-M3', measure);
} finally {
  rmSync(scratch, { recursive: true });
}
process.stdout.write(
  'Not covered: the compilers, the port (its interrupt, its lock, its pin), tinyssh beyond its stack, limits of real size\n' +
    'but by sample. proof/README.md says more.\n' +
    (broken > 0 ? `${broken} broken.\n` : words.length > 0 ? 'What was asked for holds.\n' : 'All proven.\n'),
);
if (broken > 0) process.exitCode = 1;

function prove(name: string, proof: () => string): void {
  if (words.length > 0 && !words.some((word) => name.includes(word))) return;
  const startedMs = performance.now();
  let text: string;
  let mark = 'ok';
  try {
    text = proof();
  } catch (error) {
    broken++;
    mark = 'BROKEN';
    text = error instanceof Error ? error.message : String(error);
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${mark}  ${name} (${seconds} s)\n${text.trimEnd().replace(/^/gm, '    ')}\n`);
}

function compileStrictly(): string {
  for (const compiler of ['gcc', 'clang', 'arm-none-eabi-gcc'])
    for (const level of ['-O0', '-O2', '-Os'])
      for (const file of ours)
        mustRun(compiler, [...strict, level, '-ffreestanding', '-c', file, '-o', join(scratch, 'strict.o')]);
  return `${ours.length} files, each at -O0, -O2 and -Os`;
}

function folderFor(name: string): string {
  return mkdtempSync(join(scratch, `${name}-`));
}

function visitAll(configuration: (typeof configurations)[number]): string {
  return sound(new Visit(folderFor(configuration), configuration).run());
}

function sound({ sound, text }: { readonly sound: boolean; readonly text: string }): string {
  if (!sound) throw new Error(text);
  return text;
}

function coverBranches(): string {
  const folder = folderFor('gcov');
  for (const configuration of ['numbers', 'values'] as const) {
    const flags = ['-std=c11', '-include', join(firmware, `proof/configurations/${configuration}.h`)];
    const watchers = ['visit', 'inputs', 'observer'].map((name) => join(firmware, `proof/${name}.c`));
    mustRun('gcc', [...flags, '-O2', '-c', ...watchers], folder);
    mustRun('gcc', [...flags, '--coverage', '-c', join(firmware, 'core/interlock.c'), '-o', 'interlock.o'], folder);
    mustRun('gcc', ['--coverage', 'visit.o', 'inputs.o', 'observer.o', 'interlock.o', '-o', configuration], folder);
    sound(outcomeOf(join(folder, configuration), [], folder));
  }
  const text = mustRun('gcov', ['-b', 'interlock.o'], folder);
  const [, lines, , branches, , taken] =
    /Lines executed:([\d.]+)% of (\d+)\nBranches executed:([\d.]+)% of (\d+)\nTaken at least once:([\d.]+)% of/.exec(
      text,
    ) ?? [];
  if (lines !== '100.00' || branches !== '100.00' || taken !== '100.00') throw new Error(text);
  return text.split('\n').slice(1, 4).join('\n');
}

function walk(): string {
  const folder = folderFor('walk');
  const files = ['proof/walk.c', 'proof/inputs.c', 'proof/observer.c', 'core/interlock.c', 'core/limits.c'];
  mustRun('gcc', [...strict, '-O2', ...files, '-o', join(folder, 'walk')]);
  return [1, 2, 3].map((seed) => sound(outcomeOf(join(folder, 'walk'), [String(seed), '10000000']))).join('');
}

function findPlanted(): string {
  const visits = (['numbers', 'values'] as const).map((name) => ({ name, visit: new Visit(folderFor(name), name) }));
  const found: string[] = [];
  const unnoticed: string[] = [];
  for (const bug of plantedBugs) {
    let how: string | undefined;
    for (const { name, visit } of visits) {
      const { sound, text } = visit.run(planted(bug));
      if (sound) continue;
      how = `${bug.name} (${name})\n${text.replace(/^/gm, '  ').trimEnd()}`;
      break;
    }
    if (how === undefined) unnoticed.push(bug.name);
    else found.push(how);
  }
  if (unnoticed.length > 0) throw new Error(`Not found: ${unnoticed.join('; ')}`);
  return found.join('\n');
}

function evaluate(files: readonly string[], options: readonly string[]): string {
  // The widths and the byte order of a Cortex-M; Frama-C calls them so.
  const machine = ['-machdep', 'gcc_x86_32', '-c11'];
  const text = mustRun('frama-c', [...machine, '-eva', '-eva-precision', '0', ...options, ...files]);
  const alarms = /(\d+) alarms? generated by the analysis/.exec(text)?.[1];
  const coverage = text.match(/^ {2}(?:In these functions, )?\d+ \w+ (?:analyzed|reached) .*$/gm) ?? [];
  const properties = text.match(/^ {4}(?:Assertions|Preconditions) .*$/gm) ?? [];
  const summary = [...coverage, `${alarms ?? 'no count of'} alarms`, ...properties]
    .map((line) => line.trim())
    .join('\n');
  if (alarms !== '0' || /[1-9]\d* (?:unknown|invalid)/.test(properties.join())) {
    throw new Error(`${(text.match(/^\[eva:alarm\].*(?:\n {2}.*)*/gm) ?? []).join('\n')}\n${summary}`);
  }
  return summary;
}

function evaluateBridge(): string {
  // Where a function's result says what its arguments hold, the cases are kept apart.
  const bridge = readFileSync(join(firmware, 'core/bridge.c'), 'utf8');
  const handlers = [...new Set(bridge.match(/\b(?:decode|handle)_\w+/g))].map((name) => `${name}:20`);
  const apart = ['bank_header:20', 'bank_is_whole:20', 'update_end:20', 'send_edges:10', 'send_inputs:10'];
  const copies = ['get_bytes:130', 'put_counts:20', 'write_mark:40'];
  return evaluate(
    ['proof/eva-bridge.c', ...ours.filter((file) => !/frame|signature/.test(file))],
    [
      '-eva-split-return',
      'auto',
      '-eva-plevel',
      '2000',
      '-eva-slevel-function',
      [...apart, ...copies, ...handlers].join(),
    ],
  );
}

function checkStyle(): string {
  const checks = ['--std=c11', '--enable=warning,style,performance,portability', '--platform=arm32-wchar_t2'];
  const text = mustRun('cppcheck', [...checks, '--error-exitcode=2', '--quiet', 'core', 'generated']);
  if (text !== '') throw new Error(text);
  return `nothing to say on ${ours.length} files`;
}

function measure(): string {
  const folder = folderFor('stack');
  const report = [...arm, '-fcallgraph-info=su', '-std=c11', `-I${join(firmware, 'third_party/configured')}`];
  mustRun('arm-none-eabi-gcc', [...report, '-c', ...[...ours, ...tinyssh].map((file) => join(firmware, file))], folder);
  const graphs = readdirSync(folder).filter((name) => name.endsWith('.ci'));
  const graph = new CallGraph(graphs.map((name) => readFileSync(join(folder, name), 'utf8')));
  const lines = ['bridge_boot', 'bridge_tick', 'bridge_poll', 'interlock_advance', 'interlock_judge'].map((root) => {
    const { bytes, path } = graph.bound(root);
    return `${root}: ${bytes} bytes of stack (${path.join(' → ')})`;
  });
  const uncounted = new Set(
    ['bridge_boot', 'bridge_tick', 'bridge_poll'].flatMap((root) => graph.bound(root).uncounted),
  );
  lines.push(`without what the port and the compiler's own functions take: ${[...uncounted].sort().join(' ')}`);
  for (const [name, files] of [
    ['the interlock', ['core/interlock.c', 'core/limits.c']],
    ['the core', ours],
    ['tinyssh', tinyssh],
  ] as const) {
    const objects = files.map((file) => file.replace(/.*\/(.*)c$/, '$1o'));
    const rows = mustRun('arm-none-eabi-size', objects, folder).trim().split('\n').slice(1);
    const sums = [0, 1, 2].map((column) => rows.reduce((sum, row) => sum + Number(row.trim().split(/\s+/)[column]), 0));
    lines.push(
      `${name}: ${(sums[0] ?? 0) + (sums[1] ?? 0)} bytes of flash, ${(sums[1] ?? 0) + (sums[2] ?? 0)} of memory`,
    );
  }
  return `no recursion, no call through a pointer, no stack that grows\n${lines.join('\n')}`;
}
