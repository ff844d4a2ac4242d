import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { made } from '../../firmware-bridge/firmware/make.test.fixture.js';
import type { OutputChange } from './virtual-port.js';

/** A line on a terminal. */
export class TerminalLine {
  readonly #descriptor: number;
  readonly #bytes = new Uint8Array(1 << 16);

  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at);
  }

  read(): Uint8Array {
    try {
      return this.#bytes.subarray(0, readSync(this.#descriptor, this.#bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return this.#bytes.subarray(0, 0);
      throw error;
    }
  }

  async pass(us: number): Promise<void> {
    await after(us / 1000);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The host port as a process of its own. */
export class HostPort {
  readonly path: string;
  readonly #child: ChildProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), 'axond-bridge-'));
  readonly #changes: OutputChange[] = [];
  #text = '';
  #isReady = false;

  private constructor(parameters: readonly string[]) {
    this.path = join(this.#folder, 'ttyBridge');
    this.#child = spawn(made('build/axond-bridge'), [this.path, ...parameters], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (bytes: Buffer) => this.#hear(bytes.toString()));
  }

  static async start(parameters: readonly string[] = []): Promise<HostPort> {
    const port = new HostPort(parameters);
    while (!port.#isReady) {
      if (port.#child.exitCode !== null) throw new Error(`axond-bridge ended with ${port.#child.exitCode}`);
      await after(1);
    }
    return port;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** A line for its standard input. */
  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** All changes of the output since the start, as it has told them; times are those of CLOCK_MONOTONIC. */
  get changes(): readonly OutputChange[] {
    return this.#changes;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #hear(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) {
      const [word, amplitude, atUs] = line.split(' ');
      if (word === 'ready') this.#isReady = true;
      else this.#changes.push({ atUs: Number(atUs), amplitude: Number(amplitude) });
    }
  }
}
