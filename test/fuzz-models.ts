import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Defect, Progress, Stretch } from './fuzz/child.js';
import { formats } from './fuzz/formats.js';
import { caseOf, load } from './fuzz/one-case.js';

/**
 * `npm run fuzz:models`: a million damaged model files. Each is refused with a reason or loaded whole; none crashes its
 * process, takes more than a second, or makes it allocate more than 64 MiB or ten times the file. The JavaScript heap has
 * the same limit over what the process needs without any file. Exit 1 if one does.
 */
const { values } = parseArgs({
  options: {
    /** A share of the full run: 0.001 for a look. */
    share: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    processes: { type: 'string', default: String(availableParallelism()) },
    format: { type: 'string', multiple: true, default: formats.map(({ name }) => name) },
    /** FORMAT:SEED:NUMBER as a defect is named: runs this case alone and writes its file to the current folder. */
    case: { type: 'string' },
  },
});
const heapMegabytes = 160;
const silentMs = 60_000;
const stretchCases = 5000;

interface Total {
  format: string;
  files: number;
  loaded: number;
  refused: number;
  slowestMs: number;
  mostBytes: number;
}

if (values.case === undefined) await runAll();
else await runCase(values.case);

async function runCase(name: string): Promise<void> {
  const [formatName, seed, at] = name.split(':');
  const format = formats.find((each) => each.name === formatName);
  if (!format) throw new Error(`no format ${formatName ?? ''}`);
  const file = caseOf(format, await format.samples(), Number(seed), Number(at));
  const path = `fuzzed-${name.replaceAll(':', '-')}`;
  writeFileSync(path, file.bytes);
  for (const [beside, bytes] of file.beside) writeFileSync(`${path}.${beside}`, bytes);
  process.stdout.write(`${path}: ${file.name}\n`);
  process.stdout.write(`${JSON.stringify(await load(format, file))}\n`);
}

async function runAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-fuzz-'));
  const seed = Number(values.seed);
  const queue: Omit<Stretch, 'positionFile'>[] = [];
  const totals = new Map<string, Total>();
  const defects: Defect[] = [];
  for (const format of formats.filter(({ name }) => values.format.includes(name))) {
    const cases = Math.max(1, Math.round(format.cases * Number(values.share)));
    totals.set(format.name, { format: format.name, files: 0, loaded: 0, refused: 0, slowestMs: 0, mostBytes: 0 });
    for (let from = 0; from < cases; from += stretchCases)
      queue.push({ format: format.name, seed, from, to: Math.min(cases, from + stretchCases) });
  }
  const planned = queue.reduce((sum, { from, to }) => sum + to - from, 0);
  const started = performance.now();
  const progress = setInterval(() => {
    const done = [...totals.values()].reduce((sum, { files }) => sum + files, 0);
    const left = ((performance.now() - started) / Math.max(1, done)) * (planned - done);
    process.stderr.write(
      `${done} of ${planned} files, ${defects.length} defects, ${(left / 60_000).toFixed(1)} min left\n`,
    );
  }, 10_000);
  const lanes = Array.from({ length: Number(values.processes) }, async (_, lane) => {
    for (let stretch = queue.shift(); stretch; stretch = queue.shift())
      await runStretch({ ...stretch, positionFile: join(folder, `${lane}`) }, totals.get(stretch.format)!, defects);
  });
  await Promise.all(lanes);
  clearInterval(progress);
  rmSync(folder, { recursive: true });
  for (const { case: name, what } of defects.slice(0, 100)) process.stdout.write(`${name}: ${what}\n`);
  const seconds = Math.round((performance.now() - started) / 1000);
  process.stdout.write(
    `${JSON.stringify({ seed, planned, defects: defects.length, seconds, formats: [...totals.values()] })}\n`,
  );
  process.exitCode = defects.length === 0 ? 0 : 1;
}

/** Runs a stretch to its end, over the processes that die or hang on the way. */
async function runStretch(stretch: Stretch, total: Total, defects: Defect[]): Promise<void> {
  for (let from = stretch.from; from < stretch.to;) {
    const { at, why } = await runProcess({ ...stretch, from }, total, defects);
    if (why !== undefined) {
      defects.push({ case: `${stretch.format}:${stretch.seed}:${at}`, what: why });
      total.files++;
    }
    from = why === undefined ? stretch.to : at + 1;
  }
}

async function runProcess(stretch: Stretch, total: Total, defects: Defect[]): Promise<{ at: number; why?: string }> {
  const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  writeFileSync(stretch.positionFile, new Float64Array([stretch.from]));
  const child = fork(at('./fuzz/child.js'), {
    execArgv: [
      `--max-old-space-size=${heapMegabytes}`,
      '--import',
      new URL('./fuzz/allocation.js', import.meta.url).href,
    ],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-500)));
  const state = { counted: stretch.from, started: false, done: false, hung: false };
  child.on('message', (progress: Progress) => {
    state.started = true;
    total.loaded += progress.loaded;
    total.refused += progress.refused;
    total.slowestMs = Math.max(total.slowestMs, Math.round(progress.slowestMs));
    total.mostBytes = Math.max(total.mostBytes, progress.mostBytes);
    total.files += progress.at - state.counted;
    state.counted = progress.at;
    defects.push(...progress.defects);
    state.done = progress.done;
  });
  const position = (): number => new Float64Array(new Uint8Array(readFileSync(stretch.positionFile)).buffer)[0]!;
  let last = stretch.from;
  let since = performance.now();
  const watch = setInterval(() => {
    const now = position();
    if (now !== last) [last, since] = [now, performance.now()];
    else if (performance.now() - since > silentMs) {
      state.hung = true;
      child.kill('SIGKILL');
    }
  }, 500);
  child.send(stretch);
  await new Promise((resolve) => child.once('close', resolve));
  clearInterval(watch);
  if (!state.started) throw new Error(`${stretch.format}: no samples to change: ${said}`);
  if (state.done) return { at: stretch.to };
  total.files += position() - state.counted;
  return {
    at: position(),
    why: state.hung ? `hung for ${silentMs / 1000} s` : `killed its process: ${said.slice(0, 400)}`,
  };
}
