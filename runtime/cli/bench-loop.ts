import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { benchLoop, type LoopRun } from '../bench/loop.js';
import { print, printJson } from './output.js';
import { packageRoot } from './version.js';

export function benchLoopCommand(): Command {
  return new Command('loop')
    .description('Round trip from bytes on a pseudo-terminal to a trigger byte on a second one, beside C programs')
    .option('--long', 'rounds of 2,000 triggers each (some ten minutes) instead of a look in under 50 s')
    .option('--hz <HZ>', 'only this rate', Number)
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond bench loop --json')
    .action(async ({ long, hz, json }: { long?: true; hz?: number; json?: true }) => {
      const launcher = fileURLToPath(new URL('runtime/cli/axond.js', packageRoot));
      const wanted = (long ? longRuns : shortRuns).filter((run) => hz === undefined || run.hz === hz);
      const runs: LoopRun[] = [];
      for (const run of wanted)
        runs.push(...(await benchLoop(run, launcher, (text) => process.stderr.write(`${text}\n`))));
      if (json) printJson({ runs });
      else for (const run of runs) print(...describe(run));
    });
}

function describe(run: LoopRun): string[] {
  const row = (name: string, { p50, p99, p999, max }: LoopRun['axondUs']): string =>
    `  ${name.padEnd(20)}${[p50, p99, p999, max].map((us) => us.toFixed(0).padStart(9)).join('')}`;
  return [
    `${run.hz} Hz, ${run.channels} channels, ${run.scheduling} scheduling: ${run.n} triggers, ${run.lost} lost, ${run.samplesMissing} samples missing${run.rearmed > 0 ? `, disarmed by stalls ${run.rearmed} times` : ''}`,
    `  ${'µs'.padEnd(20)}${['p50', 'p99', 'p99.9', 'max'].map((name) => name.padStart(9)).join('')}`,
    row('axond', run.axondUs),
    row('C, two processes', run.floorUs),
    row('C, one process', run.directUs),
    `  ratio to two processes, median of rounds: p50 ${run.ratio.p50.toFixed(2)}, p99 ${run.ratio.p99.toFixed(2)}`,
    `  rounds: ${run.rounds.map(({ p50, p99 }) => `${p50.toFixed(2)}/${p99.toFixed(2)}`).join(' ')}`,
    `  quiet rounds (floor p99 below 400 µs): ${(run.quiet.share * 100).toFixed(0)} %, axond p99 there ${run.quiet.axondP99Us?.toFixed(0) ?? '-'} µs`,
  ];
}

const shortRuns = [
  { hz: 250, triggers: 50, rounds: 5 },
  { hz: 1000, triggers: 150, rounds: 5 },
];
const longRuns = [
  { hz: 250, triggers: 2000, rounds: 5 },
  { hz: 1000, triggers: 2000, rounds: 5 },
];
