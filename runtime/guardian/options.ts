import type { ActuatorPlan } from './actuators.js';

/** What the supervisor starts a guardian with: one JSON object as its argument. */
export interface GuardianOptions {
  readonly fifo: string;
  readonly silenceSocket: string;
  readonly pidFile: string;
  readonly deliveries: string;
  readonly realtime: boolean;
  readonly actuator: ActuatorPlan;
}

/** Refuses anything that is not exactly that. */
export function decodeOptions(text: string): GuardianOptions {
  const given = objectOf(JSON.parse(text), 'options');
  return {
    fifo: textOf(given, 'fifo'),
    silenceSocket: textOf(given, 'silenceSocket'),
    pidFile: textOf(given, 'pidFile'),
    deliveries: textOf(given, 'deliveries'),
    realtime: given['realtime'] === true,
    actuator: actuatorOf(objectOf(given['actuator'], 'actuator')),
  };
}

function actuatorOf(given: Record<string, unknown>): ActuatorPlan {
  const use = textOf(given, 'use');
  switch (use) {
    case 'virtual':
      return { use };
    case 'bench':
      return { use, port: textOf(given, 'port') };
    case 'serial-trigger': {
      const plan = {
        use,
        port: textOf(given, 'port'),
        baudRate: wholeOf(given, 'baudRate', 4e6),
        code: wholeOf(given, 'code', 255),
      } as const;
      return given['restCode'] === undefined ? plan : { ...plan, restCode: wholeOf(given, 'restCode', 255) };
    }
    default:
      throw new Error(`actuator.use: ${use} is no actuator`);
  }
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`${name}: ${String(value)} is no object`);
  return value as Record<string, unknown>;
}

function textOf(from: Record<string, unknown>, key: string): string {
  const value = from[key];
  if (typeof value !== 'string' || value === '') throw new Error(`${key}: ${String(value)} is no text`);
  return value;
}

function wholeOf(from: Record<string, unknown>, key: string, most: number): number {
  const value = from[key];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
    throw new Error(`${key}: ${String(value)} is no whole number from 0 to ${most}`);
  }
  return value;
}
