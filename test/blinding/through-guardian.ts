import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBytes, randomInt } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { openPty } from '../../drivers/serial/pty.js';
import { ReceiptState, type Condition, type StudyPlan } from '../../runtime/contracts.js';
import type { GuardianOptions } from '../../runtime/guardian/options.js';
import type { GuardianWord } from '../../runtime/guardian/receipts.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { drawRows, encodeAllocation, type Row } from '../../runtime/study/allocation.js';
import { writeSealed } from '../../runtime/study/sealed-files.js';
import { usesPath } from '../../runtime/study/uses.js';
import type { CoreData } from './core.js';
import type { Published } from './published.js';
import type { Known } from './sources.js';

/** What the real guardian has published, with what came out at the far end of its port. */
export interface Night {
  readonly known: Known[];
  /** Blocks that began late, and were left out. */
  readonly late: number;
  /** Guardians that latched on a busy machine, each followed by a new one. */
  readonly latched: number;
}

/**
 * A night of blocks of half a second, by a sealed file, in the real guardian process: its FIFO in, its standard output
 * and its log of deliveries out. The actuator is that of the kind `bench` on a pseudo-terminal, which may be fired a
 * hundred times a second. Ends when both conditions have `count` stimuli. With `only` all are given in one condition, and
 * the labels stand for nothing: what is found then is of the machine.
 */
export async function throughGuardian(count: number, folder: string, only?: Condition): Promise<Night> {
  const blocks = 2 * Math.ceil((3 * count * 0.015) / blockSeconds) + spareBlocks;
  const shape = { participants: ['P001'], nights: 1, blocks };
  const rows = drawRows(shape, (n) => randomInt(n));
  const given = rows.map((row): Row => ({ ...row, condition: only ?? row.condition }));
  const allocation = join(folder, 'night.sealed');
  const head = { study: 'leak', made: new Date().toISOString(), nonce: randomBytes(32).toString('hex') };
  const sha256 = await writeSealed(allocation, encodeAllocation({ ...head, ...shape, blockSeconds, rows: given }));
  const pty = openPty();
  const known: Known[] = [];
  let late = 0;
  try {
    for (let run = 1; run <= mostRuns; run++) {
      const study: StudyPlan = { name: 'leak', participant: 'P001', night: 1, allocation, continue: run > 1 };
      const options: GuardianOptions = {
        fifo: join(folder, 'fifo'),
        silenceSocket: join(folder, 'silence'),
        pidFile: join(folder, 'pid'),
        deliveries: join(folder, `${run}.deliveries`),
        realtime: false,
        actuator: { use: 'bench', port: pty.path },
        night: { study, run: `run-${run}`, boot: 'boot', sha256, locks: [] },
      };
      // A fifth is too near to the beginning of a block, and the conditions are not given equally often.
      const most = Math.ceil(2.6 * (count - leastOf(known))) + 100;
      const heard = await conduct(options, pty.master, most, allocation);
      const judged = judge(heard, rows, given, startOfNight(allocation));
      known.push(...judged.known);
      late += judged.late;
      if (leastOf(known) >= count) return { known, late, latched: run - 1 };
    }
  } finally {
    pty.close();
  }
  throw new Error('the guardian latches again and again: a busy machine?');
}

interface Heard {
  readonly stimuli: readonly Published[];
  /** Bytes at the far end by block, to one more or less. */
  readonly bytes: ReadonlyMap<number, number>;
}

/** One guardian, until it has ended `most` stimuli or has latched. */
async function conduct(options: GuardianOptions, master: number, most: number, allocation: string): Promise<Heard> {
  rmSync(options.fifo, { force: true });
  execFileSync('mkfifo', ['-m', '600', options.fifo]);
  const main = fileURLToPath(new URL('../../runtime/guardian/main.js', import.meta.url));
  const guardian = spawn(process.execPath, [main, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'ignore'] });
  const gone = once(guardian, 'close');
  const core: CoreData = {
    fifo: options.fifo,
    sentUs: new SharedArrayBuffer(8 * (most + 2)),
    words: new SharedArrayBuffer(8),
  };
  const [control, sentUs] = [new Int32Array(core.words), new Float64Array(core.sentUs)];
  control[1] = 1;
  const thread = new Worker(new URL('./core.js', import.meta.url), { workerData: core });
  const words = new Map<number, { text: string; readUs: number }[]>();
  const ended = new Set<number>();
  const bytes = new Map<number, number>();
  let block = -1;
  let beginUs = NaN;
  takeBytes(master);
  let text = '';
  let over: () => void = () => undefined;
  let refusal = '';
  const finished = new Promise<void>((resolve) => (over = resolve));
  guardian.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const readUs = monotonicUs();
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const word = JSON.parse(line) as GuardianWord;
      if ('receipt' in word) {
        const { command, state } = word.receipt;
        words.set(command, [...(words.get(command) ?? []), { text: line, readUs }]);
        if (state < ReceiptState.ended) continue;
        ended.add(command);
        // Read once a block, as nobody reads what a sham has left either: the kernel's work after it would tell.
        if (Number.isNaN(beginUs)) beginUs = startOfNight(allocation);
        const next = blockOf(sentUs[command] as number, beginUs);
        if (next !== block) bytes.set(block, takeBytes(master));
        block = next;
        if (ended.size >= most) over();
      } else if ('checked' in word) {
        refusal = word.checked.reasons.join();
        if (refusal === '') Atomics.store(control, 0, 1);
        else over();
      } else if (word.guardian.cause === 'ready' && Atomics.load(control, 0) === 0) {
        guardian.stdin.write('{"check":1}\n');
      } else if (!passing.has(word.guardian.cause)) over();
    }
  });
  void gone.then(over);
  await finished;
  Atomics.store(control, 0, 2);
  Atomics.notify(control, 0);
  guardian.stdin.end();
  await Promise.all([gone, once(thread, 'exit')]);
  if (refusal !== '') throw new Error(refusal);
  const log = linesByCommand(readFileSync(options.deliveries, 'utf8'));
  const stimuli = [...ended].map((command) => ({
    command,
    sentUs: sentUs[command] as number,
    words: words.get(command) ?? [],
    log: log.get(command) ?? [],
  }));
  return { stimuli, bytes };
}

function linesByCommand(text: string): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const command = Number(line.split(' ')[0]);
    found.set(command, [...(found.get(command) ?? []), line]);
  }
  return found;
}

/**
 * What each stimulus was by the sealed file; those near the beginning of a block are left out, and so are blocks that
 * began late, as their bytes show. One byte of a block may come with the next one.
 */
function judge(
  { stimuli, bytes }: Heard,
  rows: readonly Row[],
  given: readonly Row[],
  beginUs: number,
): { known: Known[]; late: number } {
  const blocks = new Map<number, Published[]>();
  for (const one of stimuli) {
    const block = blockOf(one.sentUs, beginUs);
    if (block < rows.length) blocks.set(block, [...(blocks.get(block) ?? []), one]);
  }
  let late = 0;
  const known = [...blocks].flatMap(([block, all]): Known[] => {
    const { condition } = rows[block] as Row;
    const came = bytes.get(block);
    if (came === undefined) return []; // the last one was not read
    if (Math.abs(came - (given[block]?.condition === 'real' ? all.length : 0)) > 1) {
      late++;
      return [];
    }
    const beginOfBlockUs = beginUs + block * blockSeconds * 1e6;
    const inner = all.filter(({ sentUs }) => sentUs - beginOfBlockUs >= edgeSeconds * 1e6);
    // A pair of blocks holds both conditions: one must not tell of the other.
    return inner.map((published) => ({ published, condition, group: Math.floor(block / 2) }));
  });
  return { known, late };
}

function blockOf(sentUs: number, beginUs: number): number {
  return Math.floor((sentUs - beginUs) / (blockSeconds * 1e6));
}

/** The blocks follow each other from here. */
export function startOfNight(allocation: string): number {
  const [first = ''] = readFileSync(usesPath(allocation), 'utf8').split('\n');
  const [, us] = /"blockUs":([\d.]+)/.exec(first) ?? [];
  return Number(us);
}

function leastOf(known: readonly Known[]): number {
  const reals = known.filter(({ condition }) => condition === 'real').length;
  return Math.min(reals, known.length - reals);
}

const chunk = new Uint8Array(4096);

export function takeBytes(master: number): number {
  try {
    return readSync(master, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

const blockSeconds = 0.5;
/** The time goes on while a guardian is started anew. */
const spareBlocks = 4000;
const edgeSeconds = 0.1;
const mostRuns = 200;
/** What a guardian says of itself while it goes on. */
const passing = new Set<string>(['starting', 'ready', 'beats-lost']);
