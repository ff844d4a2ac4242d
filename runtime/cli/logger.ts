import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import { UsageError } from './output.js';

/** On standard error. People get words, journals get one JSON object a line, that of systemd with its priority. */
export function createLogger(): Logger {
  const level = levelFrom(process.env['AXOND_LOG']);
  if (process.stderr.isTTY)
    return pino({ level }, pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }));
  const destination = pino.destination({ fd: 2, sync: true });
  if (process.env['JOURNAL_STREAM'] === undefined) return pino({ level }, destination);
  return pino({ level }, { write: (line) => void destination.write(journalLine(line)) });
}

/** `<3>{"level":50,…}`: so `journalctl -p warning` finds what matters. */
export function journalLine(line: string): string {
  const level = Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? 30);
  const priority = level >= 60 ? 2 : level >= 50 ? 3 : level >= 40 ? 4 : level >= 30 ? 6 : 7;
  return `<${priority}>${line}`;
}

/** `AXOND_LOG`: how much is told. */
function levelFrom(given: string | undefined): string {
  const level = given === undefined || given === '' ? 'info' : given;
  if (!levels.includes(level)) throw new UsageError(`AXOND_LOG: ${level} is no level. Use ${levels.join(', ')}.`);
  return level;
}

const levels: readonly string[] = ['silent', 'error', 'warn', 'info', 'debug'];
