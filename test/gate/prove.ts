import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { parseArgs } from 'node:util';
import { refusalReasons } from '../../runtime/contracts.js';
import { Gate } from '../../runtime/decide/gate.js';
import { Coverage, runSequence } from './sequences.js';

/**
 * npm run prove:gate -- [--sequences N] [--from SEED]
 * Random sequences of commands, faults and times against the gate, on two threads. Prints the first seed on which gate
 * and checker disagree and exits 1; the same seed with --sequences 1 repeats it.
 */

interface Part {
  readonly from: number;
  readonly sequences: number;
}
interface Progress {
  readonly done: number;
  readonly steps: number;
  readonly requests: number;
  readonly permits: number;
  readonly alone: Float64Array;
  readonly wrong: string;
}

const threads = 2;
const chunk = 10_000;

if (isMainThread) await main();
else prove(workerData as Part);

function prove({ from, sequences }: Part): void {
  Error.stackTraceLimit = 0; // what the gate throws is caught by the thousand
  const coverage = new Coverage();
  for (let done = 0; done < sequences;) {
    let wrong = '';
    const end = Math.min(sequences, done + chunk);
    while (done < end && wrong === '') wrong = runSequence(from + done++, Gate, coverage);
    const { steps, requests, permits, alone } = coverage;
    parentPort?.postMessage({ done, steps, requests, permits, alone, wrong } satisfies Progress);
    if (wrong !== '') return;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { sequences: { type: 'string', default: '10000000' }, from: { type: 'string', default: '1' } },
  });
  const sequences = Number(values.sequences);
  const from = Number(values.from);
  const started = performance.now();
  const parts = Array.from({ length: Math.min(threads, sequences) }, (_, place): Part => {
    const first = Math.floor((sequences * place) / threads);
    return { from: from + first, sequences: Math.floor((sequences * (place + 1)) / threads) - first };
  });
  const progress: Progress[] = [];
  let told = 0;
  await Promise.all(
    parts.map((part, place) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: part });
      return new Promise<void>((resolve, reject) => {
        worker.on('message', (now: Progress) => {
          progress[place] = now;
          if (now.wrong !== '') {
            process.stdout.write(
              `${now.wrong}\nAgain: npm run prove:gate -- --sequences 1 --from ${/\d+/.exec(now.wrong)?.[0] ?? ''}\n`,
            );
            process.exit(1);
          }
          if (process.stderr.isTTY && performance.now() - told > 1000) {
            told = performance.now();
            process.stderr.write(`\r${sum(progress, 'done')} of ${sequences} sequences`);
          }
        });
        worker.once('error', reject);
        worker.once('exit', () => resolve());
      });
    }),
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const [requests, permits] = [sum(progress, 'requests'), sum(progress, 'permits')];
  process.stdout.write(
    `${sum(progress, 'done')} sequences from seed ${from}, ${sum(progress, 'steps')} steps, ${requests} requests, ` +
      `${permits} permits, 0 violations in ${seconds} s\nrefusals for one reason alone: ` +
      `${refusalReasons.map((name, reason) => `${name} ${progress.reduce((all, { alone }) => all + (alone[reason] ?? 0), 0)}`).join(', ')}\n`,
  );
}

function sum(progress: readonly Progress[], key: 'done' | 'steps' | 'requests' | 'permits'): number {
  return progress.reduce((all, one) => all + one[key], 0);
}
