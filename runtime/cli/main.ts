import { Command } from 'commander';
import { ConfigurationError } from '../config/load.js';
import { benchCommand } from './bench.js';
import { checkCommand } from './check.js';
import { armCommand, disarmCommand, markCommand, statusCommand } from './control.js';
import { demoCommand } from './demo.js';
import { emulateCommand } from './emulate.js';
import { evalCommand } from './eval.js';
import { execute } from './execute.js';
import { explainCommand } from './explain.js';
import { helpCommand } from './help.js';
import { modelCommand } from './model.js';
import { recordingCommand } from './recording.js';
import { replayCommand } from './replay.js';
import { runCommand } from './run.js';
import { setupCommand } from './setup.js';
import { silenceCommand } from './silence.js';
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
  setupCommand(),
  demoCommand(),
  runCommand(),
  statusCommand(),
  armCommand(),
  disarmCommand(),
  silenceCommand(),
  markCommand(),
  replayCommand(),
  recordingCommand(),
  explainCommand(),
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
await execute(program, ConfigurationError);
