import { Command } from 'commander';
import { benchDetectCommand } from './bench-detect.js';
import { benchLoopCommand } from './bench-loop.js';
import { benchSnnCommand } from './bench-snn.js';

export function benchCommand(): Command {
  return new Command('bench')
    .description('Measure this machine against a floor and peers in the same run')
    .helpCommand(false)
    .addCommand(benchDetectCommand())
    .addCommand(benchLoopCommand())
    .addCommand(benchSnnCommand());
}
