import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { fromLink, readLine, type FromLink, type LinkOptions, type ToLink } from './messages.js';

export interface LinkEvents {
  onMessage(message: FromLink): void;
  onExit(detail: string): void;
}

/** The link process. What cannot be handed over at once is left out: state and health come again. */
export class LinkProcess {
  readonly #child: ChildProcess;
  readonly exited: Promise<void>;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#child = spawn(process.execPath, [smallYoungHeap, fileURLToPath(new URL('./main.js', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        events.onExit(`the link process ended (${String(code ?? signal)})`);
        resolve();
      });
    });
    this.#child.on('error', () => undefined);
    this.#child.stdin?.on('error', () => undefined);
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        const message = readLine(fromLink, line);
        if (message) events.onMessage(message);
        else process.stderr.write(`core: a line of the link is not understood: ${line.slice(0, 200)}\n`);
      });
    }
    this.send({ options });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** False: it was left out. */
  send(message: ToLink): boolean {
    const { stdin } = this.#child;
    if (!stdin?.writable || stdin.writableLength > mostWaitingBytes) return false;
    stdin.write(`${JSON.stringify(message)}\n`);
    return true;
  }

  /** For a page: left out where other things wait already, so that an answer finds room. */
  show(message: Extract<ToLink, { samples: unknown } | { picture: unknown }>): void {
    if ((this.#child.stdin?.writableLength ?? 0) < mostShownBytes) this.send(message);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/**
 * What a link allocates is garbage at once; V8 would let 30 MB of it lie. A backlog of 32,785 events at 60 kB/s held it at 125
 * to 133 MB without this, and holds it at 102 to 110 MB (`npm run outage -- 0 480 64000`).
 */
const smallYoungHeap = '--max-semi-space-size=1';
const mostWaitingBytes = 256 * 1024;
const mostShownBytes = 64 * 1024;
