import { readNetwork, writeNetwork } from '../../models/format/container.js';
import type { Network } from '../../models/format/graph.js';
import { ModelError } from '../../models/format/model-error.js';
import { mutate, type Format, type ModelFile } from './formats.js';
import { Random, seedOf } from './random.js';

export type Outcome = 'loaded' | 'refused' | { readonly defect: string };

export function caseOf(format: Format, samples: readonly ModelFile[], seed: number, at: number): ModelFile {
  return mutate(format, samples, new Random(seedOf(seed, format.name, at)));
}

/** Loads the file. Either it is refused with a reason, or the network is valid, can be written and is read back the same. */
export async function load(format: Format, file: ModelFile): Promise<Outcome> {
  const readBeside = (name: string): Uint8Array => {
    const content = file.beside.get(name);
    if (!content) throw new ModelError(`${name}: no such file beside the model.`);
    return content;
  };
  let network: Network;
  try {
    network = await format.load(file.bytes, { ...file.options, readBeside });
  } catch (error) {
    if (!(error instanceof ModelError)) return { defect: `not refused but failed: ${stackOf(error)}` };
    return error.message.length > 15 ? 'refused' : { defect: `refused without a reason: "${error.message}"` };
  }
  try {
    const written = writeNetwork(network);
    const again = writeNetwork(readNetwork(written));
    return Buffer.compare(written, again) === 0 ? 'loaded' : { defect: 'written differently the second time' };
  } catch (error) {
    return { defect: `imported, but not a valid network: ${stackOf(error)}` };
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error
    ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ').slice(0, 600)
    : String(error);
}
