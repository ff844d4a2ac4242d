import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { bugs, type Bug } from './plants.js';
import { simulate, type Outcome } from './simulation.js';

/**
 * The deterministic simulation: supervisor, loop, recorder, guardian and link logic on a virtual clock in one thread, with
 * faults of every kind, all from one seed.
 *
 *   npm run simulate -- --seeds 1000                 seeds 1 to 1000, each a simulated hour of 10 blocks a second
 *   npm run simulate -- --seeds 1000 --from 5000     seeds 5000 to 5999
 *   npm run simulate -- --seeds 50 --rate 250        the full chain: sleeper, Cyton, real signals and detectors
 *   npm run simulate -- --seeds 200 --plant lease    with a bug, until a seed finds it
 *
 * How to read a failing seed: it is printed with what it violated, and then run again with the trace of all that happened
 * (to a file where `--trace FILE` is given, else its last lines before the first violation). `>>>` is a fault or a wish,
 * `***` the device, `###` a violation; times are seconds since the start of the world. `--from SEED --seeds 1` repeats it bit
 * for bit: the digests of both runs are compared. Exits 1 if a seed violates anything.
 */
interface Wanted {
  readonly seeds: number;
  readonly from: bigint;
  readonly rate: 10 | 250;
  readonly hours: number;
  readonly workers: number;
  readonly bug?: Bug;
}

const linesBefore = 60;
const linesAfter = 10;

if (isMainThread) await main(optionsOf(process.argv.slice(2)));
else work();

/** One thread: takes seeds until there are none. */
function work(): void {
  const wanted = workerData as Omit<Wanted, 'seeds' | 'from' | 'workers'>;
  parentPort?.on('message', (seed: bigint) => {
    void simulate({ ...wanted, seed }).then((outcome) => parentPort?.postMessage(outcome));
  });
}

async function main(wanted: Wanted): Promise<void> {
  const startedMs = performance.now();
  const failed: Outcome[] = [];
  const sums = { seeds: 0, faults: 0, fewestFaults: Infinity, stimuli: 0, refusals: 0, runs: 0 };
  await allSeeds(wanted, (outcome) => {
    sums.seeds++;
    sums.faults += outcome.faults;
    sums.fewestFaults = Math.min(sums.fewestFaults, outcome.faults);
    sums.stimuli += outcome.stimuli;
    sums.refusals += outcome.refusals;
    sums.runs += outcome.runs;
    if (outcome.violations.length > 0) {
      failed.push(outcome);
      process.stdout.write(`seed ${outcome.seed}: ${outcome.violations[0] ?? ''}\n`);
    }
    return wanted.bug === undefined || failed.length === 0;
  });
  const seconds = (performance.now() - startedMs) / 1000;
  process.stdout.write(
    `${sums.seeds} seeds of ${wanted.hours} h at ${wanted.rate} Hz in ${seconds.toFixed(1)} s ` +
      `(${((seconds * wanted.workers) / sums.seeds).toFixed(3)} s of one core each): ${sums.faults} faults, at least ` +
      `${sums.fewestFaults} a seed, ${sums.runs} runs, ${sums.stimuli} stimuli, ${sums.refusals} refusals; ` +
      `${failed.length} seeds with violations\n`,
  );
  failed.sort((a, b) => (a.seed < b.seed ? -1 : 1));
  const [first] = failed;
  if (!first) process.exit(0);
  await show(first, wanted);
  process.exit(1);
}

/** `take` returns false when no more seeds are wanted. */
async function allSeeds(wanted: Wanted, take: (outcome: Outcome) => boolean): Promise<void> {
  let next = wanted.from;
  const end = wanted.from + BigInt(wanted.seeds);
  const { rate, hours, bug } = wanted;
  const threads = Array.from({ length: wanted.workers }, () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { rate, hours, ...(bug ? { bug } : {}) } });
    return new Promise<void>((resolve, reject) => {
      const give = (): void => {
        if (next >= end) {
          void worker.terminate().then(() => resolve());
          return;
        }
        worker.postMessage(next++);
      };
      worker.on('message', (outcome: Outcome) => {
        if (!take(outcome)) next = end;
        give();
      });
      worker.on('error', reject);
      give();
    });
  });
  await Promise.all(threads);
}

/** Runs a failing seed again, with the trace of all that happened. */
async function show(failed: Outcome, { rate, hours, bug }: Wanted): Promise<void> {
  const again = await simulate({ seed: failed.seed, rate, hours, ...(bug ? { bug } : {}), traces: true });
  const first = again.trace.findIndex((line) => line.includes('###'));
  const lines = again.trace.slice(Math.max(0, first - linesBefore), first + linesAfter);
  process.stdout.write(`\nseed ${failed.seed}, around its first violation:\n${lines.join('\n')}\n`);
  for (const violation of failed.violations) process.stdout.write(`  ${violation}\n`);
  process.stdout.write(
    again.digest === failed.digest
      ? `Repeat it: npm run simulate -- --seeds 1 --from ${failed.seed}\n`
      : `It did NOT repeat bit for bit: digests ${failed.digest} and ${again.digest}\n`,
  );
}

function optionsOf(given: readonly string[]): Wanted {
  const value = (name: string): string | undefined => {
    const place = given.indexOf(`--${name}`);
    return place < 0 ? undefined : given[place + 1];
  };
  const number = (name: string, otherwise: number): number => {
    const text = value(name);
    const found = text === undefined ? otherwise : Number(text);
    if (!(found > 0)) stop(`--${name} ${text ?? ''}: is no number above 0`);
    return found;
  };
  const rate = number('rate', 10);
  if (rate !== 10 && rate !== 250) stop(`--rate ${rate}: 10 (scripted frames) or 250 (the full chain)`);
  const plant = value('plant');
  const bug = bugs.find((one) => one === plant);
  if (plant !== undefined && !bug) stop(`--plant ${plant}: one of ${bugs.join(', ')}`);
  const from = value('from') ?? '1';
  if (!/^\d+$/.test(from)) stop(`--from ${from}: is no seed, a whole number of up to 64 bits`);
  return {
    seeds: number('seeds', 100),
    from: BigInt(from),
    rate: rate === 250 ? 250 : 10,
    hours: number('hours', 1),
    workers: number('workers', 2),
    ...(bug ? { bug } : {}),
  };
}

function stop(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}
