import { Command } from 'commander';
import { setupTimingCommand } from './setup-timing.js';

export function setupCommand(): Command {
  return new Command('setup')
    .description('Measure and adjust what stimulates, before a study')
    .addCommand(setupTimingCommand());
}
