import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { CytonBoard } from '../../drivers/cyton/board.js';
import { startEmbeddedBroker } from '../link/embedded-broker.js';
import { askControl } from '../supervisor/control-socket.js';
import { placesOf } from '../supervisor/places.js';
import { openProgram, takeWritten, type PtyProgram } from './pty-program.js';
import { summarise, type Answers, type Quantiles } from './quantiles.js';

export interface LoopRun {
  readonly hz: number;
  readonly channels: number;
  readonly scheduling: 'ordinary' | 'fifo';
  /** Triggers that came back, in all rounds. */
  readonly n: number;
  readonly lost: number;
  /** Samples that axond recorded less those that were sent. */
  readonly samplesMissing: number;
  /** How often a stall of this machine disarmed axond, as it must, and the bench armed it again. */
  readonly rearmed: number;
  readonly axondUs: Quantiles;
  /** C, two processes of axond's own shape. */
  readonly floorUs: Quantiles;
  /** C, one process. */
  readonly directUs: Quantiles;
  readonly ratio: { readonly p50: number; readonly p99: number };
  readonly rounds: readonly { readonly p50: number; readonly p99: number }[];
  /** Part of the rounds in which the floor's own p99 was below 0.4 ms, and axond's p99 in those. */
  readonly quiet: { readonly share: number; readonly axondP99Us: number | null };
}

export interface LoopBench {
  readonly hz: number;
  /** Triggers in a round. */
  readonly triggers: number;
  readonly rounds: number;
}

/**
 * The round trip from bytes written to a pseudo-terminal to a trigger byte read back on a second one, through the whole
 * of axond with recording and MQTT on, beside C programs of the same shape. All programs live at once and take packets
 * in turn, so that each sees the same machine.
 */
export async function benchLoop(
  { hz, triggers, rounds }: LoopBench,
  launcher: string,
  say: (text: string) => void,
): Promise<LoopRun[]> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-bench-'));
  const chain = compileChain(folder);
  const fifoAllowed = spawnSync('chrt', ['-f', '50', 'true']).status === 0;
  const modes = fifoAllowed ? (['ordinary', 'fifo'] as const) : (['ordinary'] as const);
  const broker = await startEmbeddedBroker();
  const children: ChildProcess[] = [];
  const programs: PtyProgram[] = [];
  const daemons: Daemon[] = [];
  // Killed bench, killed programs: a daemon left behind would look for its terminal's number for ever.
  const killAll = (): void => {
    for (const child of children) child.kill('SIGKILL');
    for (const daemon of daemons) daemon.kill();
    process.exit(1);
  };
  process.once('SIGTERM', killAll).once('SIGINT', killAll);
  try {
    for (const mode of modes) {
      for (const kind of mode === 'ordinary' ? ['direct', 'relay'] : ['relay']) {
        const program = openProgram(`${kind}-${mode}`);
        programs.push(program);
        const fifo = mode === 'fifo' ? ['fifo'] : [];
        children.push(spawn(chain, [kind, program.eeg.path, program.trigger.path, ...fifo], { stdio: 'ignore' }));
      }
      const program = openProgram(`axond-${mode}`);
      programs.push(program);
      daemons.push(startDaemon(launcher, folder, program, hz, broker.url, mode));
    }
    for (const daemon of daemons) await daemon.streams();
    say(`${hz} Hz: settling ${settleSeconds} s, then ${rounds} rounds of ${triggers} triggers`);
    const settle = Math.ceil(settleSeconds * hz);
    // Armed while it settles: a source that has sent nothing yet is a reason against it.
    const watching = setInterval(() => {
      for (const daemon of daemons) void daemon.arm().catch(() => undefined);
    }, 1000);
    const answers = await amplify(chain, hz, settle, rounds, triggers, programs);
    clearInterval(watching);
    const sent = settle + rounds * triggers * markerEvery;
    const missing = await Promise.all(daemons.map((daemon) => daemon.stop(sent)));
    return modes.map((scheduling, place) => ({
      hz,
      channels: 8,
      scheduling,
      samplesMissing: missing[place] ?? NaN,
      rearmed: daemons[place]?.rearmed() ?? 0,
      ...summarise(answers, `axond-${scheduling}`, `relay-${scheduling}`, 'direct-ordinary', rounds),
    }));
  } finally {
    for (const child of children) child.kill('SIGKILL');
    for (const daemon of daemons) daemon.kill();
    for (const { eeg, trigger } of programs) {
      eeg.close();
      trigger.close();
    }
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function compileChain(folder: string): string {
  const source = fileURLToPath(new URL('../../../runtime/bench/chain.c', import.meta.url));
  const program = join(folder, 'chain');
  const compiled = spawnSync('cc', ['-O2', '-o', program, source], { encoding: 'utf8' });
  if (compiled.error) throw new Error('cc: there is no C compiler. Install one: sudo apt-get install gcc libc6-dev');
  if (compiled.status !== 0) throw new Error(`cc: ${compiled.stderr}`);
  return program;
}

interface Daemon {
  /** Resolves when it has finished its dialogue and asked for the stream. */
  streams(): Promise<void>;
  /** Arms it where it is not, also after the guardian has latched: a stalled machine costs triggers, which are counted. */
  arm(): Promise<void>;
  rearmed(): number;
  /** Ends it and gives the samples that it lacks of those sent. */
  stop(sent: number): Promise<number>;
  kill(): void;
}

function startDaemon(
  launcher: string,
  folder: string,
  program: PtyProgram,
  hz: number,
  mqtt: string,
  mode: 'ordinary' | 'fifo',
): Daemon {
  const name = `bench-${process.pid}-${mode}`;
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, configuration(name, folder, program, hz, mqtt, mode));
  const child = spawn(process.execPath, [launcher, 'run', '--config', file, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let log = '';
  let armings = 0;
  let arming = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    async streams() {
      const board = new CytonBoard({ daisy: false, rate: hz });
      while (!board.streaming) {
        if (child.exitCode !== null) throw new Error(`axond ended before it streamed:\n${log}`);
        const answer = board.receive(takeWritten(program), performance.now() * 1000);
        if (answer.length > 0) writeSync(program.eeg.master, answer);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async arm() {
      const control = placesOf(name).control;
      const status = await askControl(control, { verb: 'status' });
      if (!status.ok || isArmed(status.value) || arming) return;
      arming = true;
      const wish = { verb: 'arm', device: name, forSeconds: 7200 } as const;
      const reply = await askControl(control, wish).finally(() => (arming = false));
      if (reply.ok) armings++;
    },
    rearmed: () => Math.max(0, armings - 1),
    async stop(sent) {
      child.kill('SIGTERM');
      await exited;
      const summary = JSON.parse(output.trim().split('\n').at(-1) ?? '') as { samples?: number };
      return sent - (summary.samples ?? 0);
    },
    kill: () => child.kill('SIGKILL'),
  };
}

function isArmed(status: unknown): boolean {
  return armedStatus.safeParse(status).data?.stimulation.armed !== false;
}

const armedStatus = z.object({ stimulation: z.object({ armed: z.boolean() }) });

/** The full chain: filters, the spindle detector, gate, recording and MQTT, and a threshold on the marker's channel. */
function configuration(
  name: string,
  record: string,
  { eeg, trigger }: PtyProgram,
  hz: number,
  mqtt: string,
  mode: string,
): string {
  return `device: { name: ${name}, record: ${record}, state: ${record}/state-${mode}, mqtt: "${mqtt}", realtime: ${mode === 'fifo'} }
source: { use: cyton, port: ${eeg.path}, rate: ${hz}Hz, electrodes: { C3: 1, M2: 2, MARKER: 8 } }
signals:
  marker: { from: MARKER }
  c3: { from: C3 - M2, stages: [{ use: notch, at: 50Hz }] }
  trace: { from: c3, stages: [{ use: bandpass, from: 0.3Hz, to: 35Hz }] }
detectors:
  marker: { use: threshold, signal: marker, level: 5000uV }
  spindle: { use: band-power, signal: c3 }
actuators: { trigger: { use: bench, port: ${trigger.path} } }
policy: { use: immediate, after: marker, refractory: 1ms }
stimulus: { actuator: trigger, duration: 1ms }
gate: { interval: 2ms, perMinute: 18000, perHour: 200000, perNight: 200000 }
`;
}

async function amplify(
  chain: string,
  hz: number,
  settle: number,
  rounds: number,
  triggers: number,
  programs: readonly PtyProgram[],
): Promise<Answers> {
  const descriptors = programs.flatMap(({ eeg, trigger }) => [eeg.master, trigger.master]);
  const names = programs.map(({ name }, place) => `${name}:${3 + 2 * place}:${4 + 2 * place}`);
  const amplifier = spawn(chain, ['amplifier', ...[hz, settle, rounds, triggers].map(String), ...names], {
    stdio: ['ignore', 'pipe', 'inherit', ...descriptors],
  });
  let output = '';
  amplifier.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve) => amplifier.once('exit', resolve));
  const answers: Answers = new Map();
  for (const line of output.trim().split('\n')) {
    const [name = '', round = '', value = ''] = line.split(' ');
    const of = answers.get(name) ?? [];
    answers.set(name, of);
    (of[Number(round)] ??= []).push(Number(value) / 1000);
  }
  return answers;
}

/** The gate holds for ten seconds, and the clock wants ten more windows than it can be sure of at the start. */
const settleSeconds = 11;
/** As in `chain.c`. */
const markerEvery = 10;
