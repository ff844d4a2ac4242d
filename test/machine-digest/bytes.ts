import type { ModelValues } from '../../runtime/contracts.js';

export type Digests = Record<string, string>;

export function bytesOf({ buffer, byteOffset, byteLength }: ModelValues | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
