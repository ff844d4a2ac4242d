import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { readNetwork, writeNetwork } from '../../models/format/container.js';
import { writeAtomically } from '../../models/write-atomically.js';
import { firstStep, openModel, refusing, withImportOptions, type ImportFlags } from './model-file.js';
import { inspect } from './model-inspect.js';
import { UsageError, print, printJson } from './output.js';

interface Flags extends ImportFlags {
  out: string;
  force?: true;
  json?: true;
}

export function importModelCommand(): Command {
  const command = new Command('import')
    .description('Convert a model of another tool to axond, saying what was taken for granted')
    .argument('<file>', 'NIR, ONNX, TensorFlow Lite, TensorFlow.js, PyTorch state_dict, lava-dl, safetensors')
    .requiredOption('--out <PATH.safetensors>', 'file to write')
    .option('--force', 'replace a file that is there already')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond model import lif.nir --out lif.safetensors --dt 1ms --integrator zoh')
    .action(async (file: string, { out, force, json, ...flags }: Flags) => {
      if (!out.endsWith('.safetensors')) throw new UsageError(`--out: ${out} does not end in .safetensors.`);
      if (existsSync(out) && !force)
        throw new UsageError(`--out: ${out} is there already. Use --force to replace it, or another name.`);
      const { format, network } = await openModel(file, flags);
      const bytes = writeNetwork(network);
      // What is written is what is read back: it is checked and takes its first step before it gets its name.
      const model = await refusing(file, () => firstStep(readNetwork(bytes)));
      writeAtomically(out, bytes);
      const { assumptions, ...sheet } = inspect(network, model);
      if (json) printJson({ file, format, out, bytes: bytes.length, assumptions, ...sheet });
      else
        print(
          `${out}: ${sheet.name} from ${format}, ${sheet.layers.length} layers, ${sheet.parameters.toLocaleString('en-US')} parameters`,
          ...assumptions.map((line) => `assumed: ${line}`),
        );
    });
  return withImportOptions(command);
}
