import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { silenceGuardian } from '../guardian/silence.js';
import { placesOf } from '../supervisor/places.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { deviceOf, targeted, type Target } from './target.js';

/** In a file of its own with few imports: whoever asks for silence does not wait until all of axond is loaded. */
export function silenceCommand(): Command {
  return targeted(
    new Command('silence').description('Bring every actuator to rest now, past the core, by the guardian itself'),
  )
    .addHelpText('after', '\nExample:  axond silence --device bedside-1')
    .action(async (target: Target) => {
      const { device, answer } = await silenced(target).catch(async (error: unknown) => {
        if (error instanceof UsageError) throw error;
        const { callForRest } = await import('./rest-call.js');
        // Before the run is asked: one that cannot answer yet finds it.
        const left = await callForRest(target);
        throw new Failure(
          `${error instanceof Error ? error.message : String(error)}${(await disarms(target)) || left}`,
        );
      });
      if (target.json) printJson({ answer });
      else print(`Guardian${device}: ${answer}`);
      // Another one that does not run may be meant; and one whose guardian heard it may die before it has written so.
      const { callForRest } = await import('./rest-call.js');
      await callForRest(target);
    });
}

/** `device`: which it was, where a name says so. */
async function silenced(target: Target): Promise<{ readonly device: string; readonly answer: string }> {
  if (target.socket !== undefined) return { device: '', answer: await silenceGuardian(target.socket) };
  const name = await deviceOf(target);
  return { device: ` of ${name}`, answer: await silenceGuardian(placesOf(name).silence) };
}

/** A guardian that is just being started would be armed a moment later, by whoever asks for that or by the run itself. */
async function disarms(target: Target): Promise<string> {
  const { askControl } = await import('../supervisor/control-socket.js');
  try {
    const control = target.socket
      ? join(dirname(target.socket), 'control.sock')
      : placesOf(await deviceOf(target)).control;
    return (await askControl(control, { verb: 'disarm' })).ok ? ' Its run is disarmed.' : '';
  } catch {
    return '';
  }
}
