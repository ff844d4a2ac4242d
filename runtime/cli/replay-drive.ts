import { ModelError } from '../../models/format/model-error.js';
import type { PlaceRunPlan } from '../config/compile-place.js';
import { mapsOfRecording, placeLoop } from '../place/open-map.js';
import { kindOf } from '../place/picture-options.js';
import type { Recording } from '../recording/read.js';
import { replayPlaces } from '../replay/place-recording.js';
import { Failure, print, printJson } from './output.js';

/** The place loop again over the pictures of a recording, from the map that it began with. */
export function replayDrive(recording: Recording, { place, source }: PlaceRunPlan, json: boolean): void {
  const maps = namingMap(recording.path, () => mapsOfRecording(recording.maps(), kindOf(source, place.size), place));
  const { loop } = placeLoop(maps, recording.run.continues);
  const { frames, realtimeFactor, differences } = replayPlaces(recording, loop);
  const places = maps.reduce((sum, map) => sum + map.places.length, 0);
  if (json) printJson({ frames, places, realtimeFactor, recording: recording.path, differences });
  else {
    print(
      `frames      ${frames}, ${loop.withoutEvidence} without evidence`,
      `map         ${places} places at the end`,
      `speed       ${realtimeFactor.toFixed(0)} times real time`,
      differences.length === 0
        ? 'compared    every estimate, and every change of the map, is identical'
        : `compared    FIRST DIFFERENCE ${JSON.stringify(differences[0])}`,
    );
  }
  if (differences.length > 0) process.exitCode = 1;
}

function namingMap<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new Failure(
      `${path}: the map that it begins with cannot be read: ${error.message} The axond that recorded it replays it.`,
    );
  }
}
