import { Command, Option } from 'commander';
import { EdvsEmulator } from '../../drivers/edvs/emulator.js';
import type { Firmware } from '../../drivers/edvs/protocol.js';
import { positive, wholeFrom } from './options.js';
import { UsageError, print, printJson } from './output.js';

interface EdvsOptions {
  rate: number;
  lose: number;
  firmware: Firmware;
  link?: string;
  seed: number;
  json?: true;
}

export function emulateEdvsCommand(): Command {
  return new Command('edvs')
    .description('An eDVS on a pseudo-terminal: a bar that sweeps over its 128 columns, in every mode of its clock')
    .option('--rate <HZ>', 'events a second; 4 Mbaud carry 66000 with times of 32 bits', positive, 20_000)
    .option('--lose <PROBABILITY>', 'of each byte, to be lost on the way', Number, 0)
    .addOption(new Option('--firmware <AGE>', 'numbers of the modes').choices(['new', 'old']).default('new'))
    .option('--link <PATH>', 'a symbolic link to the terminal')
    .option('--seed <N>', 'of noise and losses', wholeFrom(0), 1)
    .option('--json', 'JSON lines: the port first, counts at the end')
    .addHelpText('after', '\nExample:  axond emulate edvs --link /tmp/edvs --rate 66000 --lose 0.0001')
    .action(emulateEdvs);
}

async function emulateEdvs({ json, link, lose, ...options }: EdvsOptions): Promise<void> {
  if (!(lose >= 0 && lose < 1)) throw new UsageError('--lose: needs a probability. Use for example --lose 0.0001.');
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const board = new EdvsEmulator({ ...options, lose, ...(link === undefined ? {} : { link }) });
  if (json) printJson({ port: board.path });
  else print(`eDVS on ${board.path}; Ctrl-C ends it.`);
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  // Started by another program, it ends with that program.
  if (!process.stdin.isTTY) process.stdin.resume().once('end', end).once('error', end);
  await ended;
  board.stop();
  process.stdin.destroy();
  if (json) printJson(board.counts);
}
