import { Command } from 'commander';
import { LslOutlet } from '../../drivers/lsl/outlet.js';
import { openEmulatedSignal, untilEnded, type SignalOptions } from './emulated-signal.js';
import { wholeNumber } from './options.js';
import { Failure, print, printJson } from './output.js';

interface OutletOptions extends SignalOptions {
  name: string;
  channels: number;
  json?: true;
}

export function emulateLslCommand(): Command {
  return new Command('lsl')
    .description('A stream of the lab streaming layer: a generated sleeper or a recorded file')
    .option('--name <NAME>', 'of the stream', 'axond-emulated')
    .option('--channels <N>', 'how many it has', wholeNumber, 8)
    .option('--from <FILE>', 'play a recorded signal instead of the sleeper: EDF, OpenBCI text, …')
    .option('--seed <N>', 'seed of the sleeper', '1')
    .option('--night', 'a whole realistic night instead of a sleeper who is already in N2')
    .option('--rate <HZ>', 'samples a second', Number)
    .option('--json', 'JSON lines: the stream first, counts at the end')
    .addHelpText('after', '\nExample:  axond emulate lsl --name eeg')
    .action(emulateLsl);
}

async function emulateLsl({ name, channels, json, ...signal }: OutletOptions): Promise<void> {
  const { source, channels: sourceChannels, truth } = openEmulatedSignal(signal);
  const { ended, end } = untilEnded();
  const options = { stream: name, channels, rate: signal.rate ?? 250, source, sourceChannels, onEnd: end };
  const outlet = await LslOutlet.open(options).catch((error: unknown) => {
    throw new Failure(`lsl: ${error instanceof Error ? error.message : String(error)}.`);
  });
  if (json) printJson({ stream: name });
  else print(`LSL stream ${name}; Ctrl-C ends it.`);
  await ended;
  outlet.close();
  process.stdin.destroy();
  if (json) printJson({ ...outlet.counts, truth: truth() });
}
