import { Command } from 'commander';
import { benchDetectCommand } from './bench-detect.js';
import { benchLoopCommand } from './bench-loop.js';
import { benchSnnCommand } from './bench-snn.js';
import { UsageError } from './output.js';

export function benchCommand(): Command {
  return new Command('bench')
    .description('Measure this machine against a floor and peers in the same run')
    .helpCommand(false)
    .option('--report', 'measure loop, engine and detectors in some four minutes, for a file that can be sent')
    .option('--out <FILE>', 'where --report writes', 'axond-bench.json')
    .addHelpText('after', '\nExample:  axond bench --report --out my-board.json')
    .action(async ({ report, out }: { report?: true; out: string }, command: Command) => {
      if (!report) throw new UsageError(`bench: name what to measure, or --report.\n\n${command.helpInformation()}`);
      const { makeBenchReport } = await import('./bench-report.js');
      await makeBenchReport(out);
    })
    .addCommand(benchDetectCommand())
    .addCommand(benchLoopCommand())
    .addCommand(benchSnnCommand());
}
