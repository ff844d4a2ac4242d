import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { warmUp } from '../../models/engine/warm-up.js';
import type { Network } from '../../models/format/graph.js';
import { ModelError } from '../../models/format/model-error.js';
import { findFormat, type FileFormat } from '../../models/import/file-format.js';
import { importFile } from '../../models/import/import-file.js';
import type { ImportOptions } from '../../models/import/importer.js';
import { loadModel } from '../../models/load-model.js';
import { parseQuantity } from '../config/units.js';
import type { Model } from '../contracts.js';
import { Failure, UsageError } from './output.js';

/** Options of every verb that reads a model file of whatever kind. */
export interface ImportFlags {
  dt?: number;
  integrator?: 'euler' | 'zoh' | 'subtract';
  architecture?: string;
}

export function withImportOptions(command: Command): Command {
  return command
    .option('--dt <SECONDS>', 'length of a tick, such as 0.001 or 1ms, for networks with time constants', seconds)
    .addOption(
      new Option('--integrator <NAME>', 'how time constants become updates a tick').choices([
        'euler',
        'zoh',
        'subtract',
      ]),
    )
    .option('--architecture <FILE>', 'YAML that says which layers weights without a graph belong to');
}

/** The network in a file of any kind that axond reads, imported in memory where it is not axond's own. */
export async function openModel(path: string, flags: ImportFlags): Promise<{ format: FileFormat; network: Network }> {
  const bytes = readWhole(path);
  const { dt, integrator, architecture } = flags;
  const options: ImportOptions = {
    ...(dt === undefined ? {} : { tickSeconds: dt }),
    ...(integrator === undefined ? {} : { integrator }),
    ...(architecture === undefined ? {} : { architecture: new TextDecoder().decode(readWhole(architecture)) }),
    readBeside: (name) => readBeside(path, name),
  };
  const { format, network } = await refusing(path, () => importFile(bytes, options));
  const name = network.graph.name === '' ? basename(path).replace(/\.\w+$/, '') : network.graph.name;
  return { format, network: { ...network, graph: { ...network.graph, name } } };
}

/** By content; by name where the content says nothing, so that a damaged model is told what is wrong with it. */
export function isModelFile(path: string): boolean {
  return findFormat(readWhole(path)) !== undefined || /\.(safetensors|onnx|tflite|nir|net|pt|pth)$/.test(path);
}

/** The model of a network that has taken a step. */
export async function firstStep(network: Network): Promise<Model> {
  const model = await loadModel(network);
  warmUp(model, { now: () => performance.now(), steps: 1, forMs: 0 });
  return model;
}

/** A ModelError of what is done with a file, as one line that begins with its path. */
export async function refusing<T>(path: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof ModelError ? new Failure(`${path}: ${error.message}`) : error;
  }
}

/** A plain array: what a Buffer gives as `slice` is no copy. */
function readWhole(path: string): Uint8Array {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${path}: there is no such file.`);
  if (!found.isFile()) throw new UsageError(`${path}: is no file. Name the model file itself.`);
  if (found.size > mostBytes)
    throw new Failure(`${path}: ${found.size} bytes are more than a model may have (${mostBytes}).`);
  return new Uint8Array(readFileSync(path));
}

function readBeside(path: string, name: string): Uint8Array {
  if (name !== basename(name) || name === '..' || name === '.' || name.includes('\\'))
    throw new ModelError(`names the file ${JSON.stringify(name)}, which is not in its own folder.`);
  const beside = join(dirname(path), name);
  const found = statSync(beside, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new ModelError(`needs ${name} beside it, and there is no such file.`);
  if (found.size > mostBytes) throw new ModelError(`${name} has ${found.size} bytes, more than a model may have.`);
  return new Uint8Array(readFileSync(beside));
}

function seconds(text: string): number {
  const bare = Number(text);
  const value = Number.isNaN(bare) ? parseQuantity(text, 'time') : bare;
  if (typeof value !== 'number') throw new InvalidArgumentError(`${text} ${value.rule}. ${value.fix}`);
  if (!(value > 0 && value <= 3600)) throw new InvalidArgumentError(`${text} is not between 0 and 3600 seconds.`);
  return value;
}

const mostBytes = 1 << 29;
