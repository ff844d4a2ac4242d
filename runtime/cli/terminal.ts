import { createInterface } from 'node:readline';
import { Failure } from './output.js';

/** Questions to a person, one line each, on standard error: standard output is for results. */
export class Terminal {
  readonly #lines = createInterface({ input: process.stdin });
  readonly #iterator = this.#lines[Symbol.asyncIterator]();

  say(...lines: string[]): void {
    process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  }

  async ask(question: string): Promise<string> {
    process.stderr.write(question);
    const next = await this.#iterator.next();
    if (next.done === true) throw new Failure('There were no more answers: nothing was written.');
    return next.value.trim();
  }

  async agrees(question: string): Promise<boolean> {
    for (;;) {
      const answer = (await this.ask(question)).toLowerCase();
      if (answer === 'y' || answer === 'yes') return true;
      if (answer === 'n' || answer === 'no') return false;
    }
  }

  close(): void {
    this.#lines.close();
  }
}
