import { createInterface } from 'node:readline';
import { Failure } from './output.js';

/** Questions to a person, one line each, on standard error: standard output is for results. */
export class Terminal {
  readonly #lines = createInterface({ input: process.stdin });
  readonly #iterator = this.#lines[Symbol.asyncIterator]();

  constructor() {
    // A terminal that is closed has no more answers.
    process.stdin.once('error', () => this.#lines.close());
  }

  say(...lines: string[]): void {
    process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  }

  async ask(question: string): Promise<string> {
    const said = await this.answerTo(question);
    if (said === undefined) throw new Failure('There were no more answers.');
    return said;
  }

  /** Undefined where there are no more: somebody has typed Ctrl-D, or the terminal is gone. */
  async answerTo(question: string): Promise<string | undefined> {
    process.stderr.write(question);
    const next = await this.#iterator.next();
    if (next.done !== true) return next.value.trim();
    process.stderr.write('\n');
    return undefined;
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
