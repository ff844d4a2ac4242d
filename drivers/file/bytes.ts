import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SignalFileError, type ByteSource } from './recorded-frames.js';

/**
 * Opens a file for reading. What is gzipped, by its first bytes and not its name, is unpacked into memory (at most
 * 2 GiB); the rest is read as it is asked for.
 */
export function openBytes(path: string): ByteSource {
  const name = basename(path);
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw new SignalFileError(`${path}: cannot be opened (${codeOf(error)}). Give the path of a readable file.`);
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new SignalFileError(`${path}: is no file. Give the path of a recording.`);
    const magic = new Uint8Array(2);
    readSync(descriptor, magic, 0, 2, 0);
    if (magic[0] !== 0x1f || magic[1] !== 0x8b) return fromDescriptor(name, descriptor, status.size);
    const source = fromMemory(name, unpack(name, readFileSync(descriptor)));
    closeSync(descriptor);
    return source;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

export function fromMemory(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read(target, position) {
      const part = bytes.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
    close() {
      // Nothing is open.
    },
  };
}

function fromDescriptor(name: string, descriptor: number, size: number): ByteSource {
  let open = true;
  return {
    name,
    size,
    read: (target, position) => readSync(descriptor, target, 0, target.length, position),
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

function unpack(name: string, packed: Uint8Array): Uint8Array {
  try {
    return gunzipSync(packed, { maxOutputLength: 2 ** 31 });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') {
      throw new SignalFileError(`${name}: is larger than 2 GiB unpacked. Unpack it with gunzip first.`);
    }
    throw new SignalFileError(`${name}: is gzipped and damaged (${codeOf(error)}). Copy it again.`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
