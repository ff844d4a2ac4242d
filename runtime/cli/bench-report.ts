import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, version } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createWasm } from '../../models/engine/wasm.js';
import { readKernels } from '../../models/load-model.js';
import { benchDetect } from '../bench/detect.js';
import { benchEngine } from '../bench/engine.js';
import { benchLoop, type LoopRun } from '../bench/loop.js';
import { describeMachine } from '../bench/machine.js';
import { benchReport, type BenchReport, type BenchRunner } from '../bench/report.js';
import { loadDetector } from '../loop/load-detector.js';
import { print } from './output.js';
import { writeReport } from './report-file.js';
import { axondVersion, packageRoot } from './version.js';

/** `axond bench --report`: everything that this machine can be asked, in one file. */
export async function makeBenchReport(out: string, runner: BenchRunner = thisMachine()): Promise<void> {
  const report = await benchReport(runner);
  writeReport(out, `${JSON.stringify(report, null, 2)}\n`);
  print(
    ...describe(report),
    `${out} has it all. It names the kind of board and its software, and nobody's serial number.`,
  );
}

function describe({ machine, loop, engine, detect }: BenchReport): string[] {
  const rows = <T>(name: string, part: { figures: T } | { failed: string }, of: (figures: T) => string[]): string[] =>
    'failed' in part ? [`${name.padEnd(8)}not measured: ${part.failed}`] : of(part.figures);
  return [
    `${machine.board ?? 'unknown board'}, ${machine.processor ?? machine.architecture}, ${machine.cores} cores, ${machine.memoryMiB} MiB`,
    ...rows('loop', loop, (runs) =>
      runs.map(
        ({ hz, scheduling, ratio, axondUs }) =>
          `loop    ${hz} Hz, ${scheduling}: median ${axondUs.p50?.toFixed(0) ?? '-'} µs, ${ratio.p50?.toFixed(2) ?? '-'} times C (p99 ${ratio.p99?.toFixed(2) ?? '-'})`,
      ),
    ),
    ...rows('engine', engine, (shapes) =>
      shapes.map(
        ({ name, axondUs, ratioC }) => `engine  ${name}: ${axondUs.toFixed(1)} µs, ${ratioC.toFixed(2)} times C`,
      ),
    ),
    ...rows('detect', detect, ({ channels, axondUs, ratio }) => [
      `detect  ${channels} electrodes: ${axondUs.p50?.toFixed(1) ?? '-'} µs a hop, ${ratio.p50?.toFixed(1) ?? '-'} times the band filters in C`,
    ]),
  ];
}

function thisMachine(): BenchRunner {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  return {
    axond: axondVersion,
    node: process.version,
    machine: () =>
      describeMachine(read, {
        cores: cpus().length,
        memoryBytes: totalmem(),
        architecture: process.arch,
        kernelRelease: release(),
        kernelVersion: version(),
        fifoPermitted: spawnSync('chrt', ['-f', '50', 'true'], { stdio: 'ignore' }).status === 0,
        cLibrary: cLibrary(),
      }),
    load: () => loadavg()[0] ?? 0,
    temperature,
    async loop() {
      const launcher = fileURLToPath(new URL('runtime/cli/axond.js', packageRoot));
      const runs: LoopRun[] = [];
      for (const run of loopRuns) runs.push(...(await benchLoop(run, launcher, say)));
      return runs;
    },
    engine() {
      const kernels = readKernels();
      if (kernels === undefined) throw new Error('this Node has no WebAssembly with SIMD: there is nothing to time.');
      say('networks beside C: 9 rounds');
      return Promise.resolve(benchEngine({ rounds: 9, roundMs: 50 }, (network) => createWasm(network, kernels)));
    },
    async detect() {
      say('detectors beside C: 5 rounds');
      const wanted = { use: 'spindle-t1', model: 'spindle-t1', point: 'adaptive' } as const;
      const { detector } = await loadDetector(wanted, 8);
      detector.prepare({ rate: 250, unit: 'uV' });
      return benchDetect(detector, { channels: 8, rate: 250, rounds: 5, seconds: 200 });
    },
  };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function temperature(): number | null {
  const zones = '/sys/class/thermal';
  const names = ((): string[] => {
    try {
      return readdirSync(zones).filter((name) => name.startsWith('thermal_zone'));
    } catch {
      return [];
    }
  })();
  const found = names.map((name) => Number(read(join(zones, name, 'temp')) ?? NaN) / 1000).filter((c) => c > -40);
  return found.length === 0 ? null : Math.max(...found);
}

function cLibrary(): string | undefined {
  const report = z
    .object({ header: z.object({ glibcVersionRuntime: z.string() }) })
    .safeParse(process.report.getReport());
  return report.data && `glibc ${report.data.header.glibcVersionRuntime}`;
}

const loopRuns = [
  { hz: 250, triggers: 150, rounds: 5 },
  { hz: 1000, triggers: 300, rounds: 5 },
];
