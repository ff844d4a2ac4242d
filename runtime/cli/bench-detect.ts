import { Command } from 'commander';
import { packagedModels } from '../../models/model-file.js';
import { benchDetect, type DetectBench } from '../bench/detect.js';
import type { Quantiles } from '../bench/quantiles.js';
import { loadDetector } from '../loop/load-detector.js';
import { wholeNumber } from './options.js';
import { Failure, print, printJson } from './output.js';

interface Flags {
  model: string;
  channels: number;
  rate: number;
  rounds: number;
  json?: true;
}

export function benchDetectCommand(): Command {
  return new Command('detect')
    .description('spindle-t1 on several electrodes, every hop of 50 ms, beside its band filters alone in C')
    .option('--model <FILE>', `network, a file or one of ${packagedModels.join(', ')}`, 'spindle-t1')
    .option('--channels <N>', 'electrodes, 2 to 16', wholeNumber, 8)
    .option('--rate <HZ>', 'samples a second, 50 to 1000', wholeNumber, 250)
    .option('--rounds <N>', 'rounds in which both take turns', wholeNumber, 5)
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond bench detect --channels 8 --rate 250 --json')
    .action(async ({ model, channels, rate, rounds, json }: Flags) => {
      const report = await measure(model, channels, rate, rounds);
      if (json) printJson(report);
      else print(...describe(report));
    });
}

async function measure(model: string, channels: number, rate: number, rounds: number): Promise<DetectBench> {
  if (channels < 2 || channels > 16) throw new Failure(`--channels: ${channels} is not from 2 to 16.`);
  try {
    const { detector } = await loadDetector({ use: 'spindle-t1', model, point: 'adaptive' }, channels);
    detector.prepare({ rate, unit: 'uV' });
    return benchDetect(detector, { channels, rate, rounds, seconds: 200 });
  } catch (error) {
    throw error instanceof RangeError ? new Failure(error.message) : error;
  }
}

function describe({ channels, rate, axondUs, floorUs, ratio, rounds }: DetectBench): string[] {
  const row = (title: string, { p50, p99, max }: Quantiles): string =>
    `${title.padEnd(24)}${[p50, p99, max].map((us) => us.toFixed(1).padStart(10)).join('')}`;
  return [
    `${channels} electrodes at ${rate} Hz, microseconds a hop of 50 ms: features, network and rules`,
    `${''.padEnd(24)}${['p50', 'p99', 'max'].map((name) => name.padStart(10)).join('')}`,
    row('axond', axondUs),
    row('band filters in C', floorUs),
    ...rounds.flatMap(({ axond, floor }, round) => [
      row(`round ${round + 1}: axond`, axond),
      row(`round ${round + 1}: C`, floor),
    ]),
    `${ratio.p50.toFixed(1)} times the band filters alone (p50), ${ratio.p99.toFixed(1)} times at p99`,
  ];
}
