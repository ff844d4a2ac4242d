import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { leaveRestCall } from '../study/rest-call.js';
import { foldersOfDevices, placesOf, runningDevices } from '../supervisor/places.js';
import { readBootId } from '../supervisor/run-file.js';
import type { Target } from './target.js';

/**
 * Leaves a call for rest where the next run of those that are meant finds it; where none is named, of all that do not run,
 * too. Returns what to say of it where nobody hears the call itself: which runs will, and of which that is not known.
 */
export async function callForRest(target: Target): Promise<string> {
  const left: string[] = [];
  const failed: string[] = [];
  for (const folder of await foldersOf(target)) {
    try {
      leaveRestCall(folder, readBootId());
      left.push(folder);
    } catch (error) {
      failed.push(error instanceof Error ? error.message : String(error));
    }
  }
  const heard = left.length === 0 ? '' : ` A run that begins now in ${left.join(', ')} does not arm by itself.`;
  const unheard = failed.map((why) => ` For the next run it could not be left (${why}): ask until one answers.`);
  return heard + unheard.join('');
}

async function foldersOf({ socket, device }: Target): Promise<string[]> {
  if (socket !== undefined) return isOfDevice(resolve(socket)) ? [dirname(resolve(socket))] : [];
  if (device !== undefined) return [placesOf(device).folder].filter((folder) => existsSync(folder));
  // Of several that run, whoever asks has to name one first.
  return (await runningDevices()).length > 1 ? [] : foldersOfDevices();
}

/** A path that somebody has mistyped is of none. */
function isOfDevice(socket: string): boolean {
  const { control, silence, folder } = placesOf(basename(dirname(socket)));
  return existsSync(socket) || ([control, silence].includes(socket) && existsSync(folder));
}
