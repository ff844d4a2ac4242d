import type { TestContext } from 'node:test';
import { killedRun } from './killed-run.js';

/** `npm run kill`: runs that are killed at random moments of their first half minute, several at a time. */
const wanted = Number(process.argv[2] ?? 20);
const atOnce = Number(process.argv[3] ?? 4);
const cleanUps: (() => unknown)[] = [];
// Only what the helpers use of a test's context.
const context = { after: (act: () => unknown) => void cleanUps.push(act) } as unknown as TestContext;
let begun = 0;
const outcomes: Record<string, unknown>[] = [];

async function worker(): Promise<void> {
  while (begun < wanted) {
    const signal = begun++ % 2 === 0 ? 'SIGKILL' : 'SIGTERM';
    const afterMs = 10_000 + Math.random() * 20_000;
    const { check, delivered, streamedSamples } = await killedRun(context, signal, afterMs);
    const { frames, started, ok, closed } = check.json as {
      frames: number;
      started: number[];
      ok: boolean;
      closed: boolean;
    };
    const unaccounted = delivered.filter((command) => !started.includes(command));
    const listed = (check.json['unreconciled'] as number[] | undefined) ?? [];
    const shown = unaccounted.every((command) => listed.includes(command));
    outcomes.push({
      signal,
      afterMs: Math.round(afterMs),
      ok,
      closed,
      lostMs: Math.max(0, streamedSamples - frames) * 4,
      delivered: delivered.length,
      shown,
    });
    process.stderr.write(`${JSON.stringify(outcomes.at(-1))}\n`);
  }
}

await Promise.all(Array.from({ length: atOnce }, worker));
for (const act of cleanUps) act();
const bad = outcomes.filter(({ ok, shown }) => ok !== true || shown !== true);
const lost = outcomes.map(({ lostMs }) => Number(lostMs)).sort((a, b) => a - b);
process.stdout.write(
  `${JSON.stringify({ runs: outcomes.length, bad: bad.length, lostMs: { median: lost[lost.length >> 1], max: lost.at(-1) } })}\n`,
);
process.exitCode = bad.length === 0 ? 0 : 1;
