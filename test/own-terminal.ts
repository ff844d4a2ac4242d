import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { launcher, until } from './axond-process.js';

/** Why nothing can be tried at a terminal here, or false. */
export function withoutTerminal(): string | false {
  return spawnSync('script', ['--version']).status === 0 ? false : 'script (of util-linux) is not installed';
}

interface Ends {
  after(end: () => void | Promise<void>): void;
}

/** `axond` at a terminal of its own, as a person has it: with echo, Ctrl-C and Ctrl-D. */
export class OwnTerminal {
  readonly exited: Promise<number | string>;
  readonly #script: ChildProcess;
  /** All that was shown, and how much of it before somebody typed last. */
  #shown = '';
  #answered = 0;

  constructor(t: Ends, args: readonly string[], environment: Record<string, string>) {
    const words = [process.execPath, launcher, ...args].map((word) => `'${word}'`);
    // The shell gives its place to the program, so that a terminal that is closed is closed to that.
    this.#script = spawn('script', ['-q', '-e', '-f', '-c', `exec ${words.join(' ')}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, SHELL: '/bin/sh', ...environment },
    });
    this.#script.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#shown += text.replaceAll('\r', '')));
    this.#script.stdin?.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      this.#script.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    });
    t.after(() => this.close());
  }

  /** Since somebody typed last. */
  get shown(): string {
    return this.#shown.slice(this.#answered);
  }

  async shows(what: RegExp): Promise<void> {
    try {
      await until(String(what), () => what.test(this.shown), 60_000);
    } catch {
      throw new Error(`waited 60 s for ${String(what)} in: ${this.#shown}`);
    }
  }

  /** Returns what was shown before. */
  async answers(prompt: RegExp, line: string): Promise<string> {
    await this.shows(prompt);
    const { shown } = this;
    this.type(`${line}\n`);
    return shown;
  }

  type(text: string): void {
    this.#answered = this.#shown.length;
    this.#script.stdin?.write(text);
  }

  /** Its process. */
  get program(): number {
    const pid = String(this.#script.pid);
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
  }

  /** As somebody closes its window. */
  close(): void {
    this.#script.kill('SIGKILL');
  }
}

export const ctrlC = '\x03';
export const ctrlD = '\x04';
