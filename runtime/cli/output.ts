import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

/** Standard output carries data, standard error talk. */

/** The one object that `--json` promises, on the last line of standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function print(...lines: string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** People get words, journals get one JSON object a line. */
export function createLogger(): Logger {
  const level = process.env['AXOND_LOG'] ?? 'info';
  if (!process.stderr.isTTY) return pino({ level }, pino.destination({ fd: 2, sync: true }));
  return pino({ level }, pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }));
}

/** A failure with one line for a person: printed without a stack, exit 1. */
export class Failure extends Error {}

/** Wrong usage or configuration, found before anything started: exit 2. */
export class UsageError extends Error {}
