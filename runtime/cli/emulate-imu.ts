import { Command } from 'commander';
import { ImuEmulator } from '../../drivers/imu/emulator.js';
import { readFaults, untilEnded } from './emulated-signal.js';
import { UsageError, print, printJson } from './output.js';

interface SensorOptions {
  seed: string;
  fault?: string[];
  link?: string;
  json?: true;
}

export function emulateImuCommand(): Command {
  return new Command('imu')
    .description(
      'An inertial sensor of a robot that turns and bumps into things: attributes and a pipe as the kernel has',
    )
    .option('--seed <N>', 'seed of noise and faults', '1')
    .option(
      '--fault <SPEC...>',
      'drop:0.01 (the kernel had no room for a scan), stall:2s@30s+60s (no scans), drift:10000ppm',
    )
    .option('--link <PATH>', 'a symbolic link to the pipe')
    .option('--json', 'JSON lines: the port first, counts at the end')
    .addHelpText('after', '\nExample:  axond emulate imu --link /tmp/imu')
    .action(emulateImu);
}

async function emulateImu({ seed, fault = [], link, json }: SensorOptions): Promise<void> {
  const faults = readFaults(fault);
  const others = faults.duplicate + faults.corrupt + faults.garbage + faults.burstMs > 0;
  if (others || faults.spells.some(({ kind }) => kind !== 'stall'))
    throw new UsageError('--fault: a sensor has drop, stall and drift alone.');
  const { ended } = untilEnded();
  const emulator = new ImuEmulator({ faults, seed: Number(seed), ...(link === undefined ? {} : { link }) });
  if (json) printJson({ port: emulator.path });
  else print(`Inertial sensor on ${emulator.path}; Ctrl-C ends it.`);
  await ended;
  emulator.stop();
  process.stdin.destroy();
  if (json) printJson(emulator.counts);
}
