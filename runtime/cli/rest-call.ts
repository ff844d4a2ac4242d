import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { foldersOfDevices, placesOf, runningDevices } from '../supervisor/places.js';
import { leaveRestCall } from '../supervisor/rest-call.js';
import type { Target } from './target.js';

/**
 * Leaves a call for rest where the next run of those that are meant finds it; of all where none runs and none is named.
 * Returns what to say of it where nobody hears the call itself.
 */
export async function callForRest({ socket, device }: Target): Promise<string> {
  const named = socket !== undefined ? dirname(socket) : device !== undefined ? placesOf(device).folder : undefined;
  try {
    const folders = named === undefined ? await foldersOfUnnamed() : [named];
    const known = folders.filter((folder) => existsSync(folder));
    known.forEach(leaveRestCall);
    return known.length === 0 ? '' : ' A run that begins now does not arm by itself.';
  } catch (error) {
    return ` Nor could it be left for the next run (${error instanceof Error ? error.message : String(error)}): ask again until one answers.`;
  }
}

async function foldersOfUnnamed(): Promise<string[]> {
  const running = await runningDevices();
  // Of several, whoever asks has to name one first.
  if (running.length > 1) return [];
  return running.length === 1 ? running.map((name) => placesOf(name).folder) : foldersOfDevices();
}
