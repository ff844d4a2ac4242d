import { Command } from 'commander';
import type { Graph, Network } from '../../models/format/graph.js';
import { loadModel } from '../../models/load-model.js';
import type { Model, ModelLayer, ModelPort } from '../contracts.js';
import { openModel, refusing, withImportOptions, type ImportFlags } from './model-file.js';
import { print, printJson } from './output.js';

export function inspectModelCommand(): Command {
  const command = new Command('inspect')
    .description('What is in a model file: inputs, layers, outputs, size, and what its import took for granted')
    .argument('<file>', "axond's own (*.safetensors), or any that axond imports")
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond model inspect spindle.safetensors')
    .action(async (file: string, { json, ...flags }: ImportFlags & { json?: true }) => {
      const { format, network } = await openModel(file, flags);
      const model = await refusing(file, () => loadModel(network));
      const sheet = inspect(network, model);
      if (json) printJson({ file, format, ...sheet });
      else print(...describe(file, format, sheet));
    });
  return withImportOptions(command);
}

export interface ModelSheet {
  readonly name: string;
  readonly engine: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly layers: readonly ModelLayer[];
  readonly parameters: number;
  readonly weightBytes: number;
  readonly workingBytes: number;
  /** 0: each step stands alone. */
  readonly stateBytes: number;
  readonly tickSeconds: number | null;
  readonly assumptions: readonly string[];
  readonly provenance: Graph['provenance'];
}

export function inspect({ graph }: Network, model: Model): ModelSheet {
  const { name, engine, weightBytes, workingBytes, layers } = model.describe();
  return {
    name,
    engine,
    inputs: model.inputs,
    outputs: model.outputs,
    layers,
    parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
    weightBytes,
    workingBytes,
    stateBytes: model.stateBytes,
    tickSeconds: graph.tickSeconds ?? null,
    assumptions: graph.assumptions,
    provenance: graph.provenance,
  };
}

function describe(file: string, format: string, sheet: ModelSheet): string[] {
  const { name, engine, inputs, outputs, layers, assumptions, provenance } = sheet;
  const width = Math.max(5, ...layers.map((layer) => layer.name.length)) + 2;
  const shapes = layers.map(({ shape }) => shapeText(shape));
  const { scores = {}, ...origin } = provenance;
  return [
    `${file}: ${name} (${format}), run by ${engine}`,
    ...inputs.map((port) => `input    ${describePort(port)}`),
    ...outputs.map((port) => `output   ${describePort(port)}`),
    `time     ${describeTime(sheet)}`,
    `memory   ${thousands(sheet.weightBytes)} bytes of weights, ${thousands(sheet.workingBytes)} to work on`,
    '',
    `${'layer'.padEnd(width)}${'operation'.padEnd(12)}${'output'.padEnd(14)}${'parameters'.padStart(12)}${'dense ops'.padStart(14)}`,
    ...layers.map(
      ({ name, op, parameters, denseOperations }, place) =>
        `${name.padEnd(width)}${op.padEnd(12)}${(shapes[place] ?? '').padEnd(14)}${amount(parameters)}${amount(denseOperations, 14)}`,
    ),
    ...(assumptions.length > 0 ? ['', 'assumed', ...assumptions.map((line) => `  ${line}`)] : []),
    ...Object.entries({ ...origin, ...scores }).map(([key, value]) => `${key.padEnd(8)} ${value}`),
  ];
}

export function describeTime({ stateBytes, tickSeconds }: Pick<ModelSheet, 'stateBytes' | 'tickSeconds'>): string {
  const state = stateBytes === 0 ? 'one step, no state' : `${thousands(stateBytes)} bytes of state`;
  return tickSeconds === null ? state : `${state}, a tick of ${Number((tickSeconds * 1000).toPrecision(6))} ms`;
}

function describePort({ name, shape, type, scale, zeroPoint }: ModelPort): string {
  const values = scale === undefined ? type : `${type}, ${scale} × (code − ${zeroPoint ?? 0})`;
  return `${name} ${shapeText(shape)} ${values}`;
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

function amount(value: number, width = 12): string {
  return (value === 0 ? '-' : thousands(value)).padStart(width);
}

function thousands(value: number): string {
  return value.toLocaleString('en-US');
}
