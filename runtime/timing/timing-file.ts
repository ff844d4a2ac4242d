import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DevicePlan } from '../../drivers/devices.js';
import type { OutputTiming } from '../contracts.js';
import type { ActuatorPlan } from '../guardian/actuators.js';

/** What `axond setup timing` keeps, and what it holds for: another output or another amplifier has another delay. */

const us = z.number();
const count = z.int().min(0);

const measuredWith = z.strictObject({
  output: z.strictObject({ use: z.string(), port: z.string() }),
  input: z.strictObject({ use: z.string(), rate: z.number().positive(), gain: z.number().positive() }),
});
export type MeasuredWith = z.infer<typeof measuredWith>;

export const timingFile = z.strictObject({
  axondTiming: z.literal(1),
  measured: z.iso.datetime(),
  ...measuredWith.shape,
  /** Electrode into which the output was looped. */
  channel: z.string(),
  timing: z.strictObject({
    fired: count,
    found: count,
    missing: count,
    double: count,
    delayUs: z.strictObject({ median: us, sd: us.min(0), mad: us.min(0), p95: us }),
    within95Us: us.min(0),
    driftPpm: z.number(),
  }),
});
export type TimingFile = z.infer<typeof timingFile>;

export function measuredWithOf(actuator: ActuatorPlan, source: DevicePlan): MeasuredWith {
  return {
    output: { use: actuator.use, port: portOf(actuator) },
    input: { use: source.use, rate: source.options.rate, gain: 'gain' in source.options ? source.options.gain : 1 },
  };
}

function portOf(actuator: ActuatorPlan): string {
  switch (actuator.use) {
    case 'virtual':
      return 'none';
    case 'gpio':
      return `${actuator.chip ?? 'header'} ${actuator.lines.join(' ')}`;
    case 'lan-trigger':
      return `${actuator.address}:${actuator.port}`;
    case 'audio':
      return `${actuator.card}, ${actuator.periodFrames} frames at ${actuator.rate} Hz`;
    case 'serial-trigger':
    case 'bench':
    case 'bridge':
      return actuator.port;
  }
}

/** Throws one line that names the file and the fix. */
export function readTimingFile(path: string): TimingFile {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const missing = typeof error === 'object' && error !== null && 'code' in error;
    throw new Error(`${path}: ${missing ? 'cannot be read' : 'is no JSON'}. ${measureAnew}`, { cause: error });
  }
  const parsed = timingFile.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.') || 'file'}: ${issue.message})`;
  throw new Error(`${path}: is no timing of axond${where}. ${measureAnew}`);
}

/** Why a timing does not hold for what is configured now, one line each; none if it does. */
export function timingFaults(path: string, { output, input }: TimingFile, now: MeasuredWith): string[] {
  const compared: [what: string, then: string | number, now: string | number][] = [
    ['driver', output.use, now.output.use],
    ['card or port', output.port, now.output.port],
    ['source', input.use, now.input.use],
    ['rate', `${input.rate}Hz`, `${now.input.rate}Hz`],
    ['gain', input.gain, now.input.gain],
  ];
  return compared
    .filter(([, then, current]) => then !== current)
    .map(
      ([what, then, current]) => `${path}: was measured with ${what} ${then}, here it is ${current}. ${measureAnew}`,
    );
}

export interface ConfiguredTiming {
  /** Absent without a file, and where it does not hold. */
  readonly timing?: OutputTiming;
  readonly faults: readonly string[];
}

/** Of the file that the configuration names, if it names one. Never throws. */
export function configuredTiming(path: string | undefined, now: MeasuredWith): ConfiguredTiming {
  if (path === undefined) return { faults: [] };
  try {
    const file = readTimingFile(path);
    const faults = timingFaults(path, file, now);
    const { delayUs, within95Us } = file.timing;
    return faults.length > 0
      ? { faults }
      : { timing: { measured: file.measured, delayUs: delayUs.median, within95Us }, faults };
  } catch (error) {
    return { faults: [error instanceof Error ? error.message : String(error)] };
  }
}

const measureAnew = 'Measure anew: axond setup timing.';
