import { Command } from 'commander';
import { budgetCommand } from './setup-budget.js';
import { setupBridgeCommand } from './setup-bridge.js';
import { setupSoundCommand } from './setup-sound.js';
import { setupTimingCommand } from './setup-timing.js';

export function setupCommand(): Command {
  return new Command('setup')
    .description('Measure and adjust what stimulates, before a study')
    .addCommand(setupSoundCommand())
    .addCommand(setupTimingCommand())
    .addCommand(setupBridgeCommand())
    .addCommand(budgetCommand());
}
