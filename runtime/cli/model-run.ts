import { Command, InvalidArgumentError, Option } from 'commander';
import { arrayFor } from '../../models/engine/ports.js';
import { createReference } from '../../models/engine/reference.js';
import { warmUp } from '../../models/engine/warm-up.js';
import { createWasm } from '../../models/engine/wasm.js';
import type { Network } from '../../models/format/graph.js';
import { loadModel, readKernels } from '../../models/load-model.js';
import { median } from '../bench/quantiles.js';
import type { Model } from '../contracts.js';
import { openModel, refusing, withImportOptions, type ImportFlags } from './model-file.js';
import { openInput, type ModelInput } from './model-input.js';
import { chipPlace, remarksOf, runOnChip, type ChipPlace } from './model-run-chip.js';
import { Failure, print, printJson } from './output.js';

interface Flags extends ImportFlags {
  input: string;
  ticks?: number;
  engine?: 'reference' | 'wasm';
  on?: ChipPlace;
  round?: true;
  json?: true;
}

export function runModelCommand(): Command {
  const command = new Command('run')
    .description('Steps of a model on values from a file or a seed')
    .argument('<file>', "axond's own (*.safetensors), or any that axond imports")
    .option(
      '--input <FILE.json|random:SEED>',
      'an object of values by input name, a list of such, one a tick, or the values alone where there is one input',
      'random:1',
    )
    .option('--ticks <N>', 'steps; an input with fewer begins again (default: as many as it has, 1 if random)', ticks)
    .addOption(new Option('--engine <NAME>', 'instead of the fastest that runs it').choices(['reference', 'wasm']))
    .addOption(
      new Option('--on <neurocorex:PORT>', 'on a spiking chip at a port; without a port as the chip would compute it')
        .argParser(chipPlace)
        .conflicts('engine'),
    )
    .option('--round', 'with --on: weights that the chip cannot hold are rounded to 8 bits')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExample:  axond model run spindle.safetensors --input window.json --ticks 100 --json\n          axond model run net.safetensors --on neurocorex:/dev/ttyUSB1 --input spikes.json',
    )
    .action(async (file: string, { input, ticks, engine, on, round, json, ...flags }: Flags) => {
      const { network } = await openModel(file, flags);
      if (on) {
        const options = { input, round: round === true, ...(ticks === undefined ? {} : { ticks }) };
        const run = await refusing(file, () => runOnChip(network, on, options));
        const { name } = network.graph;
        if (json) printJson({ file, name, ...run });
        else print(`${file}: ${name}, by ${run.engine}`, ...remarksOf(run), ...linesOf(run.ticks));
        return;
      }
      const model = await refusing(file, () => createWith(network, engine));
      // Enough that the median tells what a step costs, not what compiling does.
      warmUp(model, { now: () => performance.now(), steps: 100, forMs: 50 });
      const values = openInput(input, model.inputs);
      const run = runSteps(model, values, ticks ?? values.ticks);
      const { name, engine: by } = model.describe();
      if (json) printJson({ file, name, engine: by, ...run });
      else
        print(
          // One step alone is no measure.
          `${file}: ${name}, by ${by}${run.ticks.length < 10 ? '' : `, ${run.stepUs.toPrecision(3)} µs a step`}`,
          ...linesOf(run.ticks),
        );
    });
  return withImportOptions(command);
}

async function createWith(network: Network, engine: Flags['engine']): Promise<Model> {
  if (engine === undefined) return loadModel(network);
  const kernels = engine === 'wasm' ? readKernels() : undefined;
  if (engine === 'wasm' && kernels === undefined)
    throw new Failure('--engine wasm: this Node has no WebAssembly with SIMD.');
  return kernels === undefined ? createReference(network) : createWasm(network, kernels);
}

/** What came out of each, beside the median time of one. */
function runSteps(
  model: Model,
  input: ModelInput,
  count: number,
): { stepUs: number; ticks: Record<string, number[]>[] } {
  const outputs = model.outputs.map(arrayFor);
  const times: number[] = [];
  const ticks = Array.from({ length: count }, (_, tick) => {
    const values = input.at(tick);
    const start = performance.now();
    model.step(values, outputs);
    times.push((performance.now() - start) * 1000);
    return Object.fromEntries(model.outputs.map(({ name }, place) => [name, [...(outputs[place] ?? [])]]));
  });
  return { stepUs: median(times), ticks };
}

function linesOf(ticks: readonly Record<string, number[]>[]): string[] {
  return ticks.flatMap((outputs, tick) =>
    Object.entries(outputs).map(([port, out]) => `${String(tick).padStart(5)}  ${port}  ${shorten(out)}`),
  );
}

function shorten(values: readonly number[]): string {
  const shown = values.slice(0, 12).map((value) => String(Number(value.toPrecision(6))));
  return values.length > shown.length ? `${shown.join(' ')} … (${values.length})` : shown.join(' ');
}

function ticks(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100_000)
    throw new InvalidArgumentError(`${text} is not a whole number from 1 to 100000.`);
  return value;
}
