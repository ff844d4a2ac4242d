import { spawn, type ChildProcess } from 'node:child_process';
import { KeptStream, type StreamListener } from './kept-stream.js';
import type { StreamLimits } from './stream-watch.js';

/** The standard output of another program. Its standard error is kept for the notice: its last line mostly says why. */
export class ChildStream extends KeptStream {
  protected readonly name: string;
  protected readonly remedy = 'It is ended and started again.';
  readonly #command: readonly [string, ...string[]];
  #child: ChildProcess | undefined;
  #lastError = '';

  /** Program and arguments; no shell. */
  constructor(command: readonly [string, ...string[]], limits: StreamLimits, listener: StreamListener) {
    super(limits, listener);
    this.#command = command;
    this.name = command[0];
  }

  protected open(): void {
    const [program, ...parameters] = this.#command;
    this.#lastError = '';
    // Without a descriptor left there are no streams either.
    const child: ChildProcess = spawn(program, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    // The error of a program that cannot be started; then there is no end to wait for.
    child.once('error', (error) => {
      if (child.pid === undefined) this.#end(child, 'missing', `${program} cannot be started (${error.message})`);
    });
    // `close` comes when it has ended and all that it wrote has been read.
    child.once('close', (code, signal) =>
      this.#end(child, 'ended', `${program} has ended with ${signal ?? `exit code ${code ?? '?'}`}`),
    );
    child.stdout?.on('data', (bytes: Uint8Array) => this.deliver(bytes));
    child.stderr?.on('data', (bytes: Buffer) => this.#keepLastLine(bytes.toString('utf8')));
  }

  protected close(force: boolean): void {
    this.#child?.kill(force ? 'SIGKILL' : 'SIGTERM');
  }

  #end(child: ChildProcess, state: 'ended' | 'missing', what: string): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    this.ended((why) => {
      const said = this.#lastError === '' ? '' : `: "${this.#lastError}"`;
      const fix = state === 'missing' ? 'Install it, or correct the command.' : 'Is the device plugged in?';
      this.tell(state, [`${what}${said}.`, why, 'It is started again.', fix].filter((part) => part !== '').join(' '));
    });
  }

  #keepLastLine(text: string): void {
    const line = text
      .split('\n')
      .map((one) => one.trim())
      .findLast((one) => one !== '');
    if (line !== undefined) this.#lastError = line.slice(0, mostErrorLength);
  }
}

const mostErrorLength = 300;
