import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { buildWatch } from './paced-card.js';

/** What `stall-watch.c` says on each processor, which may be held up one by one, and `line-watch.c` of terminals. */
export class StallWatch {
  readonly #stalls: { readonly atUs: number; readonly ms: number }[] = [];
  readonly #children: ChildProcess[] = [];

  /** Builds both programs in `folder`. */
  constructor(folder: string) {
    const program = buildWatch('stall-watch', folder);
    for (let processor = 0; processor < availableParallelism(); processor++)
      this.#listen('taskset', ['-c', String(processor), program]);
    this.#listen(buildWatch('line-watch', folder), []);
  }

  /** Longest that began or ended after that time. */
  worstMs(sinceUs: number): number {
    return Math.max(0, ...this.#stalls.filter(({ atUs }) => atUs >= sinceUs).map(({ ms }) => ms));
  }

  end(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #listen(program: string, parameters: readonly string[]): void {
    const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.push(child);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const [dueUs = NaN, lateUs = NaN] = line.split(' ').map(Number);
        this.#stalls.push({ atUs: dueUs + lateUs, ms: lateUs / 1000 });
      }
    });
  }
}
