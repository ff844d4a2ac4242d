import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { open, rename, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';

/**
 * Recordings at rest in the format of age (https://age-encryption.org/v1): `NAME.db.age` instead of `NAME.db`. Only whoever
 * has an identity of one of the recipients reads it again, with `axond recording decrypt` or with age itself.
 */

export class EncryptionError extends Error {}

/**
 * Encrypts a recording that is over and is one file, or what a guardian wrote down beside it, and removes the plain one when what stands on the disk was decrypted
 * again to the same bytes. For that it is encrypted to one recipient more, whose identity is made here, held in memory and
 * forgotten; so no identity is needed on this machine. `mayGo` is awaited from time to time. Returns the new path. Whoever
 * is killed leaves the plain recording, or both.
 */
export async function encryptRecording(
  path: string,
  recipients: readonly string[],
  mayGo: () => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const [encrypted, unfinished] = [`${path}.age`, `${path}.age.new`];
  const own = await generateX25519Identity();
  const encrypter = new Encrypter();
  for (const recipient of [...recipients, await identityToRecipient(own)]) encrypter.addRecipient(recipient);
  const { mtimeMs, size } = statSync(path);
  try {
    const given = new Digest();
    const cipher = await encrypter.encrypt(streamOf(given.seen(chunksOf(path, mayGo))));
    await writeSynced(unfinished, cipher);
    const decrypter = new Decrypter();
    decrypter.addIdentity(own);
    const back = new Digest();
    const plain = await decrypter.decrypt(streamOf(chunksOf(unfinished, mayGo)));
    for await (const bytes of plain) back.take(bytes);
    const now = statSync(path);
    if (back.bytes !== size || back.hex() !== given.hex() || now.size !== size || now.mtimeMs !== mtimeMs)
      throw new EncryptionError(`${path}: what was encrypted is not what stands there; the recording stays as it is.`);
    // Copies that were made of it are copies still.
    await utimes(unfinished, mtimeMs / 1000, mtimeMs / 1000);
    await rename(unfinished, encrypted);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`]) await rm(file, { force: true });
  return encrypted;
}

/**
 * Decrypts `path` into `out`, which must not be there yet. `identities` is what an identity file of age holds. Throws an
 * `EncryptionError` that names the file; nothing is left behind then.
 */
export async function decryptRecording(path: string, identities: string, out: string): Promise<void> {
  if (existsSync(out)) throw new EncryptionError(`${out}: is there already. Name another file.`);
  const decrypter = decrypterWith(identities);
  const unfinished = `${out}.new`;
  try {
    await writeSynced(unfinished, await decrypter.decrypt(streamOf(chunksOf(path))));
    await rename(unfinished, out);
    await syncFolder(dirname(out));
  } catch (error) {
    await rm(unfinished, { force: true });
    if (error instanceof EncryptionError) throw error;
    throw new EncryptionError(
      `${path}: cannot be decrypted (${messageOf(error)}). Give the identity of one of its recipients, or fetch the file again.`,
      { cause: error },
    );
  }
}

/** Identities as `age-keygen` writes them: one a line, comments between. What is wrong with one must not show it. */
function decrypterWith(identities: string): Decrypter {
  const found = identities.split('\n').filter((line) => line.trim().startsWith('AGE-SECRET-KEY-'));
  const wanted = 'It has a line AGE-SECRET-KEY-1… as age-keygen writes it.';
  if (found.length === 0) throw new EncryptionError(`the identity file holds no identity. ${wanted}`);
  const decrypter = new Decrypter();
  for (const line of found) {
    try {
      decrypter.addIdentity(line.trim());
    } catch {
      throw new EncryptionError(`the identity file holds an identity that is none. ${wanted}`);
    }
  }
  return decrypter;
}

/** Counts and hashes what passes. */
class Digest {
  bytes = 0;
  readonly #hash = createHash('sha256');

  async *seen(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.take(chunk);
      yield chunk;
    }
  }

  take(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
  }

  hex(): string {
    return this.#hash.copy().digest('hex');
  }
}

async function* chunksOf(
  path: string,
  mayGo: () => Promise<void> = () => Promise.resolve(),
): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    await mayGo();
    yield chunk as Uint8Array;
  }
}

function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks) as ReadableStream<Uint8Array>;
}

/** Outlives a power cut when it returns, but for its name. */
async function writeSynced(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await writing(path, open(path, 'w', 0o600));
  try {
    for await (const chunk of chunks) await writing(path, file.writeFile(chunk));
    await writing(path, file.sync());
  } finally {
    await file.close();
  }
}

async function writing<Result>(path: string, act: Promise<Result>): Promise<Result> {
  try {
    return await act;
  } catch (error) {
    const full = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
    const fix = full ? 'Make room on that disk.' : 'It has to be in a folder that can be written to.';
    throw new EncryptionError(`${path}: cannot be written (${messageOf(error)}). ${fix}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}

const chunkBytes = 1 << 18;
