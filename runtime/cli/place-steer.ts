import { Argument, Command } from 'commander';
import { placeRequests } from '../contracts.js';
import { ask } from './control.js';
import { wholeFrom } from './options.js';
import { print, printJson } from './output.js';
import { targeted, type Target } from './target.js';

interface SteerOptions extends Target {
  place?: number;
  label?: string;
  map?: string;
}

/** Of a running axond, over its control socket; the same requests come over MQTT. */
export function steerCommand(): Command {
  const steer = new Command('steer').description(
    'Tell a running axond to learn, match or pause, to label or forget a place, or which map it is on',
  );
  return targeted(steer)
    .addArgument(new Argument('<request>', 'what to do').choices(placeRequests))
    .option('--place <N>', 'number of the place to label or forget (default: where the robot is)', wholeFrom(0))
    .option('--label <TEXT>', 'what the place is called')
    .option('--map <FILE>', 'of the maps of the run, the one that the robot is on')
    .addHelpText('after', '\nExample:  axond place steer label --label kitchen')
    .action(async (request: (typeof placeRequests)[number], { place, label, map, ...target }: SteerOptions) => {
      const value = await ask(target, {
        verb: 'place',
        request,
        ...(place === undefined ? {} : { place }),
        ...(label === undefined ? {} : { label }),
        ...(map === undefined ? {} : { map }),
      });
      if (target.json) printJson(value);
      else print(`Done: ${request}.`);
    });
}
