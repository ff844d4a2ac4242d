import { Command } from 'commander';
import { importedFormats } from '../../models/import/import-file.js';
import { editorSchema } from '../config/editor-schema.js';
import { nearestName } from '../config/fault.js';
import { alternativesOf } from '../config/keys.js';
import { otherAmplifiers } from '../config/other-amplifiers.js';
import { phasePatents } from '../config/patents.js';
import { presetNames } from '../config/presets.js';
import { keyReference, sectionNames } from '../config/reference.js';
import { hardLimits } from '../guardian/actuators.js';
import { UsageError, print } from './output.js';

export function helpCommand(): Command {
  return new Command('help')
    .description(
      'Configuration keys, drivers, models, exit codes, or a verb: axond help config|drivers|models|exit-codes|VERB',
    )
    .argument('[topic]', 'config, drivers, models, exit-codes or a verb')
    .argument('[section]', 'with config: only this section, such as gate')
    .option('--json-schema', 'with config: the JSON Schema that editors check and complete configurations with')
    .addHelpText('after', '\nExample:  axond help config gate')
    .action((topic: string | undefined, section: string | undefined, options: { jsonSchema?: true }, self: Command) => {
      if (topic === 'config')
        print(...(options.jsonSchema ? [JSON.stringify(editorSchema(), null, 2)] : config(section)));
      else if (topic === 'drivers') print(...drivers());
      else if (topic === 'models') print(...models());
      else if (topic === 'exit-codes') print(...exitCodes);
      else verb(topic, self.parent ?? self);
    });
}

function verb(topic: string | undefined, program: Command): void {
  const wanted = topic === undefined ? program : program.commands.find((command) => command.name() === topic);
  if (wanted) {
    wanted.outputHelp();
    return;
  }
  const topics = ['config', 'drivers', 'models', 'exit-codes', ...program.commands.map((command) => command.name())];
  const nearest = nearestName(topic ?? '', topics);
  throw new UsageError(
    `help: there is no topic ${topic ?? ''}. ${nearest ? `Did you mean ${nearest}?` : `There are ${topics.join(', ')}.`}`,
  );
}

function config(section: string | undefined): string[] {
  const keys = keyReference(section);
  if (!keys) {
    const nearest = nearestName(section ?? '', sectionNames());
    const fix = nearest ? `Did you mean ${nearest}?` : `There are ${sectionNames().join(', ')}.`;
    throw new UsageError(`help config: there is no section ${section ?? ''}. ${fix}`);
  }
  if (section === 'policy') return [...keys, '', ...phasePatents];
  if (section !== undefined) return keys;
  return [...configurationRules(), '', ...keys];
}

function configurationRules(): string[] {
  return [
    'A configuration is YAML: --config device.yaml protocol.yaml, what the box is and what a study does.',
    'Later files merge over earlier ones. Maps merge key by key; lists and values are replaced; a map',
    'with another `use` is another part and replaces too; a key without a value removes what was there.',
    '',
    `Presets (--preset NAME, or preset: NAME as first key): ${presetNames().join(', ')}.`,
    'Any key on the command line: --set gate.perMinute=3, --set signals.trace.stages.0.to=30Hz.',
    'Every quantity carries its unit: 1.5s, 50ms, 0.3Hz, 500uV. Relative paths start at the folder of',
    'the file that names them; on the command line and in presets, where axond is started.',
    'Editors check and complete as you write, with this first line in the file:',
    '  # yaml-language-server: $schema=axond.schema.json',
    'and the schema beside it:  axond help config --json-schema > axond.schema.json',
  ];
}

function drivers(): string[] {
  const rows = (section: 'source' | 'actuators'): string[] =>
    alternativesOf(section).map(({ use, title }) => `  ${use.padEnd(15)} ${title}`);
  const limits = Object.entries(hardLimits).map(
    ([use, { intervalUs, durationUs, perMinute, perHour, perNight }]) =>
      `  ${use.padEnd(15)} every ${intervalUs / 1e6}s, ${durationUs / 1e6}s long, ${perMinute} a minute, ${perHour} an hour, ${perNight} a night`,
  );
  return [
    'Amplifiers: source: { use: … }',
    ...rows('source'),
    ...[...otherAmplifiers].map(([use, what]) => `  ${use.padEnd(15)} ${what}`),
    '',
    'Files: axond replay FILE, axond emulate cyton --from FILE; plain or gzipped, told by their content',
    '  EDF, EDF+       continuous and interrupted, with annotations',
    '  OpenBCI text    as the OpenBCI GUI writes it',
    '  Portiloop CSV   its raw channels',
    '  a column        one number a line; --rate says its sampling rate',
    '',
    'Actuators: actuators: { NAME: { use: … } }',
    ...rows('actuators'),
    '',
    'Hard limits of an actuator kind, which no configuration can raise: at most',
    ...limits,
    '',
    'Keys of each: axond help config source, axond help config actuators',
  ];
}

function models(): string[] {
  return [
    'Files that axond model inspect, run and import read, told by their content',
    ...importedFormats().map((title) => `  ${title}`),
    '',
    'Options of all that read one, and of axond check',
    '  --dt 1ms             length of a tick, where time constants need one and the file does not tell',
    '  --integrator NAME    euler, zoh (exact for an input that holds for a tick), or subtract (reset by subtraction)',
    '  --architecture FILE  YAML with the layers that weights without a graph belong to: models/import/README.md',
    '',
    'Input of axond model run, as JSON: an object of values by input name, nested or flat, or a list of such, one a',
    'tick; where there is one input its values alone will do. Codes are given as codes, spikes as whole numbers.',
    'What an import took for granted is kept in the file: axond model inspect FILE.',
  ];
}

const exitCodes = [
  '0   done',
  '1   failed, with the reason on standard error',
  '2   wrong usage or configuration; nothing was started. One line a fault, for example',
  '    protocol.yaml:9:31 gate.perHour: 9000 is above 1200 (hard limit of light). Use 1200 or less.',
];
