import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { monotonicUs } from '../runtime/monotonic.js';

/**
 * An idle process beside what is timed: it sleeps for a millisecond at a time and knows its worst lateness. What the
 * machine held up for as long as it held up this one is not the fault of what is timed.
 */
export class IdleControl {
  readonly #child: ChildProcess;
  readonly #answers: Interface;

  constructor() {
    this.#child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'idle'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (!this.#child.stdout) throw new Error('the idle process has no output');
    this.#answers = createInterface({ input: this.#child.stdout });
  }

  /** Worst stall since that time, in milliseconds. */
  async stallMs(sinceUs: number): Promise<number> {
    this.#child.stdin?.write(`${sinceUs}\n`);
    const [answer] = (await once(this.#answers, 'line')) as [string];
    return Number(answer);
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

function idle(): void {
  const stalls: { atUs: number; ms: number }[] = [];
  let dueUs = monotonicUs();
  const wake = (): void => {
    const atUs = monotonicUs();
    stalls.push({ atUs, ms: (atUs - dueUs) / 1000 });
    if (stalls.length > 8192) stalls.splice(0, 4096);
    dueUs = monotonicUs() + 1000;
    setTimeout(wake, 1);
  };
  wake();
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const worst = Math.max(0, ...stalls.filter(({ atUs }) => atUs >= Number(line)).map(({ ms }) => ms));
      process.stdout.write(`${Math.round(worst * 100) / 100}\n`);
    })
    .on('close', () => process.exit());
}

if (process.argv[2] === 'idle' && process.argv[1] === fileURLToPath(import.meta.url)) idle();
