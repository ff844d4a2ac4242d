import { Command } from 'commander';
import { initials } from '../link/bed.js';
import { evening } from './night-evening.js';
import { longestReason, morning } from './night-morning.js';
import { wholeNumber } from './options.js';
import { UsageError } from './output.js';

interface NightCommandOptions {
  night?: number;
  config?: string[];
  set?: string[];
  by?: string;
  continue?: true;
  lightsOn?: true;
  lost?: string;
  device?: string;
  json?: true;
}

export function nightCommand(): Command {
  return new Command('night')
    .description('The evening of a night of a study, step by step at the bedside; with --lights-on its end')
    .argument('[participant]', 'their code, such as P017')
    .option('--night <N>', 'which of their nights', wholeNumber)
    .option('--config <FILE...>', 'configuration files; later ones win')
    .option('--set <KEY=VALUE...>', 'override a key of the configuration')
    .option('--by <INITIALS>', 'who is at the bedside: two to five letters')
    .option('--continue', 'go on with a night that another run has armed')
    .option('--lights-on', 'disarm, end the run, check what it recorded, and close the night')
    .option('--lost <REASON>', 'with --lights-on: the night is given up, and why')
    .option('--device <NAME>', 'with --lights-on: whose run to end; not needed where only one runs')
    .option('--json', 'with --lights-on: one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nEvery step and its result stand in the log of the night. Ctrl-C at any time leaves nothing armed.' +
        '\nExamples: axond night P017 --night 3 --config device.yaml protocol.yaml --by AM' +
        '\n          axond night --lights-on --by AM' +
        '\n          axond night --lights-on --by AM --device bed-2   # where several run on one machine' +
        '\n          axond night --lights-on --by AM --lost "the electrode broke"' +
        '\n          axond night P017 --night 3 --config device.yaml protocol.yaml --lights-on   # where the run is gone',
    )
    .action(async (participant: string | undefined, options: NightCommandOptions) => {
      const { night, config, set = [], by = '', lightsOn, lost, device } = options;
      const fault = by === '' ? undefined : initials.safeParse(by).error?.issues[0]?.message;
      if (fault !== undefined) throw new UsageError(`--${fault}.`);
      if (lost !== undefined) checkReason(lost, lightsOn === true);
      if (device !== undefined && (!lightsOn || config))
        throw new UsageError('night: --device belongs to --lights-on; a configuration names its own.');
      const named =
        participant === undefined || night === undefined || !config
          ? undefined
          : { participant, night, files: config, sets: set };
      if (lightsOn) {
        if (!named && (participant !== undefined || night !== undefined || config))
          throw new UsageError(
            'night: --lights-on takes no more than --by, --lost and --device, or a code with --night and --config.',
          );
        await morning(named, device, { by, lost: lost?.trim() ?? '' }, options.json === true);
      } else if (named) await evening(named, by, options.continue === true);
      else throw new UsageError('night: whose? Write axond night P017 --night 3 --config device.yaml protocol.yaml.');
    });
}

function checkReason(lost: string, lightsOn: boolean): void {
  if (!lightsOn) throw new UsageError('night: --lost belongs to --lights-on.');
  if (lost.trim() === '') throw new UsageError('night: --lost: say why, for example --lost "the electrode broke".');
  if (lost.length > longestReason)
    throw new UsageError(`night: --lost: a reason of ${lost.length} letters is longer than ${longestReason}.`);
}
