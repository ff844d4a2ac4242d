import { Command } from 'commander';
import { startEmulator } from '../../firmware-bridge/neurocorex/emulator.js';
import { wholeFrom } from './options.js';
import { print, printJson } from './output.js';

interface NeurocorexOptions {
  link?: string;
  lose: number[];
  json?: true;
}

export function emulateNeurocorexCommand(): Command {
  const byte = wholeFrom(0);
  return new Command('neurocorex')
    .description(
      'A NeuroCoreX on a pseudo-terminal: 90 spiking neurons in fixed point, in real time; they do not learn',
    )
    .option('--link <PATH>', 'a symbolic link to the terminal')
    .option(
      '--lose <N>',
      'the Nth byte that comes, counted from 0, is lost on the way; may be repeated',
      (text, before: number[]) => [...before, byte(text)],
      [],
    )
    .option('--json', 'JSON lines: the port first, counts at the end')
    .addHelpText('after', '\nExample:  axond emulate neurocorex --link /tmp/chip')
    .action(emulateNeurocorex);
}

async function emulateNeurocorex({ link, lose, json }: NeurocorexOptions): Promise<void> {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const board = startEmulator({ realTime: true, lose, ...(link === undefined ? {} : { link }) });
  if (json) printJson({ port: board.path });
  else print(`NeuroCoreX on ${board.path}; Ctrl-C ends it.`);
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  // Started by another program, it ends with that program.
  if (!process.stdin.isTTY) process.stdin.resume().once('end', end).once('error', end);
  await ended;
  await board.stop();
  process.stdin.destroy();
  if (json) printJson(board.counts);
}
