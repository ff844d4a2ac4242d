import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** What `stall-watch.c` says on each processor: a virtual machine may be held up on one and go on on the other. */
export class StallWatch {
  readonly #stalls: { readonly atUs: number; readonly ms: number }[] = [];
  readonly #children: ChildProcess[];

  constructor(program: string) {
    this.#children = Array.from({ length: availableParallelism() }, (_, processor) => {
      const child = spawn('taskset', ['-c', String(processor), program], { stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (text + chunk).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const [dueUs = NaN, lateUs = NaN] = line.split(' ').map(Number);
          this.#stalls.push({ atUs: dueUs + lateUs, ms: lateUs / 1000 });
        }
      });
      return child;
    });
  }

  /** Longest that began or ended after that time. */
  worstMs(sinceUs: number): number {
    return Math.max(0, ...this.#stalls.filter(({ atUs }) => atUs >= sinceUs).map(({ ms }) => ms));
  }

  end(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}
