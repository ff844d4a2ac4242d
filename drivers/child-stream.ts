import { spawn, type ChildProcess } from 'node:child_process';
import { monotonicUs } from '../runtime/monotonic.js';
import { ChildWatch, type ChildLimits } from './child-watch.js';

export interface ChildNotice {
  readonly state: 'delivering' | 'stalled' | 'ended' | 'missing';
  /** One line that names the program, what happened, and what can be done. */
  readonly text: string;
}

export interface ChildStreamOptions extends ChildLimits {
  /** Program and arguments; no shell. */
  readonly command: readonly [string, ...string[]];
  /** A child is about to start: what was kept of the last one is void. */
  onStart(): void;
  onBytes(bytes: Uint8Array, nowUs: number): void;
  /** It has ended: what the bytes say of why, as a sentence, or nothing. */
  onEnd(): string;
  /** Once for each change, however often the same happens again. */
  onNotice(notice: ChildNotice): void;
}

/**
 * The standard output of another program that is kept running: ended when it stalls, started again when it ends. Its
 * standard error is kept for the notice: its last line mostly says why.
 */
export class ChildStream {
  readonly #options: ChildStreamOptions;
  readonly #watch: ChildWatch;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #stalled = false;
  #lastNotice = '';
  #lastError = '';
  #onStopped: () => void = () => undefined;
  /** Children that were started after the first one. */
  restarts = -1;

  constructor(options: ChildStreamOptions) {
    this.#options = options;
    this.#watch = new ChildWatch(options);
  }

  start(): void {
    this.#act();
  }

  /** Ends the child, and returns when it is gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined) return;
    const stopped = new Promise<void>((resolve) => (this.#onStopped = resolve));
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await stopped;
    clearTimeout(kill);
  }

  #act(): void {
    clearTimeout(this.#timer);
    const nowUs = monotonicUs();
    switch (this.#watch.due(nowUs)) {
      case 'start':
        this.#spawn();
        break;
      case 'terminate':
        this.#stalled = true;
        this.#tell('stalled', `${this.#program} has stopped delivering. It is ended and started again.`);
        this.#child?.kill('SIGTERM');
        break;
      case 'kill':
        this.#child?.kill('SIGKILL');
        break;
    }
    if (!this.#stopped && this.#watch.dueUs < Infinity)
      this.#timer = setTimeout(() => this.#act(), Math.max(1, (this.#watch.dueUs - monotonicUs()) / 1000));
  }

  #spawn(): void {
    const { command } = this.#options;
    const [program, ...parameters] = command;
    this.#options.onStart();
    this.restarts++;
    this.#stalled = false;
    this.#lastError = '';
    // Without a descriptor left there are no streams either.
    const child: ChildProcess = spawn(program, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#watch.started(monotonicUs());
    // The error of a program that cannot be started; then there is no end to wait for.
    child.once('error', (error) => {
      if (child.pid === undefined) this.#end(child, 'missing', `${program} cannot be started (${error.message})`);
    });
    // `close` comes when it has ended and all that it wrote has been read.
    child.once('close', (code, signal) =>
      this.#end(child, 'ended', `${program} has ended with ${signal ?? `exit code ${code ?? '?'}`}`),
    );
    child.stdout?.on('data', (bytes: Uint8Array) => this.#deliver(bytes));
    child.stderr?.on('data', (bytes: Buffer) => this.#keepLastLine(bytes.toString('utf8')));
  }

  #deliver(bytes: Uint8Array): void {
    if (this.#stopped) return;
    const nowUs = monotonicUs();
    if (this.#watch.delivered(nowUs)) {
      this.#act();
      this.#tell('delivering', `${this.#program} delivers.`);
    }
    this.#options.onBytes(bytes, nowUs);
  }

  #end(child: ChildProcess, state: 'ended' | 'missing', what: string): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    const why = this.#options.onEnd();
    this.#watch.ended(monotonicUs());
    this.#onStopped();
    if (this.#stopped) return;
    const said = this.#lastError === '' ? '' : `: "${this.#lastError}"`;
    const fix = state === 'missing' ? 'Install it, or correct the command.' : 'Is the device plugged in?';
    // Of a child that was ended because it had stalled, all is said.
    if (!this.#stalled)
      this.#tell(state, [`${what}${said}.`, why, 'It is started again.', fix].filter((part) => part !== '').join(' '));
    this.#act();
  }

  #keepLastLine(text: string): void {
    const line = text
      .split('\n')
      .map((one) => one.trim())
      .findLast((one) => one !== '');
    if (line !== undefined) this.#lastError = line.slice(0, mostErrorLength);
  }

  #tell(state: ChildNotice['state'], text: string): void {
    if (text === this.#lastNotice) return;
    this.#lastNotice = text;
    this.#options.onNotice({ state, text });
  }

  get #program(): string {
    return this.#options.command[0];
  }
}

const graceMs = 1000;
const mostErrorLength = 300;
