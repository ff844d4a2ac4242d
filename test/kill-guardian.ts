import { restCode, startCode, startRig } from '../runtime/guardian/guardian.test.fixture.js';
import { monotonicUs } from '../runtime/monotonic.js';
import { IdleControl } from './idle-control.js';

/**
 * `npm run kill`: how long a stimulus outlives its core (SAFETY.md R-15). Kills a core by SIGKILL at random moments of
 * stimuli of a second and times the rest byte at the far end of the guardian's port. A slow answer may be the machine's:
 * beside each one stands the worst stall of an idle process of the same second.
 */

/** What R-15 allows. */
const slowMs = 50;
const nothing = new Int32Array(new SharedArrayBuffer(4));
await measure(Number(process.argv[2] ?? 100));

async function measure(rounds: number): Promise<void> {
  const idle = new IdleControl();
  const took: { ms: number; controlStallMs: number }[] = [];
  let repeated = 0;
  try {
    while (took.length < rounds) {
      const killed = await killOne();
      if (killed === undefined) {
        if (++repeated > rounds) throw new Error('the guardian loses the beats of every other core: a busy machine?');
        continue;
      }
      const { ms, killedUs } = killed;
      // The kill lies in the middle of the second that is asked for.
      await waitMs(500 - (monotonicUs() - killedUs) / 1000);
      took.push({ ms, controlStallMs: await idle.stallMs(killedUs - 0.5e6) });
    }
  } finally {
    idle.end();
  }
  const ms = took.map((one) => one.ms).sort((a, b) => a - b);
  const at = (share: number): number => ms[Math.max(0, Math.ceil(share * ms.length) - 1)] ?? NaN;
  const result = {
    n: ms.length,
    p50: round2(at(0.5)),
    p95: round2(at(0.95)),
    max: round2(at(1)),
    repeated,
    slow: took.filter((one) => one.ms > slowMs).map((one) => ({ ...one, ms: round2(one.ms) })),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.stdout.write(
    `From SIGKILL of the core to rest: median ${result.p50} ms, 95 % within ${result.p95} ms, all ${result.n} within ` +
      `${result.max} ms; ${result.slow.length} above ${slowMs} ms. Worst stall of an idle process: ` +
      `${Math.max(...took.map((one) => one.controlStallMs))} ms.\n`,
  );
  // What the machine held up for as long is not the guardian's.
  process.exitCode = result.slow.some((one) => one.ms > slowMs + one.controlStallMs) ? 1 : 0;
}

/** Undefined where the machine stalled the core for so long that the guardian was at rest before the kill. */
async function killOne(): Promise<{ ms: number; killedUs: number } | undefined> {
  const rig = await startRig();
  try {
    await until('the guardian to be ready', () => rig.causes.includes('ready'));
    rig.tellCore('fire 1 1000000');
    await until('the start byte', () => rig.bytes().includes(startCode) || rig.causes.includes('beats-lost'));
    await waitMs(Math.random() * 800); // the moment is the experiment, not a wait for something
    if (rig.bytes().at(-1) !== startCode) return undefined;
    const killedUs = monotonicUs();
    process.kill(rig.corePid, 'SIGKILL');
    // This thread does nothing else meanwhile, and leaves the processor to the guardian.
    while (rig.bytes().length < 3) {
      if (monotonicUs() - killedUs > 5e6) throw new Error('no rest byte within 5 s of the kill');
      Atomics.wait(nothing, 0, 0, 0.1);
    }
    const ms = (monotonicUs() - killedUs) / 1000;
    if (rig.bytes()[2] !== restCode) throw new Error(`bytes ${rig.bytes().join(' ')}`);
    return { ms, killedUs };
  } finally {
    await rig.close();
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadlineUs = monotonicUs() + 20e6;
  while (!condition()) {
    if (monotonicUs() > deadlineUs) throw new Error(`waited 20 s for: ${what}`);
    await waitMs(1);
  }
}

function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
