import { join, mutateBytes } from './mutate-bytes.js';
import { mutateJson } from './mutate-json.js';
import type { Random } from './random.js';

/** The header, the graph inside it, or the tensors changed; the header's length and padding are right. */
export function mutateSafetensors(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const start = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const text = new TextDecoder().decode(bytes.subarray(8, start));
  const body = bytes.subarray(start);
  const kind = random.below(10);
  if (kind < 2) return withHeader(mutateJson(text, random), body);
  if (kind === 2) return withHeader(text, mutateBytes(body, other, random));
  const header = JSON.parse(text) as { __metadata__?: Record<string, string> };
  const metadata = header.__metadata__ ?? {};
  const key = random.chance(0.15) && 'axond.packed' in metadata ? 'axond.packed' : 'axond.graph';
  metadata[key] = mutateJson(metadata[key] ?? '{}', random);
  return withHeader(JSON.stringify(header), body);
}

function withHeader(text: string, body: Uint8Array): Uint8Array {
  const header = new TextEncoder().encode(text);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return join(length, header, body);
}
