import { Command } from 'commander';
import { Ads1299Emulator } from '../../drivers/ads1299/emulator.js';
import { rates, registerNames } from '../../drivers/ads1299/protocol.js';
import { ohms, openEmulatedSignal, readFaults, untilEnded, type SignalOptions } from './emulated-signal.js';
import { UsageError, print, printJson } from './output.js';

interface ChipOptions extends SignalOptions {
  fault?: string[];
  id?: number;
  stuck?: string;
  impedance?: number[];
  link?: string;
  json?: true;
}

export function emulateAds1299Command(): Command {
  return new Command('ads1299')
    .description('An ADS1299 with its registers, behind a pseudo-terminal: a generated sleeper or a recorded file')
    .option('--from <FILE>', 'play a recorded signal instead of the sleeper: EDF, OpenBCI text, …')
    .option('--seed <N>', 'seed of sleeper and faults', '1')
    .option('--night', 'a whole realistic night instead of a sleeper who is already in N2')
    .option('--rate <HZ>', 'samples a second of what is played; source.rate must be the same: 250, 500 or 1000', Number)
    .option(
      '--fault <SPEC...>',
      'drop:0.01 (nobody came for a sample), corrupt:0.01 (a frame shifted by a bit), stall:2s@30s+60s (DRDY stands still), unplug:1s@60s, drift:40ppm',
    )
    .option('--id <BYTE>', 'what the ID register reads: 0x3e, 0x3c for 4 channels, 0x00 for no chip', Number)
    .option('--stuck <REGISTER>', 'a register that takes nothing, such as CONFIG3')
    .option(
      '--impedance <KILOOHM...>',
      'of the electrodes, channel by channel, as axond setup impedance finds them',
      ohms,
    )
    .option('--link <PATH>', 'a symbolic link to the terminal')
    .option('--json', 'JSON lines: the port first, counts at the end')
    .addHelpText('after', '\nExample:  axond emulate ads1299 --link /tmp/eeg --fault drop:0.01')
    .action(emulateAds1299);
}

async function emulateAds1299(options: ChipOptions): Promise<void> {
  const { id, stuck, seed, rate = 250, json } = options;
  if (!rates.some((known) => known === rate)) throw new UsageError(`--rate: ${rate} is none. Use 250, 500 or 1000.`);
  if (id !== undefined && !(Number.isInteger(id) && id >= 0 && id <= 255))
    throw new UsageError('--id: is no byte. Use for example --id 0x3c.');
  const register = stuck === undefined ? undefined : registerNames.indexOf(stuck);
  if (register === -1) throw new UsageError(`--stuck: ${stuck} is none. Use one of ${registerNames.join(', ')}.`);
  const faults = readFaults(options.fault ?? []);
  const others = faults.duplicate + faults.garbage + faults.burstMs > 0;
  if (others || faults.spells.some(({ kind }) => kind === 'power-off'))
    throw new UsageError('--fault: a chip has drop, corrupt, stall, unplug and drift alone.');
  const unplugs = faults.spells.some(({ kind }) => kind === 'unplug');
  const link = options.link ?? (unplugs ? `/tmp/axond-emulated-ads1299-${process.pid}` : undefined);
  const { source, channels, truth } = openEmulatedSignal(options);
  const { ended, end } = untilEnded();
  let shown = false;
  const emulator = new Ads1299Emulator({
    source,
    sourceChannels: channels,
    faults,
    seed: Number(seed),
    ...(options.impedance === undefined ? {} : { impedances: options.impedance }),
    ...(id === undefined ? {} : { id }),
    ...(register === undefined ? {} : { stuck: register }),
    ...(link === undefined ? {} : { link }),
    onReady: (port) => {
      if (shown) return;
      shown = true;
      if (json) printJson({ port });
      else print(`ADS1299 on ${port}; Ctrl-C ends it.`);
    },
    onEnd: end,
  });
  await ended;
  emulator.stop();
  process.stdin.destroy();
  if (json) printJson({ ...emulator.counts, truth: truth() });
}
