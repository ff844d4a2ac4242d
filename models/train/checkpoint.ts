import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ModelError } from '../format/model-error.js';
import { writeAtomically } from '../write-atomically.js';

/** Where training stands after an epoch: with it, what follows is what would have followed without the interruption. */
export interface Checkpoint {
  /** Digest of the recipe and of the data. */
  readonly identity: string;
  /** Epochs that are done, over all stages. */
  readonly epochs: number;
  readonly optimiserStep: number;
  readonly parameters: Float32Array;
  readonly running: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

const headerSchema = z.strictObject({
  identity: z.string(),
  epochs: z.number().int().min(0),
  optimiserStep: z.number().int().min(0),
});

const magic = 'axond checkpoint 1\n';
const digestBytes = 32;

/** Layout: magic, header as one line of JSON, the four arrays in little-endian float32, SHA-256 of all before it. */
export function writeCheckpoint(path: string, checkpoint: Checkpoint): void {
  const { parameters, running, first, second, ...header } = checkpoint;
  const arrays = [parameters, running, first, second];
  const body = Buffer.concat([
    Buffer.from(`${magic}${JSON.stringify(header)}\n`),
    ...arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(new Uint8Array(buffer, byteOffset, byteLength))),
  ]);
  writeAtomically(path, Buffer.concat([body, createHash('sha256').update(body).digest()]));
}

/**
 * @param expected lengths of the parameters and running averages, and the digest that the checkpoint must carry
 * @returns undefined if there is no such file. @throws ModelError if it is damaged or of another training.
 */
export function readCheckpoint(
  path: string,
  expected: { readonly identity: string; readonly parameters: number; readonly running: number },
): Checkpoint | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const damaged = new ModelError(`${path}: this checkpoint is damaged. Delete it to train from the start.`);
  const body = bytes.subarray(0, -digestBytes);
  const line = body.indexOf('\n', magic.length);
  if (bytes.toString('latin1', 0, magic.length) !== magic || line === -1) throw damaged;
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(-digestBytes))) throw damaged;
  const header = headerSchema.parse(JSON.parse(body.toString('utf8', magic.length, line)));
  if (header.identity !== expected.identity)
    throw new ModelError(
      `${path}: this checkpoint is of another recipe or other data. Delete it, or choose another --out.`,
    );
  let at = line + 1;
  const take = (length: number): Float32Array => {
    const taken = new Float32Array(new Uint8Array(body.subarray(at, at + length * 4)).buffer);
    at += length * 4;
    return taken;
  };
  const { parameters, running } = expected;
  if (body.length - at !== 4 * (3 * parameters + running)) throw damaged;
  return {
    ...header,
    parameters: take(parameters),
    running: take(running),
    first: take(parameters),
    second: take(parameters),
  };
}
