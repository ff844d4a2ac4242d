import { Command } from 'commander';
import { silenceGuardian } from '../guardian/silence.js';
import { placesOf } from '../supervisor/places.js';
import { Failure, print, printJson } from './output.js';
import { deviceOf, targeted, type Target } from './target.js';

/** In a file of its own with few imports: whoever asks for silence does not wait until all of axond is loaded. */
export function silenceCommand(): Command {
  return targeted(
    new Command('silence').description('Bring every actuator to rest now, past the core, by the guardian itself'),
  )
    .addHelpText('after', '\nExample:  axond silence --device bedside-1')
    .action(async (target: Target) => {
      const path = target.socket ?? placesOf(await deviceOf(target)).silence;
      const answer = await silenceGuardian(path).catch((error: unknown) => {
        throw new Failure(error instanceof Error ? error.message : String(error));
      });
      if (target.json) printJson({ answer });
      else print(`Guardian: ${answer}`);
    });
}
