import { Command, InvalidArgumentError } from 'commander';
import { createWasm } from '../../models/engine/wasm.js';
import { readKernels } from '../../models/load-model.js';
import { benchCurve, type SnnCurve } from '../bench/snn-curve.js';
import { measureMemory, type SnnMemory } from '../bench/snn-memory.js';
import { shapes } from '../bench/snn-networks.js';
import { installPeers } from '../bench/snn-peers.js';
import { benchSnn, percent, type SnnShape } from '../bench/snn.js';
import { Failure, print, printJson } from './output.js';

interface Flags {
  long?: true;
  rounds?: number;
  json?: true;
}

export function benchSnnCommand(): Command {
  return new Command('snn')
    .description('Single-timestep networks on one thread beside onnxruntime, TensorFlow.js and the same sums in C')
    .option('--long', 'rounds of a quarter of a second for each, and 31 of them, instead of a look in under 50 s')
    .option('--rounds <N>', 'rounds in which all take turns (default: 9, with --long 31)', rounds)
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nInstalls its peers (600 MB) once, with a lock file of their own.\nExample:  axond bench snn --json',
    )
    .action(async ({ long, rounds = long ? 31 : 9, json }: Flags) => {
      const say = (text: string): void => void process.stderr.write(`${text}\n`);
      const kernels = readKernels();
      if (kernels === undefined) throw new Failure('this Node has no WebAssembly with SIMD: there is nothing to time.');
      installPeers(say);
      const run = { rounds, roundMs: long ? 250 : 50 };
      const engine = (network: Parameters<typeof createWasm>[0]) => createWasm(network, kernels);
      const results = await benchSnn(run, engine, say);
      const curve = benchCurve({ ...run, roundMs: run.roundMs / 5 }, engine);
      say('memory: each network alone in a process of its own');
      const memory = shapes.map(({ name }) => measureMemory(name));
      if (json) printJson({ shapes: results, ...curve, memory });
      else print(...results.flatMap(describeShape), ...describeCurve(curve), ...memory.map(describeMemory));
    });
}

function describeShape(shape: SnnShape): string[] {
  const { name, activity, inputActivity, rounds } = shape;
  const input = inputActivity === null ? 'u8 input' : `input ${percent(inputActivity)} active`;
  const row = (title: string, us: number | null, of: readonly number[] | undefined, ratio: string): string =>
    us === null
      ? `  ${title.padEnd(22)}        -`
      : `  ${title.padEnd(22)}${us.toFixed(2).padStart(9)} µs  ${ratio.padEnd(22)}${(of ?? []).map((one) => one.toFixed(1)).join(' ')}`;
  const times = (ratio: number | null): string => (ratio === null ? '' : `${ratio.toFixed(2)} × axond`);
  return [
    `${name}: ${input}, hidden layers ${activity.map(percent).join(', ')}; median of rounds, then the rounds`,
    row('axond', shape.axondUs, rounds['axond'], `${shape.ratioC.toFixed(2)} × C`),
    row('onnxruntime float', shape.ortUs, rounds['ort'], times(shape.ratioOrt)),
    row('onnxruntime QDQ int8', shape.ortQdqUs, rounds['ortQdq'], times(shape.ratioOrtQdq)),
    row('TensorFlow.js wasm', shape.tfjsUs, rounds['tfjs'], times(shape.ratioTfjs)),
    row('C', shape.cUs, rounds['c'], ''),
    row('C, wider vectors', shape.cWideUs, rounds['cWide'], ''),
  ];
}

function describeCurve({ curve, crossover }: SnnCurve): string[] {
  return [
    '512 binary inputs to 512 outputs, by activity: by events, and dense as 8-bit codes',
    ...curve.map(
      ({ activity, us, denseUs, gsops }) =>
        `  ${percent(activity).padStart(7)}${us.toFixed(2).padStart(9)} µs${denseUs.toFixed(2).padStart(9)} µs${gsops.toFixed(1).padStart(9)} GSOP/s`,
    ),
    crossover === null
      ? '  event-driven is faster at every activity'
      : `  dense is faster from ${percent(crossover)} on`,
  ];
}

function describeMemory({ name, axondBytes, axondResidentBytes, ortResidentBytes, ratio }: SnnMemory): string {
  const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;
  return `${name} memory: axond ${kib(axondBytes)} (resident growth ${kib(axondResidentBytes)}), onnxruntime ${kib(ortResidentBytes)}; ratio ${ratio.toFixed(2)}`;
}

function rounds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new InvalidArgumentError(`${text} is not a whole number from 1 to 1000.`);
  return value;
}
