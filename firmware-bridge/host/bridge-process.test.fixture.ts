import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { made } from '../firmware/make.test.fixture.js';

/** A change of the pin, as the device's own standard output tells it: an observer that shares nothing with the link. */
export interface Output {
  readonly amplitude: number;
  readonly atUs: number;
}

/** The firmware as a process of its own behind a pseudo-terminal. */
export class BridgeProcess {
  readonly port: string;
  readonly outputs: Output[] = [];
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  #ready = false;

  constructor(port: string, options: readonly string[] = []) {
    this.port = port;
    this.#child = spawn(made('build/axond-bridge'), [port, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#gone = new Promise((resolve) => this.#child.once('close', resolve));
    let text = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const [word, amplitude, atUs] = line.split(' ');
        if (word === 'ready') this.#ready = true;
        else if (word === 'output') this.outputs.push({ amplitude: Number(amplitude), atUs: Number(atUs) });
      }
    });
  }

  /** In a folder of its own, until the test ends. */
  static async start(t: TestContext, options: readonly string[] = []): Promise<BridgeProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'axond-bridge-'));
    const bridge = new BridgeProcess(join(folder, 'pin'), options);
    t.after(async () => {
      await bridge.close();
      rmSync(folder, { recursive: true, force: true });
    });
    await bridge.ready();
    return bridge;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ready(): Promise<void> {
    await until('the bridge to be ready', () => this.#ready);
  }

  /** `unplug`, `plug`, `reset`, `digital LEVELS`, `analogue INPUT VALUE`. */
  tell(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  async close(): Promise<void> {
    this.#child.kill();
    await this.#gone;
  }
}

/** Waits for a condition, and says what it waited for when it never came. */
export async function until(what: string, condition: () => boolean, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
