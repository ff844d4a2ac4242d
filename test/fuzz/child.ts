import { openSync, writeSync } from 'node:fs';
import { allocated } from './allocation.js';
import { formats } from './formats.js';
import { caseOf, load, type Outcome } from './one-case.js';

/**
 * The process that loads the files of one stretch of cases. Which case it is at stands in a file, so that its parent knows
 * even of a process that was killed or hangs.
 */
export interface Stretch {
  readonly format: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly positionFile: string;
}

export interface Progress {
  readonly at: number;
  readonly loaded: number;
  readonly refused: number;
  readonly defects: readonly Defect[];
  readonly slowestMs: number;
  readonly mostBytes: number;
  readonly done: boolean;
}

export interface Defect {
  readonly case: string;
  readonly what: string;
}

/** Processor time of all threads: how long a file took does not depend on what else the machine does. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const mostMilliseconds = 1000;
const mostBytes = 64 << 20;

process.on('message', (stretch: Stretch) => void run(stretch));

async function run({ format: name, seed, from, to, positionFile }: Stretch): Promise<void> {
  const format = formats.find((each) => each.name === name)!;
  const samples = await format.samples();
  const position = openSync(positionFile, 'w');
  const number = new Float64Array(1);
  let report = { loaded: 0, refused: 0, defects: [] as Defect[], slowestMs: 0, mostBytes: 0 };
  let reportedAt = performance.now();
  const send = (at: number): void => {
    process.send?.({ at, done: false, ...report } satisfies Progress);
    report = { loaded: 0, refused: 0, defects: [], slowestMs: 0, mostBytes: 0 };
    reportedAt = performance.now();
  };
  send(from);
  for (let at = from; at < to; at++) {
    number[0] = at;
    writeSync(position, number, 0, 8, 0);
    const file = caseOf(format, samples, seed, at);
    const size = [file.bytes, ...file.beside.values()].reduce((sum, { length }) => sum + length, 0);
    const defect = (what: string): void => void report.defects.push({ case: `${name}:${seed}:${at}`, what });
    let outcome: Outcome = 'refused';
    let fastest = Infinity;
    // What is slow three times is slow; once may be the compiler.
    for (let attempt = 0; attempt < 3 && fastest > mostMilliseconds; attempt++) {
      allocated.reset();
      const started = processorMs();
      outcome = await load(format, file);
      fastest = Math.min(fastest, processorMs() - started);
    }
    if (typeof outcome === 'object') defect(outcome.defect);
    else report[outcome]++;
    if (fastest > mostMilliseconds) defect(`took ${Math.round(fastest)} ms`);
    if (allocated.total > Math.max(mostBytes, 10 * size))
      defect(`allocated ${allocated.total} bytes, ${allocated.largest} at once, for a file of ${size}`);
    report.slowestMs = Math.max(report.slowestMs, fastest);
    report.mostBytes = Math.max(report.mostBytes, allocated.total);
    if (performance.now() - reportedAt > 300 || report.defects.length > 50) send(at + 1);
  }
  process.send?.({ at: to, done: true, ...report } satisfies Progress, () => process.exit());
}
