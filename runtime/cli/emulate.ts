import { Command } from 'commander';
import { CytonEmulator } from '../../drivers/cyton/emulator.js';
import { leastDelayUs, parseLoopbackFaults } from '../../drivers/cyton/loopback.js';
import { openTriggerEar } from '../../drivers/cyton/trigger-ear.js';
import { parseQuantity } from '../config/units.js';
import { emulateAds1299Command } from './emulate-ads1299.js';
import { askedByLines } from './emulate-awake.js';
import { emulateCameraCommand } from './emulate-camera.js';
import { emulateEdvsCommand } from './emulate-edvs.js';
import { emulateImuCommand } from './emulate-imu.js';
import { emulateLslCommand } from './emulate-lsl.js';
import { emulateNeurocorexCommand } from './emulate-neurocorex.js';
import { ohms, openEmulatedSignal, readFaults, untilEnded } from './emulated-signal.js';
import { wholeNumber } from './options.js';
import { UsageError, print, printJson } from './output.js';

interface EmulateOptions {
  from?: string;
  seed: string;
  night?: true;
  awake?: true;
  daisy?: true;
  rate?: number;
  fault?: string[];
  impedance?: number[];
  link?: string;
  loopback?: number;
  delay: string;
  drift?: string;
  loopbackFault?: string[];
  triggerLink?: string;
  json?: true;
}

export function emulateCommand(): Command {
  const cyton = new Command('cyton')
    .description(
      'An OpenBCI Cyton on a pseudo-terminal: the real protocol, a generated sleeper or a recorded file, faults on request',
    )
    .option('--from <FILE>', 'play a recorded signal instead of the sleeper: EDF, OpenBCI text, …')
    .option('--seed <N>', 'seed of sleeper and faults', '1')
    .option('--night', 'a whole realistic night instead of a sleeper who is already in N2')
    .option(
      '--awake',
      'somebody who lies awake, and does what a letter and Enter say; with --night, such a night after',
    )
    .option('--daisy', '16 channels at 125 Hz')
    .option('--rate <HZ>', 'packets a second at the start: 250, 500 or 1000', Number)
    .option(
      '--fault <SPEC...>',
      'drop:0.01, duplicate:0.01, corrupt:0.01, garbage:0.01, burst:16ms, drift:1320ppm, stall:5s@30s+60s, unplug:1s@60s, power-off:3s@40s',
    )
    .option(
      '--impedance <KILOOHM...>',
      'of the electrodes, channel by channel, as axond setup impedance finds them',
      ohms,
    )
    .option('--link <PATH>', 'a symbolic link to the terminal, there for as long as it is plugged in')
    .option(
      '--loopback <CHANNEL>',
      'a second terminal takes the bytes of a serial trigger; each puts a pulse into this input',
      wholeNumber,
    )
    .option('--delay <TIME>', 'with --loopback: from byte to pulse', '37.5ms')
    .option('--drift <PPM>', 'the clock of the board is faster by this: 40ppm, same as --fault drift:40ppm')
    .option(
      '--loopback-fault <SPEC...>',
      'with --loopback: wrong-channel, clipping, silence, missing:0.05, double:0.05',
    )
    .option('--trigger-link <PATH>', 'with --loopback: a symbolic link to the terminal of the trigger')
    .option('--json', 'JSON lines: the port first, counts at the end')
    .addHelpText(
      'after',
      '\nExample:  axond emulate cyton --link /tmp/cyton --fault stall:2s@30s\n          axond emulate cyton --loopback 8 --delay 37.5ms --drift 40ppm',
    )
    .action(emulateCyton);
  return new Command('emulate')
    .description('Act as a device, for trials and tests')
    .addCommand(cyton)
    .addCommand(emulateAds1299Command())
    .addCommand(emulateCameraCommand())
    .addCommand(emulateEdvsCommand())
    .addCommand(emulateImuCommand())
    .addCommand(emulateLslCommand())
    .addCommand(emulateNeurocorexCommand());
}

async function emulateCyton(options: EmulateOptions): Promise<void> {
  const { source, channels, truth, does } = openEmulatedSignal(options);
  const daisy = options.daisy === true;
  const rate = options.rate ?? 250;
  const faults = readFaults([
    ...(options.fault ?? []),
    ...(options.drift === undefined ? [] : [`drift:${options.drift}`]),
  ]);
  const loopback = openLoopback(options);
  const unplugs = faults.spells.some(({ kind }) => kind === 'unplug');
  const link = options.link ?? (unplugs ? `/tmp/axond-emulated-cyton-${process.pid}` : undefined);
  const { ended, end } = untilEnded();
  let shown = false;
  const emulator = new CytonEmulator({
    daisy,
    rate: daisy ? rate / 2 : rate,
    source,
    sourceChannels: channels,
    faults,
    seed: Number(options.seed),
    ...(options.impedance === undefined ? {} : { impedances: options.impedance }),
    ...(link === undefined ? {} : { link }),
    ...(loopback ? { loopback } : {}),
    onReady: (port) => {
      if (shown) return;
      shown = true;
      const trigger = loopback?.ear.path;
      if (options.json) printJson(trigger === undefined ? { port } : { port, trigger });
      else print(`Cyton on ${port}${trigger === undefined ? '' : `, trigger on ${trigger}`}; Ctrl-C ends it.`);
      if (options.awake) askedByLines(does, options.json ? () => undefined : print);
    },
    onEnd: end,
  });
  await ended;
  emulator.stop();
  process.stdin.destroy();
  if (options.json) printJson({ frames: emulator.counts.packets, sent: emulator.counts.sent, truth: truth() });
}

function openLoopback({ loopback: channel, delay, daisy, loopbackFault = [], triggerLink }: EmulateOptions) {
  if (channel === undefined) return undefined;
  if (daisy) throw new UsageError('--loopback: goes into a board without a Daisy. Leave --daisy out.');
  if (channel > 8) throw new UsageError(`--loopback: ${channel} is no input of the board. Use 1 to 8.`);
  const seconds = parseQuantity(delay, 'time');
  if (typeof seconds !== 'number') throw new UsageError(`--delay: ${delay} ${seconds.rule}. ${seconds.fix}`);
  const delayUs = seconds * 1e6;
  if (delayUs < leastDelayUs) throw new UsageError(`--delay: ${delay} is below 10ms. Use 10ms or more.`);
  try {
    const faults = parseLoopbackFaults(loopbackFault);
    return { channel, delayUs, faults, ear: openTriggerEar(triggerLink) };
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}
