import { decodeAudioPlan } from '../../drivers/audio/actuator.js';
import type { StudyPlan } from '../contracts.js';
import type { ActuatorPlan } from './actuators.js';
import type { NightOptions } from './condition.js';
import type { StopInputPlan } from './stop-input.js';

/** What the supervisor starts a guardian with: one JSON object as its argument. */
export interface GuardianOptions {
  readonly fifo: string;
  readonly silenceSocket: string;
  readonly pidFile: string;
  readonly deliveries: string;
  readonly realtime: boolean;
  readonly actuator: ActuatorPlan;
  readonly stopInput?: StopInputPlan;
  /** Absent where every stimulus is real. */
  readonly night?: NightOptions;
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
    ...(given['stopInput'] === undefined ? {} : { stopInput: stopInputOf(objectOf(given['stopInput'], 'stopInput')) }),
    ...(given['night'] === undefined ? {} : { night: nightOf(objectOf(given['night'], 'night')) }),
  };
}

function stopInputOf(given: Record<string, unknown>): StopInputPlan {
  const use = textOf(given, 'use');
  if (use === 'gpio') {
    const pull = given['pull'];
    if (pull !== undefined && pull !== 'up' && pull !== 'down')
      throw new Error(`pull: ${JSON.stringify(pull)} is neither up nor down`);
    return {
      use,
      line: wholeOf(given, 'line', 1023),
      activeLow: given['activeLow'] === true,
      ...(given['chip'] === undefined ? {} : { chip: textOf(given, 'chip') }),
      ...(pull === undefined ? {} : { pull }),
    };
  }
  if (use !== 'serial') throw new Error(`stopInput.use: ${use} is no stop input`);
  const plan = { use, port: textOf(given, 'port'), baudRate: wholeOf(given, 'baudRate', 4e6) } as const;
  return given['byte'] === undefined ? plan : { ...plan, byte: wholeOf(given, 'byte', 255) };
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
        codes: listOf(given, 'codes', (code) => wholeFrom(code, 'codes', 255)),
      } as const;
      return given['restCode'] === undefined ? plan : { ...plan, restCode: wholeOf(given, 'restCode', 255) };
    }
    case 'gpio': {
      const plan = {
        use,
        lines: listOf(given, 'lines', (line) => wholeFrom(line, 'lines', 1023)),
        activeLow: given['activeLow'] === true,
        oneShot: given['oneShot'] === true,
      } as const;
      return given['chip'] === undefined ? plan : { ...plan, chip: textOf(given, 'chip') };
    }
    case 'lan-trigger': {
      const plan = {
        use,
        address: textOf(given, 'address'),
        port: wholeOf(given, 'port', 65535),
        codes: listOf(given, 'codes', (code) => codeFrom(code, 'codes')),
      } as const;
      return given['restCode'] === undefined ? plan : { ...plan, restCode: codeFrom(given['restCode'], 'restCode') };
    }
    case 'bridge': {
      const port = textOf(given, 'port');
      return { use, port, baudRate: wholeOf(given, 'baudRate', 4e6), amplitude: wholeOf(given, 'amplitude', 1000) };
    }
    case 'audio':
      return decodeAudioPlan(given);
    default:
      throw new Error(`actuator.use: ${use} is no actuator`);
  }
}

function nightOf(given: Record<string, unknown>): NightOptions {
  const sha256 = given['sha256'] === null ? null : textOf(given, 'sha256');
  const study = studyOf(objectOf(given['study'], 'study'));
  const locks = textsOf(given, 'locks');
  return { study, run: textOf(given, 'run'), boot: textOf(given, 'boot'), sha256, locks };
}

function studyOf(given: Record<string, unknown>): StudyPlan {
  return {
    name: textOf(given, 'name'),
    participant: textOf(given, 'participant'),
    night: wholeOf(given, 'night', 1e6),
    allocation: textOf(given, 'allocation'),
    continue: given['continue'] === true,
    ...(given['fromBlock'] === undefined ? {} : { fromBlock: wholeOf(given, 'fromBlock', 1e6) }),
  };
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

/** Maybe none. */
function textsOf(from: Record<string, unknown>, key: string): readonly string[] {
  const value = from[key];
  if (!Array.isArray(value) || !value.every((text) => typeof text === 'string')) throw new Error(`${key}: is no list`);
  return value;
}

/** At least one of something. */
function listOf<Item>(from: Record<string, unknown>, key: string, item: (value: unknown) => Item): readonly Item[] {
  const value = from[key];
  if (!Array.isArray(value) || value.length === 0) throw new Error(`${key}: ${String(value)} is no list`);
  return value.map(item);
}

/** A byte, or a text that is not empty. */
function codeFrom(value: unknown, key: string): number | string {
  return typeof value === 'string' && value !== '' ? value : wholeFrom(value, key, 255);
}

function wholeOf(from: Record<string, unknown>, key: string, most: number): number {
  return wholeFrom(from[key], key, most);
}

function wholeFrom(value: unknown, key: string, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
    throw new Error(`${key}: ${String(value)} is no whole number from 0 to ${most}`);
  }
  return value;
}
