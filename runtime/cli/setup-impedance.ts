import { Command } from 'commander';
import { writeAtomically } from '../../models/write-atomically.js';
import { createDevice, withTestCurrent } from '../../drivers/devices.js';
import { loadConfiguration } from '../config/load.js';
import type { SourcePlan } from '../config/source.js';
import { measureImpedance, type ImpedanceOptions } from '../impedance/measure.js';
import { runningDevices } from '../supervisor/places.js';
import { refuseInTheNight } from './lights-off.js';
import { wholeFrom, wholeNumber } from './options.js';
import { Failure, UsageError, print, printJson } from './output.js';

interface SetupImpedanceOptions {
  config: string[];
  set?: string[];
  electrodes?: string[];
  windows: number;
  watch?: true;
  series?: number;
  out?: string;
  json?: true;
}

export function setupImpedanceCommand(): Command {
  return new Command('impedance')
    .description(
      'How well each electrode sits: its impedance, by the test current of the amplifier, which is off and seen to be off at the end',
    )
    .requiredOption('--config <FILE...>', 'configuration files; later ones win')
    .option('--set <KEY=VALUE...>', 'override a key of the configuration')
    .option('--electrodes <NAME...>', 'only these (default: all that source.electrodes names)')
    .option('--windows <N>', 'how many seconds are measured', wholeNumber, 4)
    .option('--watch', 'measure until Ctrl-C, a line a second: for who sets electrodes')
    .option(
      '--series <OHM>',
      'resistors between plug and chip (default: 2200 on a Cyton, 0 on an ADS1299; 4990 on a Portiloop)',
      wholeFrom(0),
    )
    .option('--out <FILE>', 'keep the figures, with their time')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond setup impedance --config device.yaml --watch')
    .action(setupImpedance);
}

async function setupImpedance(given: SetupImpedanceOptions): Promise<void> {
  const { config, set = [], windows, watch, out, json } = given;
  const { configuration } = loadConfiguration({ files: config, sets: set });
  const { source } = configuration;
  if (!source || !('device' in source) || !withTestCurrent(source.device, []))
    throw new UsageError(`source: ${source?.use ?? 'none'} measures no impedance. A cyton and an ads1299 do.`);
  const electrodes = electrodesOf(source, given.electrodes);
  const { name } = configuration.device;
  await refuseInTheNight('setup impedance', configuration.device);
  if ((await runningDevices()).includes(name))
    throw new Failure(`axond runs as ${name}. End it first: no test current flows while something may fire.`);
  const options: ImpedanceOptions = {
    ...{ device: source.device, port: source.port, baudRate: source.baudRate, electrodes },
    seriesOhms: given.series ?? seriesOhmsOf(source),
    windows: watch ? Infinity : windows,
  };
  let over = false;
  const end = (): void => void (over = true);
  process.once('SIGINT', end).once('SIGTERM', end);
  let result;
  try {
    result = await measureImpedance(options, {
      notice: (text) => text !== '' && process.stderr.write(`${text}\n`),
      measured: (ohms) => watch && print(electrodes.map((one, place) => `${one} ${textOf(ohms[place])}`).join('   ')),
      isOver: () => over,
    });
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
  const { ohms, stillOn } = result;
  const judged = judgeElectrodes(electrodes, ohms);
  const found = judged.map(({ electrode, ohms, is }) => ({ electrode, ohms, is }));
  const measured = new Date().toISOString();
  const file = { axondImpedance: 1, measured, device: name, electrodes: found };
  if (out !== undefined) writeAtomically(out, Buffer.from(`${JSON.stringify(file, undefined, 2)}\n`));
  if (json) printJson({ ok: stillOn.length === 0, ...file, stillOn, out: out ?? null });
  else {
    for (const { electrode, text, is } of judged) print(`${electrode.padEnd(8)} ${text.padStart(10)}  ${is}`);
    if (ohms.length > 0 && noCurrent(judged) !== '') print(noCurrent(judged));
    print(stillOn.length === 0 ? 'The test current is off.' : stillOnText(stillOn));
  }
  if (stillOn.length > 0) process.exitCode = 1;
}

/** Those that are used, or of them the ones that were named. */
export function electrodesOf({ device }: SourcePlan, wanted?: readonly string[]): readonly string[] {
  if (!('electrodes' in device.options)) return [];
  const { electrodes, off } = device.options;
  const named = Object.keys(electrodes);
  const channels = createDevice(device).info.channels.filter(({ unit }) => unit === 'uV');
  const all = channels.filter((_, place) => !off.includes(place + 1)).map(({ name }) => name);
  for (const name of wanted ?? []) {
    if (!all.includes(name)) throw new UsageError(`--electrodes: ${name} is none. Use ${all.join(', ')}.`);
  }
  return wanted ?? (named.length > 0 ? named : all);
}

/** Resistors between plug and chip. */
export function seriesOhmsOf({ device }: SourcePlan): number {
  return device.use === 'cyton' ? 2200 : 0;
}

export interface JudgedElectrode {
  readonly electrode: string;
  /** Null where it is open, or unknown because no test current was heard. */
  readonly ohms: number | null;
  readonly is: ReturnType<typeof judge>;
  readonly text: string;
}

/** Both in the same order. */
export function judgeElectrodes(electrodes: readonly string[], ohms: readonly number[]): JudgedElectrode[] {
  return electrodes.map((electrode, place) => {
    const value = ohms[place] ?? NaN;
    return {
      electrode,
      ohms: Number.isFinite(value) ? Math.round(value) : null,
      is: judge(value),
      text: textOf(ohms[place]),
    };
  });
}

/** What to look at where the current does not flow; empty where it does. */
export function noCurrent(judged: readonly JudgedElectrode[]): string {
  const names = judged.filter(({ is }) => is === 'unknown').map(({ electrode }) => electrode);
  return names.length === 0
    ? ''
    : `No test current was seen on ${names.join(', ')}: is the channel on? On a Cyton: is its firmware V3?`;
}

/** Of wet electrodes, as OpenBCI's programs judge them. */
function judge(ohms: number): 'good' | 'fair' | 'high' | 'open' | 'unknown' {
  if (Number.isNaN(ohms)) return 'unknown';
  if (ohms > openOhms) return 'open';
  if (ohms <= 5e3) return 'good';
  return ohms <= 10e3 ? 'fair' : 'high';
}

function textOf(ohms: number | undefined): string {
  if (ohms === undefined) return '?';
  if (Number.isNaN(ohms)) return 'no current';
  return ohms > openOhms ? 'open' : `${(ohms / 1e3).toFixed(1)} kΩ`;
}

const stillOnText = (names: readonly string[]): string =>
  `FAULT    a tone of 31 Hz is still on ${names.join(', ')} after the test current was switched off. Switch the amplifier off and on.`;

/** No electrode on a head has as much. */
const openOhms = 1e6;
