import type { TestContext } from 'node:test';
import { IdleControl } from './idle-control.js';
import { hasMosquitto } from './mosquitto.js';
import { fatal, faults, isPossible, SilenceTrial, ways, type Fault, type Way } from './silence-trial.js';

/**
 * `npm run silence -- ROUNDS [sound]`: how long a stimulus outlives the request for silence (SAFETY.md ), in each way it
 * can be asked for and with each part broken, as the trigger box at the far end of the port sees it, or the card on which a
 * tone sounds. A slow one may be the
 * machine's: beside each stands the worst stall of an idle process of the same second.
 */

/** What the requirement allows. */
const slowMs = 50;
const rounds = Number(process.argv[2] ?? 10);
const fatalRounds = Math.max(1, Math.round(rounds / 5));
const wanted = process.argv.slice(3).filter((word) => word !== 'sound');
const sound = process.argv.includes('sound');

interface Took {
  readonly way: Way;
  readonly fault: Fault;
  readonly ms: number;
  readonly stallMs: number;
}

const cleanUps: (() => unknown)[] = [];
const context = { after: (act: () => unknown) => void cleanUps.unshift(act) } as unknown as TestContext;
const idle = new IdleControl();
const took: Took[] = [];
try {
  const trial = await SilenceTrial.start(context, hasMosquitto, true, sound);
  if (!trial.hasDisk) process.stderr.write('No disk can be mounted here: the full disk is left out.\n');
  for (const fault of faults) {
    if (wanted.length > 0 && !wanted.includes(fault)) continue;
    if (fault === 'disk full' && !trial.hasDisk) continue;
    for (const way of ways) {
      if (!isPossible(way, fault) || (way === 'mqtt' && !hasMosquitto)) continue;
      for (let round = 0; round < (fatal.has(fault) ? fatalRounds : rounds); round++) {
        const { ms, askedUs } = await trial.silence(way, fault);
        took.push({ way, fault, ms: round2(ms), stallMs: await idle.stallMs(askedUs - 0.5e6) });
        process.stderr.write(`${JSON.stringify(took.at(-1))}\n`);
      }
    }
  }
} finally {
  idle.end();
  for (const act of cleanUps) await act();
}

const unexplained = took.filter(({ ms, stallMs }) => ms > slowMs + stallMs);
const of = (part: readonly Took[]): { n: number; p50: number; p95: number; max: number; slow: number } => {
  const ms = part.map((one) => one.ms).sort((a, b) => a - b);
  const at = (share: number): number => ms[Math.max(0, Math.ceil(share * ms.length) - 1)] ?? NaN;
  return { n: ms.length, p50: at(0.5), p95: at(0.95), max: at(1), slow: ms.filter((one) => one > slowMs).length };
};
for (const way of ways) {
  for (const fault of faults) {
    const part = took.filter((one) => one.way === way && one.fault === fault);
    if (part.length > 0) process.stdout.write(`${way}, ${fault}: ${JSON.stringify(of(part))}\n`);
  }
}
const byWay = Object.fromEntries(ways.map((way) => [way, of(took.filter((one) => one.way === way))]));
process.stdout.write(`${JSON.stringify({ ...byWay, all: of(took), unexplained })}\n`);
process.exitCode = ways.every((way) => byWay[way] === undefined || byWay[way].p95 < slowMs) ? 0 : 1;
// What is left open here (clients of a broker that is gone) keeps nobody waiting.
setTimeout(() => process.exit(), 100);

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
