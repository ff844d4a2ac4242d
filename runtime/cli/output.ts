/** Standard output carries data, standard error talk. */

/** The one object that `--json` promises, on the last line of standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function print(...lines: string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** A failure with one line for a person: printed without a stack, exit 1. */
export class Failure extends Error {}

/** Wrong usage or configuration, found before anything started: exit 2. */
export class UsageError extends Error {}
