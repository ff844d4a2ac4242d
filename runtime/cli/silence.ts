import { dirname, join } from 'node:path';
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
      const answer = await silenceGuardian(path).catch(async (error: unknown) => {
        const disarmed = await disarms(join(dirname(path), 'control.sock'));
        throw new Failure(`${error instanceof Error ? error.message : String(error)}${disarmed}`);
      });
      if (target.json) printJson({ answer });
      else print(`Guardian: ${answer}`);
    });
}

/** A guardian that is just being started would be armed a moment later, by whoever asks for that or by the run itself. */
async function disarms(control: string): Promise<string> {
  const { askControl } = await import('../supervisor/control-socket.js');
  const answer = await askControl(control, { verb: 'disarm' }).catch(() => undefined);
  return answer?.ok === true ? ' Its run is disarmed.' : '';
}
