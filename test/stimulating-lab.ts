import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askControl, type ControlAnswer, type ControlRequest } from '../runtime/supervisor/control-socket.js';
import type { Status } from '../runtime/supervisor/status.js';
import { launcher, until } from './axond-process.js';
import { BridgeEnd } from './bridge-end.js';
import { CardEnd } from './card-end.js';
import { FarEnd, type Delivered } from './far-end.js';

/**
 * axond as a lab would run it, with real processes: an emulated board, a core that stimulates again and again by a policy of
 * the user's own, a guardian, and a trigger box whose bytes are read at the far end of its port, or a sound card. The first
 * byte of the n-th stimulus of a run is n (1 for each sound and each pulse of a bridge), the byte of rest is `restCode`.
 */
export const restCode = 200;
/** Stimuli of a run that can be told apart. */
export const mostCodes = 100;

export interface LabOptions {
  /** How long a stimulus lasts, and how long after its start the next one is asked for. */
  readonly durationMs: number;
  readonly everyMs: number;
  /** A tone on a card that keeps time, instead of a byte to a trigger box. */
  readonly sound?: true;
  /** The pin of a bridge instead of both. */
  readonly bridge?: true;
  /** More configuration, as YAML of top-level keys. `device` and `gate` as flow maps without braces. */
  readonly device?: string;
  readonly gate?: string;
}

export class StimulatingLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'axond-lab-'));
  readonly farEnd: Delivered;
  /** While a file of this name is there, the loop hangs in a detector of the user's own. */
  readonly wedge = join(this.folder, 'wedge');
  readonly records = join(this.folder, 'records');
  readonly silence = join(this.folder, 'run', 'lab', 'silence.sock');
  readonly environment: NodeJS.ProcessEnv;
  readonly #options: LabOptions;
  readonly #actuator: string;
  readonly #board: ChildProcess;
  core: ChildProcess | undefined;
  stderr = '';

  constructor(options: LabOptions) {
    this.#options = options;
    const runtime = join(this.folder, 'run');
    mkdirSync(this.records);
    const state = join(this.folder, 'state');
    const end = options.bridge ? new BridgeEnd(restCode) : options.sound ? new CardEnd(restCode) : new FarEnd();
    this.farEnd = end;
    this.#actuator =
      end instanceof CardEnd
        ? `use: audio, card: ${end.card.card}`
        : end instanceof BridgeEnd
          ? `use: bridge, port: ${end.bridge.port}`
          : `use: serial-trigger, port: ${end.path}, codes: [${codesOf(mostCodes)}], rest: ${restCode}`;
    this.environment = { ...process.env, RUNTIME_DIRECTORY: runtime, STATE_DIRECTORY: state, XDG_STATE_HOME: state };
    if (end instanceof CardEnd) this.environment['ALSA_CONFIG_PATH'] = end.card.configuration;
    writeFileSync(join(this.folder, 'again.mjs'), policyText(options.sound || options.bridge ? 1 : mostCodes));
    writeFileSync(join(this.folder, 'hangs.mjs'), detectorText);
    this.#board = spawn(process.execPath, [launcher, 'emulate', 'cyton', '--link', join(this.folder, 'board')], {
      stdio: ['pipe', 'ignore', 'inherit'], // it ends with its input
    });
  }

  /** Path of the configuration, for whoever starts the core instead. */
  configure(changes: Partial<LabOptions> = {}): string {
    const file = join(this.folder, 'lab.yaml');
    writeFileSync(file, this.#configuration({ ...this.#options, ...changes }));
    return file;
  }

  /** A core on the same folders as all before it. */
  start(changes: Partial<LabOptions> = {}): ChildProcess {
    const file = this.configure(changes);
    const core = spawn(process.execPath, [launcher, 'run', '--config', file, '--json'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: this.environment,
    });
    core.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.core = core;
    return core;
  }

  ask(request: ControlRequest): Promise<ControlAnswer> {
    return askControl(join(this.folder, 'run', 'lab', 'control.sock'), request);
  }

  async status(): Promise<Status | undefined> {
    const answer = await this.ask({ verb: 'status' }).catch(() => undefined);
    return answer?.ok === true ? (answer.value as Status) : undefined;
  }

  /** Arms as soon as everything stands that is asked for at arming. */
  async arm(): Promise<void> {
    let last = '';
    await until(
      'arming',
      async () => {
        const answer = await this.ask({ verb: 'arm', device: 'lab', forSeconds: 3600 }).catch(() => undefined);
        last = answer?.ok === false ? answer.reasons.join('; ') : '';
        return answer?.ok === true;
      },
      120_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)} (${last})\n${this.stderr.slice(-2000)}`);
    });
  }

  /** A stimulus lasts now. */
  get lasts(): boolean {
    const last = this.farEnd.last?.byte;
    return last !== undefined && last !== restCode;
  }

  /** Armed, again and again where a stalled machine has disarmed it, until the next stimulus begins. */
  async untilStimulus(withinMs = 60_000): Promise<void> {
    const { length } = this.farEnd;
    const begins = (): boolean => this.farEnd.bytes(length).some(({ byte }) => byte !== restCode) && this.lasts;
    const deadline = performance.now() + withinMs;
    while (!begins()) {
      const status = await this.status();
      if (status?.stimulation && !status.stimulation.armed) await this.arm();
      await until('a stimulus', begins, 500).catch(() => undefined);
      if (performance.now() > deadline) {
        throw new Error(`no stimulus: ${JSON.stringify(status?.stimulation)}\n${this.stderr.slice(-2000)}`);
      }
    }
  }

  async close(): Promise<void> {
    this.core?.kill('SIGKILL');
    this.#board.kill('SIGKILL');
    await this.farEnd.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #configuration({ durationMs, everyMs, device, gate, sound }: LabOptions): string {
    const limits = gate ?? `interval: ${durationMs}ms, perMinute: 60, perHour: 1200, perNight: 6000`;
    const stimulus = sound ? `sound: tone-440Hz-${durationMs}ms, level: -30dBFS` : `duration: ${durationMs}ms`;
    return `device: { name: lab, record: ${this.records}${device === undefined ? '' : `, ${device}`} }
source: { use: cyton, port: ${join(this.folder, 'board')}, electrodes: { C3: 1, M2: 2 } }
signals: { c3: { from: C3 - M2 } }
detectors: { hangs: { use: ./hangs.mjs, signal: c3, options: { file: ${this.wedge} } } }
policy: { use: ./again.mjs, options: { samples: ${Math.round(everyMs / 4)} } }
actuators: { box: { ${this.#actuator} } }
stimulus: { actuator: box, ${stimulus} }
gate: { ${limits} }
`;
  }
}

function codesOf(count: number): string {
  return Array.from({ length: count }, (_, place) => place + 1).join(', ');
}

/** One that is gone already is no fault. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone
  }
}

/** Asks again and again; the variant counts the permits, so that it is the command's number less one. */
const policyText = (variants: number): string => `
export const create = ({ samples }) => {
  let next = 0;
  let permits = 0;
  return {
    decide(detections, count, lastIndex, clock, port) {
      if (lastIndex < next) return;
      next = lastIndex + samples;
      const { request } = port;
      request.detector = 0;
      request.onset = lastIndex;
      request.fireAtUs = 0;
      request.expiresUs = clock.timeOf(lastIndex) + 200e3;
      request.variant = permits % ${variants};
      request.withheld = false;
      if (port.submit() === 0) permits++;
    },
    reset() {},
  };
};
`;

/** Detects nothing, and hangs for as long as a file is there. */
const detectorText = `
import { existsSync } from 'node:fs';
export const create = ({ file }) => ({
  delaySamples: 0,
  settleSamples: 0,
  prepare() {},
  process() {
    while (existsSync(file));
  },
  reset() {},
});
`;
