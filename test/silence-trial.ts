import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import mqtt, { type MqttClient } from 'mqtt';
import { openPty, type Pty } from '../drivers/serial/pty.js';
import { silenceGuardian } from '../runtime/guardian/silence.js';
import { monotonicUs } from '../runtime/monotonic.js';
import { installed, until } from './axond-process.js';
import type { FarByte } from './far-end.js';
import { Mosquitto } from './mosquitto.js';
import { kill, restCode, StimulatingLab } from './stimulating-lab.js';

/** How silence is asked for. `program` is the whole command, `request` its request alone. */
export const ways = ['request', 'program', 'stop input', 'mqtt'] as const;
export type Way = (typeof ways)[number];

/** What is broken meanwhile. */
export const faults = [
  'nothing',
  'loop wedged',
  'core stopped',
  'link dead',
  'broker gone',
  'core killed',
  'recorder dead',
  'disk full',
] as const;
export type Fault = (typeof faults)[number];

/** After these a run has to be started anew. */
export const fatal: ReadonlySet<Fault> = new Set(['core killed', 'recorder dead', 'disk full']);

/** What cannot be, because the way itself leads through what is broken. */
export function isPossible(way: Way, fault: Fault): boolean {
  return way !== 'mqtt' || !['link dead', 'broker gone'].includes(fault);
}

export interface Silenced {
  /** When it was asked for. */
  readonly askedUs: number;
  /** From there to the byte of rest at the far end; 0 if the fault had brought it to rest before. */
  readonly ms: number;
}

/** A lab in which stimuli are silenced while something is broken. */
export class SilenceTrial {
  readonly #lab: StimulatingLab;
  readonly #button: Pty;
  readonly #broker: Mosquitto | undefined;
  readonly #client: MqttClient | undefined;
  readonly #disk: string | undefined;
  #requests = 0;

  private constructor(button: Pty, broker: Mosquitto | undefined, disk: boolean, sound: boolean) {
    this.#button = button;
    this.#broker = broker;
    const url = broker && `mqtt://127.0.0.1:${broker.port}`;
    const device = `stopInput: { use: serial, port: ${button.path} }${url === undefined ? '' : `, mqtt: "${url}"`}`;
    this.#lab = new StimulatingLab({ durationMs: 900, everyMs: 1000, device, ...(sound ? { sound } : {}) });
    this.#client = url === undefined ? undefined : mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 50 });
    this.#client?.on('error', () => undefined);
    if (disk) this.#disk = smallDisk(this.#lab.records);
  }

  /** `disk`: records on a small disk of their own, which takes the right to mount one. `sound`: a tone, not a trigger. */
  static async start(t: TestContext, withBroker: boolean, disk: boolean, sound = false): Promise<SilenceTrial> {
    const broker = withBroker ? await Mosquitto.start(t) : undefined;
    const trial = new SilenceTrial(openPty(), broker, disk, sound);
    t.after(() => trial.close());
    trial.#lab.start();
    return trial;
  }

  get hasDisk(): boolean {
    return this.#disk !== undefined;
  }

  /** Breaks something within a stimulus, silences it a moment later, and sees to it that silence stays. */
  async silence(way: Way, fault: Fault): Promise<Silenced> {
    const lab = this.#lab;
    await lab.arm();
    if (way === 'mqtt') await this.#untilLinked();
    await lab.untilStimulus();
    const from = lab.farEnd.length;
    const undo = await this.#break(fault);
    let askedUs: number;
    try {
      spinMs(Math.random() * 30); // the moment is the experiment
      askedUs = monotonicUs();
      const asked = this.#ask(way, fault);
      await until('the byte of rest', () => lab.farEnd.bytes(from).some(({ byte }) => byte === restCode));
      await asked;
    } finally {
      undo();
    }
    const silentAt = lab.farEnd.length;
    if (fatal.has(fault)) await this.#restart();
    else {
      await until('word of it', async () => (await lab.status())?.stimulation?.guardian === 'silenced').catch(
        (error: unknown) => {
          throw new Error(`${String(error)}\n${lab.stderr.slice(-2000)}`);
        },
      );
    }
    // A program takes its time to start, and stimuli come and go meanwhile: the last byte counts.
    const last = silentBytes(lab.farEnd.bytes(from));
    if (lab.farEnd.bytes(silentAt).some(({ byte }) => byte !== restCode))
      throw new Error('a stimulus after the silence');
    return { askedUs, ms: Math.max(0, (last - askedUs) / 1000) };
  }

  async close(): Promise<void> {
    this.#client?.end(true);
    if (this.#disk !== undefined) {
      this.#lab.core?.kill('SIGKILL');
      spawnSync('umount', ['-l', this.#disk]);
    }
    await this.#lab.close();
    this.#button.close();
  }

  // ── Ways ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #ask(way: Way, fault: Fault): Promise<void> {
    switch (way) {
      case 'request':
        // A guardian whose core is gone rests and leaves: then nobody has to answer.
        return silenceGuardian(this.#lab.silence).then(
          () => undefined,
          (error: unknown) => {
            if (!fatal.has(fault)) throw error;
          },
        );
      case 'program':
        await once(this.#axond('silence', '--device', 'lab'), 'exit');
        return;
      case 'stop input':
        writeSync(this.#button.master, Uint8Array.of(0x53));
        return;
      case 'mqtt':
        await this.#client?.publishAsync('axond/1/lab/request/silence', this.#request(), { qos: 1 });
    }
  }

  #axond(...args: string[]): ChildProcess {
    return spawn(installed, args, { stdio: 'ignore', env: this.#lab.environment });
  }

  #request(): string {
    return JSON.stringify({ v: 1, id: `silence-${++this.#requests}` });
  }

  async #untilLinked(): Promise<void> {
    await until('the link', async () => {
      return this.#client?.connected === true && (await this.#lab.status())?.mqtt?.connected === true;
    });
  }

  // ── Faults ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Resolves with what mends it. */
  async #break(fault: Fault): Promise<() => void> {
    const lab = this.#lab;
    const core = lab.core?.pid ?? 0;
    switch (fault) {
      case 'nothing':
        return () => undefined;
      case 'loop wedged':
        writeFileSync(lab.wedge, '');
        return () => rmSync(lab.wedge, { force: true });
      case 'core stopped':
        kill(core, 'SIGSTOP');
        return () => kill(core, 'SIGCONT');
      case 'core killed':
        kill(core, 'SIGKILL');
        return () => undefined;
      case 'recorder dead': {
        // Another program takes the right to write: the recorder's thread fails within SQLite, and the run ends.
        const recording = (await lab.status())?.recording ?? '';
        const other = new Database(recording, { timeout: 2000 });
        other.exec('begin immediate');
        return () => void other.close();
      }
      case 'link dead': {
        const link = (await lab.status())?.processes.link ?? 0;
        kill(link, 'SIGKILL');
        return () => undefined;
      }
      case 'broker gone':
        await this.#broker?.stop();
        return () => void this.#broker?.restart();
      case 'disk full':
        fill(this.#disk ?? '');
        return () => resize(this.#disk ?? '', roomyBytes);
    }
  }

  async #restart(): Promise<void> {
    const { core } = this.#lab;
    if (core && core.exitCode === null && core.signalCode === null) {
      core.kill('SIGKILL');
      await once(core, 'exit');
    }
    this.#lab.start();
  }
}

/** When the bytes fell silent; what came before is undone by the last rest. Throws if the last byte is none. */
function silentBytes(bytes: readonly FarByte[]): number {
  const start = bytes.findLastIndex(({ byte }) => byte !== restCode);
  const rest = bytes[start + 1];
  if (!rest) throw new Error('a stimulus after the silence');
  return rest.atUs;
}

/** Mounted on `folder`, large enough to arm; undefined where this process may not mount. */
function smallDisk(folder: string): string | undefined {
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${roomyBytes}`, 'none', folder]);
  return made.status === 0 ? folder : undefined;
}

/** Makes the disk as small as what lies on it, again and again while axond still writes. */
function fill(folder: string): void {
  for (let tries = 1; ; tries++) {
    const { blocks, bfree, bsize } = statfsSync(folder);
    try {
      resize(folder, (blocks - bfree) * bsize);
      if (statfsSync(folder).bavail === 0) return;
    } catch (error) {
      if (tries === 20) throw error;
    }
    if (tries === 20) throw new Error(`${folder}: is not full`);
  }
}

function resize(folder: string, bytes: number): void {
  const { status, stderr } = spawnSync('mount', ['-o', `remount,size=${bytes}`, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${folder}: cannot be made ${bytes} bytes large (${stderr.trim()})`);
}

/** Takes memory only for what is written. */
const roomyBytes = 8 * 1024 ** 3;

/** A wait that does not depend on timers. */
function spinMs(ms: number): void {
  const untilUs = monotonicUs() + ms * 1000;
  while (monotonicUs() < untilUs);
}
