import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

/** On standard error. People get words, journals get one JSON object a line. */
export function createLogger(): Logger {
  const level = process.env['AXOND_LOG'] ?? 'info';
  if (!process.stderr.isTTY) return pino({ level }, pino.destination({ fd: 2, sync: true }));
  return pino({ level }, pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }));
}
