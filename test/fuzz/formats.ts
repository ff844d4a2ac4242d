import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readNetwork, writeNetwork } from '../../models/format/container.js';
import type { Network } from '../../models/format/graph.js';
import type { ImportOptions } from '../../models/import/importer.js';
import { translateHdf5 } from '../../models/import/import-hdf5.js';
import { importTorch } from '../../models/import/import-weights.js';
import { Hdf5Reader } from '../../models/import/hdf5/read-hdf5.js';
import { importOnnx } from '../../models/import/onnx/import-onnx.js';
import { operations } from '../../models/import/onnx/operations.test.fixture.js';
import { importTfjs } from '../../models/import/tfjs/import-tfjs.js';
import { generatedFiles } from '../../models/import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../../models/import/tflite/import-tflite.js';
import { sharedData } from '../shared-data.js';
import { mutateBytes } from './mutate-bytes.js';
import { mutateJson } from './mutate-json.js';
import { mutateOffsets } from './mutate-offsets.js';
import { mutateProtobuf } from './mutate-protobuf.js';
import { mutateSafetensors } from './mutate-safetensors.js';
import type { Random } from './random.js';
import { stateDicts } from './state-dicts.js';
import { mutateZip } from './mutate-zip.js';
import { mutateHdf5, hdf5Files } from './hdf5-files.js';
import { smallNetworks } from './small-networks.js';

/** A model file, and the files beside it. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly options: ImportOptions;
  readonly beside: ReadonlyMap<string, Uint8Array>;
}

export interface Format {
  readonly name: string;
  /** Cases in a full run. */
  readonly cases: number;
  readonly samples: () => ModelFile[] | Promise<ModelFile[]>;
  readonly load: (bytes: Uint8Array, options: ImportOptions) => Network | Promise<Network>;
  /** A change that knows the format. */
  readonly mutate: (bytes: Uint8Array, other: Uint8Array, random: Random) => Uint8Array;
}

export const formats: readonly Format[] = [
  {
    name: 'axond',
    cases: 230_000,
    samples: () => smallNetworks().map((network) => alone(network.graph.name, writeNetwork(network))),
    load: readNetwork,
    mutate: mutateSafetensors,
  },
  {
    name: 'onnx',
    cases: 200_000,
    samples: () => [
      ...operations.map(({ name, bytes }) => alone(name, bytes)),
      ...fromDisk(packaged('t1mini.f32.onnx')),
      ...fromDisk(sharedData('models', 't1mini.qdq.onnx')),
    ],
    load: importOnnx,
    mutate: mutateProtobuf,
  },
  {
    name: 'tflite',
    cases: 200_000,
    samples: () => [
      ...generatedFiles().map(({ name, bytes }) => alone(name, bytes)),
      ...['hello_world_int8', 'hello_world_float', 'seanet_conv0', 'mnist_lstm_int8'].flatMap((name) =>
        fromDisk(sharedData('models', `${name}.tflite`)),
      ),
    ],
    load: importTflite,
    mutate: (bytes, other, random) => mutateOffsets(4, bytes, other, random),
  },
  {
    name: 'tfjs',
    cases: 200_000,
    samples: layersModels,
    load: importTfjs,
    mutate: (bytes, _, random) => new TextEncoder().encode(mutateJson(new TextDecoder().decode(bytes), random)),
  },
  {
    name: 'pytorch',
    cases: 150_000,
    samples: () => [
      ...stateDicts().map(({ name, bytes, architecture }) => alone(name, bytes, { architecture })),
      ...fromDisk(sharedData('models', 'braille_noDelay_noBias_ref_subtract.pt'), { architecture: braille }),
    ],
    load: importTorch,
    mutate: mutateZip,
  },
  {
    name: 'hdf5',
    cases: 20_000,
    samples: async () => [
      ...(await hdf5Files()).map(({ name, bytes }) => alone(name, bytes, { tickSeconds: 1e-4 })),
      ...['lif_norse', 'two_lif_neurons', 'braille_noDelay_bias_zero'].flatMap((name) =>
        fromDisk(sharedData('nir', `${name}.nir`), { tickSeconds: 1e-4, integrator: 'zoh' }),
      ),
    ],
    load: async (bytes, options) => translateHdf5(await hdf5.read(bytes), bytes.length, options),
    mutate: mutateHdf5,
  },
];

const braille = `
input: [12]
layers:
  - { linear: fc1 }
  - { snntorch: lif1 }
  - { linear: fc2 }
  - { snntorch: lif2 }
`;

/** As the importer reads them, but in one thread for all files. */
const hdf5 = new Hdf5Reader();

function layersModels(): ModelFile[] {
  const path = new URL('../../../models/import/tfjs/layers.tfjs.json', import.meta.url);
  const { models } = JSON.parse(readFileSync(path, 'utf8')) as {
    models: { name: string; model: { weightsManifest: { paths: string[] }[] }; weights: string }[];
  };
  return models.map(({ name, model, weights }) => ({
    ...alone(name, new TextEncoder().encode(JSON.stringify(model))),
    beside: new Map([[model.weightsManifest[0]!.paths[0]!, new Uint8Array(Buffer.from(weights, 'base64'))]]),
  }));
}

const packaged = (name: string): string =>
  fileURLToPath(new URL(`../../../models/import/fixtures/${name}`, import.meta.url));

export function alone(name: string, bytes: Uint8Array, options: ImportOptions = {}): ModelFile {
  return { name, bytes, options, beside: new Map() };
}

export function fromDisk(path: string | undefined, options: ImportOptions = {}): ModelFile[] {
  return path === undefined ? [] : [alone(path, new Uint8Array(readFileSync(path)), options)];
}

/** One case: a sample changed with knowledge of its format, without, or both. */
export function mutate(format: Format, samples: readonly ModelFile[], random: Random): ModelFile {
  const sample = random.pick(samples);
  const other = random.pick(samples);
  const kind = random.below(10);
  let { bytes } = sample;
  if (kind < 6) bytes = format.mutate(bytes, other.bytes, random);
  if (kind >= 5) bytes = mutateBytes(bytes, other.bytes, random);
  const beside = new Map(sample.beside);
  for (const [name, content] of beside)
    if (random.chance(0.15)) beside.set(name, mutateBytes(content, other.bytes, random));
  return { ...sample, bytes, beside };
}
