import { Command, CommanderError } from 'commander';
import { ConfigurationError } from '../config/load.js';
import { benchCommand } from './bench.js';
import { checkCommand } from './check.js';
import { armCommand, disarmCommand, markCommand, silenceCommand, statusCommand } from './control.js';
import { demoCommand } from './demo.js';
import { emulateCommand } from './emulate.js';
import { evalCommand } from './eval.js';
import { helpCommand } from './help.js';
import { modelCommand } from './model.js';
import { Failure, UsageError } from './output.js';
import { recordingCommand } from './recording.js';
import { replayCommand } from './replay.js';
import { runCommand } from './run.js';
import { studyCommand } from './study.js';
import { axondVersion } from './version.js';

const program = new Command('axond')
  .description(
    'Edge runtime for brain-computer interfaces: reads EEG, decides, stimulates through a safety gate, records.',
  )
  .version(axondVersion)
  .helpCommand(false)
  .configureHelp({ sortSubcommands: false })
  .addHelpText(
    'after',
    '\nStart with:  axond demo   (no hardware needed)\nExit codes:  0 done, 1 failed, 2 wrong usage or configuration',
  );
for (const command of [
  demoCommand(),
  runCommand(),
  statusCommand(),
  armCommand(),
  disarmCommand(),
  silenceCommand(),
  markCommand(),
  replayCommand(),
  recordingCommand(),
  studyCommand(),
  checkCommand(),
  modelCommand(),
  emulateCommand(),
  evalCommand(),
  benchCommand(),
  helpCommand(),
]) {
  program.addCommand(command);
}
refuseByException(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigurationError || error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const known = error instanceof Failure || process.env['AXOND_LOG'] !== 'debug';
  process.stderr.write(`${known && error instanceof Error ? error.message : String((error as Error).stack)}\n`);
  return 1;
}

function refuseByException(command: Command): void {
  command.exitOverride();
  for (const sub of command.commands) refuseByException(sub);
}
