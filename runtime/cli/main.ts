import { Command } from 'commander';
import { ConfigurationError } from '../config/fault.js';
import { execute } from './execute.js';
import { axondVersion } from './version.js';

/** In the order of the help text. Each is loaded when it is asked for: what stops or asks should not wait for the rest. */
const verbs: Readonly<Record<string, () => Promise<Command>>> = {
  setup: async () => (await import('./setup.js')).setupCommand(),
  demo: async () => (await import('./demo.js')).demoCommand(),
  run: async () => (await import('./run.js')).runCommand(),
  night: async () => (await import('./night.js')).nightCommand(),
  status: async () => (await import('./control.js')).statusCommand(),
  arm: async () => (await import('./control.js')).armCommand(),
  disarm: async () => (await import('./control.js')).disarmCommand(),
  silence: async () => (await import('./silence.js')).silenceCommand(),
  acknowledge: async () => (await import('./control.js')).acknowledgeCommand(),
  mark: async () => (await import('./control.js')).markCommand(),
  replay: async () => (await import('./replay.js')).replayCommand(),
  recording: async () => (await import('./recording.js')).recordingCommand(),
  explain: async () => (await import('./explain.js')).explainCommand(),
  study: async () => (await import('./study.js')).studyCommand(),
  check: async () => (await import('./check.js')).checkCommand(),
  model: async () => (await import('./model.js')).modelCommand(),
  place: async () => (await import('./place.js')).placeCommand(),
  emulate: async () => (await import('./emulate.js')).emulateCommand(),
  eval: async () => (await import('./eval.js')).evalCommand(),
  bench: async () => (await import('./bench.js')).benchCommand(),
  help: async () => (await import('./help.js')).helpCommand(),
};

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
// Help tells of them all.
const asked = Object.entries(verbs).filter(([verb]) => verb === process.argv[2] && verb !== 'help');
for (const [, load] of asked.length > 0 ? asked : Object.entries(verbs)) program.addCommand(await load());
await execute(program, ConfigurationError);
