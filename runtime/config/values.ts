import { z } from 'zod';
import type { Level } from '../../drivers/audio/level.js';
import { missingUnit, parseQuantity, patternOf, unitsOf, type Dimension, type Objection } from './units.js';

/**
 * What the values of keys are made of. The schema carries all that a person is told of a key, as metadata that
 * `KeySchema` in `keys.ts` lists.
 */

/** zod carries one text: this is how a rule and its fix share it. `messages.ts` takes them apart. */
export function objection({ rule, fix }: Objection): string {
  return `${rule}\n${fix}`;
}

interface Range {
  readonly atLeast?: string;
  readonly atMost?: string;
}

/** A number with its unit; parses to Hz, seconds, microvolts or degrees. Both ends of the range belong to it. */
export function quantity(dimension: Dimension, example: string, description: string, { atLeast, atMost }: Range = {}) {
  const least = atLeast === undefined ? -Infinity : inBaseUnit(atLeast, dimension);
  const most = atMost === undefined ? Infinity : inBaseUnit(atMost, dimension);
  return z
    .string({ error: ({ input }) => (input === undefined ? undefined : refuseKind(input, dimension, example)) })
    .transform((text, context) => {
      const value = parseQuantity(text, dimension);
      let wrong: Objection | undefined;
      if (typeof value !== 'number') wrong = value;
      else if (value < least) wrong = { rule: `is below ${atLeast ?? ''}`, fix: `Use ${atLeast ?? ''} or more.` };
      else if (value > most) wrong = { rule: `is above ${atMost ?? ''}`, fix: `Use ${atMost ?? ''} or less.` };
      if (!wrong && typeof value === 'number') return value;
      context.addIssue({ code: 'custom', message: wrong ? objection(wrong) : '' });
      return z.NEVER;
    })
    .meta({
      ...quantityMeta(dimension, example, description),
      ...(atLeast === undefined ? {} : { atLeast }),
      ...(atMost === undefined ? {} : { atMost }),
    });
}

/** The level of a sound, in the unit in which it is written. */
export function level(example: string, description: string) {
  return z
    .string({ error: ({ input }) => (input === undefined ? undefined : refuseKind(input, 'level', example)) })
    .transform((text, context): Level => {
      const value = parseQuantity(text, 'level');
      if (typeof value === 'number') return { unit: /dBSPL\s*$/.test(text) ? 'dBSPL' : 'dBFS', value };
      context.addIssue({ code: 'custom', message: objection(value) });
      return z.NEVER;
    })
    .meta(quantityMeta('level', example, description));
}

function refuseKind(input: unknown, dimension: Dimension, example: string): string {
  return typeof input === 'number'
    ? objection(missingUnit(input, dimension))
    : objection({
        rule: `is not a ${dimension}`,
        fix: `Write a number and its unit (${unitsOf(dimension)}), for example ${example}.`,
      });
}

function quantityMeta(dimension: Dimension, example: string, description: string) {
  return { description, dimension, pattern: patternOf(dimension), example };
}

function inBaseUnit(text: string, dimension: Dimension): number {
  const value = parseQuantity(text, dimension);
  if (typeof value !== 'number') throw new RangeError(`${text} ${value.rule}. ${value.fix}`);
  return value;
}

export function count(example: number, description: string) {
  return z.int().min(0).meta({ description, example });
}

export function byte(description: string) {
  return z.int().min(0).max(255).meta({ description });
}

export function port(description: string) {
  return text('the path of a port', /^\/./, '/dev/ttyACM0', description);
}

export function baudRate(usual: 9600 | 115200 | 921600) {
  const rates = [9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600] as const;
  return z.literal(rates).meta({ description: 'Baud rate.' }).prefault(usual);
}

/** A text that a pattern describes; `what` completes "is not …". */
export function text(what: string, pattern: RegExp, example: string, description: string) {
  return z
    .string()
    .regex(pattern, { abort: true, error: objection({ rule: `is not ${what}`, fix: `Write for example ${example}.` }) })
    .meta({ description, example });
}

/** Names of signals, detectors and actuators: keys of maps, and parts of MQTT topics. */
export const partName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, {
  error: objection({ rule: 'is no name', fix: 'Use letters, digits, - and _, starting with a letter.' }),
});

/** A file or folder. A relative one starts at the folder of the file that names it. */
export function path(example: string, description: string) {
  return z.string().min(1).meta({ description, example, path: true });
}

/** Something that comes with axond, by its name, or a file as `path` has it. */
export function nameOrPath(example: string, description: string) {
  return z.string().min(1).meta({ description, example, nameOrPath: true });
}

/** Keys of a part of the user's own: `use` is the path of its file, absolute or from the folder of the configuration. */
export function moduleKeys(what: string, example: string) {
  return {
    use: z
      .string()
      .regex(/^\.{0,2}\/.*\.m?js$/, {
        abort: true,
        error: objection({ rule: 'is neither a built-in part nor a module', fix: `Write for example ${example}.` }),
      })
      .meta({ description: `File that exports create(options), which returns ${what}.`, example, path: true }),
    options: z
      .record(z.string(), z.unknown())
      .meta({ description: 'Passed to create() as they are: plain YAML values.' })
      .prefault({}),
  };
}
