import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { monotonicUs } from '../monotonic.js';
import type { RestCall } from './night.js';

/**
 * A call for rest, left in the folder of a device's sockets by whoever silences, disarms or marks an adverse event: where
 * no run is there to hear it, the next one finds it and does not arm by itself (SAFETY.md R-51).
 */

/** Throws as the file system does; ENOENT where nothing of that device has run since this machine was started. */
export function leaveRestCall(folder: string, boot: string): void {
  const call: RestCall = { us: monotonicUs(), boot };
  const whole = join(folder, `${fileName}.${process.pid}`);
  // A run never reads half of one.
  writeFileSync(whole, `${JSON.stringify(call)}\n`);
  // Also root leaves one for the user of the service, whatever its umask.
  chmodSync(whole, 0o644);
  renameSync(whole, join(folder, fileName));
}

/** The last one. One that cannot be read counts as of this moment. */
export function readRestCall(folder: string, boot: string): RestCall | undefined {
  try {
    return restCall.parse(JSON.parse(readFileSync(join(folder, fileName), 'utf8')));
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isAbsent ? undefined : { us: Infinity, boot };
  }
}

const restCall = z.strictObject({ us: z.number(), boot: z.string() });
const fileName = 'rest-call';
