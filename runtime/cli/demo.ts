import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { z } from 'zod';
import { startEmbeddedBroker } from '../link/embedded-broker.js';
import { loadRunPlan } from './configuration.js';
import { demoPlace } from './demo-place.js';
import { refuseLoudDemo, soundSettings } from './demo-sound.js';
import { refuseInTheNight } from './lights-off.js';
import { createLogger } from './logger.js';
import { UsageError, print, printJson } from './output.js';
import { positive } from './options.js';
import { conduct, describeSummary } from './run.js';
import { packageRoot } from './version.js';

interface DemoOptions {
  seconds?: number;
  night?: true;
  audio?: true;
  place?: true;
  json?: true;
  set?: string[];
  config?: string[];
  seed: string;
  fault?: string[];
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('The whole loop on an emulated Cyton with a generated sleeper: no hardware needed')
    .option('--seconds <N>', 'end this long after the first sample (default: until Ctrl-C)', positive)
    .option('--night', 'play a whole realistic night instead of a sleeper who is already in N2')
    .option('--audio', 'answer each spindle with a quiet sound on the default card: -30 dBFS at most')
    .option('--place', 'instead: a robot with an emulated camera learns a road and knows it again')
    .option('--seed <N>', 'seed of the sleeper, or of the road', '1')
    .option('--fault <SPEC...>', 'faults of the emulated amplifier, as in `axond emulate cyton --fault`')
    .option('--config <FILE...>', 'configuration instead of the preset demo')
    .option('--set <KEY=VALUE...>', 'override a key of the configuration')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond demo --seconds 60 --json')
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const log = createLogger();
  if (options.place) {
    await demoPlace(options, log);
    return;
  }
  if (options.audio && options.config) {
    throw new UsageError(
      '--audio: is for the demo alone. Name sound and card in your configuration, and use axond run.',
    );
  }
  if (options.audio) await refuseInTheNight('demo --audio');
  const sound = options.audio ? soundSettings(options.set ?? []) : [];
  const emulator = await startEmulator(options);
  const broker = await startEmbeddedBroker();
  try {
    const loaded = loadRunPlan({
      ...(options.config ? { files: options.config } : { preset: 'demo' }),
      sets: [`source.port=${emulator.port}`, `device.mqtt=${broker.url}`, ...sound, ...(options.set ?? [])],
      armVirtual: true,
      armSound: options.audio === true,
    });
    refuseLoudDemo(loaded);
    const summary = await conduct({
      verb: 'demo',
      loaded,
      log,
      seconds: options.seconds,
      quiet: options.json === true,
    });
    const truth = await emulator.stop();
    if (options.json) printJson({ ...summary, truth });
    else print(...describeSummary(summary), `truth       ${truth} spindles were generated`);
  } finally {
    await emulator.stop();
    await broker.close();
  }
}

interface Emulator {
  readonly port: string;
  /** Ends it and gives the number of spindles that it has streamed. */
  stop(): Promise<number>;
}

const emulatorLine = z.union([
  z.object({ port: z.string() }),
  z.object({ frames: z.number(), truth: z.number().optional() }),
]);

async function startEmulator({ night, seed, fault = [] }: DemoOptions): Promise<Emulator> {
  const launcher = fileURLToPath(new URL('runtime/cli/axond.js', packageRoot));
  const child: ChildProcess = spawn(
    process.execPath,
    [
      launcher,
      'emulate',
      'cyton',
      '--json',
      '--seed',
      seed,
      ...(night ? ['--night'] : []),
      ...fault.flatMap((spec) => ['--fault', spec]),
    ],
    // A pipe as its standard input: it ends with us, whatever ends us. Its own session keeps Ctrl-C from it.
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let truth = 0;
  let ready: (port: string) => void = () => undefined;
  const port = new Promise<string>((resolve, reject) => {
    ready = resolve;
    void exited.then(() => reject(new Error('the emulated amplifier did not start; its message stands above')));
  });
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = emulatorLine.parse(JSON.parse(line));
      if ('port' in said) ready(said.port);
      else truth = said.truth ?? 0;
    });
  }
  return {
    port: await port,
    stop: async () => {
      child.stdin?.end();
      await exited;
      return truth;
    },
  };
}
