import { Command } from 'commander';
import { budgetCommand } from './setup-budget.js';
import { setupBridgeCommand } from './setup-bridge.js';
import { setupImpedanceCommand } from './setup-impedance.js';
import { setupSoundCommand } from './setup-sound.js';
import { setupTimingCommand } from './setup-timing.js';

export function setupCommand(): Command {
  return new Command('setup')
    .description('Alone: a guided first configuration. With a word: measure and adjust what stimulates, before a study')
    .addHelpText('after', '\nExample:  axond setup')
    .action(async () => (await import('./guide.js')).guide())
    .addCommand(setupImpedanceCommand())
    .addCommand(setupSoundCommand())
    .addCommand(setupTimingCommand())
    .addCommand(setupBridgeCommand())
    .addCommand(budgetCommand());
}
