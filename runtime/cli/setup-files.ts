import { isChip, type Choices } from './setup-guide.js';

/** The two files that the guide writes. `preset` is the text of the task's preset, comments and all; it is kept. Pure. */
export function configurationFiles(choices: Choices, preset: string): { device: string; protocol: string } {
  return { device: deviceFile(choices), protocol: protocolFile(choices, preset) };
}

function deviceFile(choices: Choices): string {
  const { name, port, dataReady, electrodes, timeZone, folder } = choices;
  const used = new Set(Object.values(electrodes));
  const off = [1, 2, 3, 4, 5, 6, 7, 8].filter((input) => !used.has(input));
  const inputs = Object.entries(electrodes).map(([electrode, input]) => `    ${electrode}: ${input}`);
  // The service may write nowhere else; elsewhere a relative path starts at the folder of this file.
  const record = folder === '/etc/axond' ? '/var/lib/axond' : 'recordings';
  return [
    '# What this box is, as axond setup was told. axond help config documents every key.',
    'device:',
    `  name: ${name}`,
    `  timeZone: ${timeZone}`,
    `  record: ${record}`,
    '',
    'source:',
    `  use: ${isChip(choices) ? 'ads1299' : 'cyton'}`,
    `  port: ${JSON.stringify(port)}`,
    ...(isChip(choices) ? [`  dataReady: ${dataReady} # GPIO line of its data-ready pin`] : []),
    '  gain: 24 # the most sensitive of 1, 2, 4, 6, 8, 12, 24: for EEG',
    '  electrodes: # what is plugged into which input of the board',
    ...inputs,
    ...(off.length === 0 ? [] : [`  off: [${off.join(', ')}] # inputs with nothing on them pick up noise`]),
    '',
  ].join('\n');
}

/** From the signals on: source and port are the box's. */
function protocolFile({ active, reference, mains, task }: Choices, preset: string): string {
  const signals = preset.slice(preset.indexOf('\nsignals:') + 1);
  const name = active.toLowerCase();
  const derived = `${active} - ${reference}`;
  const renamed = signals.replace(new RegExp(`\\b${task.signal}\\b`, 'g'), name);
  const text =
    task.from === ''
      ? renamed.replace(new RegExp(`^( *${name}:) \\{\\}.*$`, 'm'), `$1 { from: ${derived} }`)
      : renamed.replace(`from: ${task.from}`, `from: ${derived}`);
  return `# What the study does: the preset ${task.name} as it came with axond, for ${derived}.\n${text.replace('at: 50Hz', `at: ${mains}Hz`)}`;
}
