import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from './output.js';

/** A recording as it is given, or by its name. */
export function recordingPath(given: string): string {
  if (existsSync(given)) return given;
  const named = join('recordings', `${given}.db`);
  if (existsSync(named)) return named;
  throw new UsageError(`${given}: there is no such file, and no ${named}.`);
}

/** Of those who read it: the recording carries its configuration. */
export function timeZoneOf(configuration: string): string {
  const read = z.object({ device: z.object({ timeZone: z.string() }) }).safeParse(parse(configuration));
  return read.success ? read.data.device.timeZone : 'UTC';
}
