import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { made } from '../../firmware-bridge/firmware/make.test.fixture.js';
import type { PortUnderTest } from './conformance.js';
import type { OutputChange } from './output-rules.js';
import { TerminalLine } from './terminal-line.js';

/** The host port: a process of its own, at real-time priority where that is allowed. */
export class HostPort implements PortUnderTest {
  readonly isExact = false;
  readonly path: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #changes: OutputChange[] = [];
  #line: TerminalLine | undefined;
  #text = '';
  #readies = 0;

  private constructor(parameters: readonly string[], environment: Readonly<Record<string, string>>) {
    this.#folder = mkdtempSync(join(tmpdir(), 'axond-bridge-'));
    this.path = join(this.#folder, 'ttyBridge');
    this.#child = spawn(made('build/axond-bridge'), [this.path, ...parameters], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#child.stdout?.on('data', (bytes: Buffer) => this.#hear(bytes.toString()));
  }

  static async start(
    parameters: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<HostPort> {
    const port = new HostPort([...parameters, '--realtime'], environment);
    if (await port.#isReady()) return port;
    const ordinary = new HostPort(parameters, environment);
    if (await ordinary.#isReady()) return ordinary;
    throw new Error(`axond-bridge ended with ${String(ordinary.#child.exitCode)}`);
  }

  write(bytes: Uint8Array): void {
    this.#line?.write(bytes);
  }

  read(): Uint8Array {
    return this.#line?.read() ?? new Uint8Array(0);
  }

  async pass(us: number): Promise<void> {
    await after(us / 1000);
  }

  changes(): readonly OutputChange[] {
    return this.#changes;
  }

  async cableOut(): Promise<void> {
    this.#tell('unplug');
    // The terminal hangs up.
    await this.#until(() => this.#line?.isGone() === true);
    this.#line?.close();
    this.#line = undefined;
  }

  async cableIn(): Promise<void> {
    await this.#again('plug');
    this.#line = new TerminalLine(this.path);
  }

  async powerOn(): Promise<void> {
    await this.#again('reset');
    this.read();
  }

  digital(levels: number): void {
    this.#tell(`digital ${levels}`);
  }

  analogue(input: number, value: number): void {
    this.#tell(`analogue ${input} ${value}`);
  }

  close(): void {
    this.#line?.close();
    this.#child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async #again(command: string): Promise<void> {
    const before = this.#readies;
    this.#tell(command);
    await this.#until(() => this.#readies > before);
  }

  async #isReady(): Promise<boolean> {
    await this.#until(() => this.#readies > 0 || this.#child.exitCode !== null || this.#child.signalCode !== null);
    if (this.#readies === 0) return false;
    this.#line = new TerminalLine(this.path);
    return true;
  }

  async #until(isSo: () => boolean): Promise<void> {
    const sinceMs = performance.now();
    while (!isSo()) {
      if (performance.now() - sinceMs > 10_000) throw new Error('axond-bridge did not answer within 10 seconds');
      await after(1);
    }
  }

  #hear(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) {
      const [word, amplitude, atUs] = line.split(' ');
      if (word === 'ready') this.#readies++;
      else this.#changes.push({ atUs: Number(atUs), amplitude: Number(amplitude) });
    }
  }
}
