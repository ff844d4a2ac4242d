import { Command } from 'commander';
import { evalGateCommand } from './eval-gate.js';
import { evalPhaseCommand } from './eval-phase.js';
import { evalSpindlesCommand } from './eval-spindles.js';

/** One file a sub-verb. */
export function evalCommand(): Command {
  return new Command('eval')
    .description('Score what axond detects against the marks of experts')
    .helpCommand(false)
    .addCommand(evalSpindlesCommand())
    .addCommand(evalGateCommand())
    .addCommand(evalPhaseCommand());
}
