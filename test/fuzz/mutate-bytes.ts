import type { Random } from './random.js';

/** Where parsers break: borders of the widths and what is next to them. */
export const interesting: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  4n,
  8n,
  16n,
  100n,
  127n,
  128n,
  255n,
  256n,
  4096n,
  32767n,
  32768n,
  65535n,
  65536n,
  1n << 20n,
  1n << 24n,
  1n << 28n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 32n,
  1n << 40n,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];

/** One change or four that know nothing of the format; `other` is a file to splice from. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let mutated = bytes;
  for (let rounds = random.chance(0.6) ? 1 : 4; rounds > 0; rounds--)
    mutated = random.pick(changes)(mutated, other, random);
  return mutated;
}

type Change = (bytes: Uint8Array, other: Uint8Array, random: Random) => Uint8Array;

const changes: readonly Change[] = [flipBits, setBytes, setInteger, setInteger, cutOff, insert, remove, splice, fill];

function flipBits(bytes: Uint8Array, _: Uint8Array, random: Random): Uint8Array {
  const mutated = bytes.slice();
  for (let flips = 1 + random.below(8); flips > 0 && bytes.length > 0; flips--)
    mutated[place(bytes, random)]! ^= 1 << random.below(8);
  return mutated;
}

function setBytes(bytes: Uint8Array, _: Uint8Array, random: Random): Uint8Array {
  const mutated = bytes.slice();
  for (let sets = 1 + random.below(4); sets > 0 && bytes.length > 0; sets--)
    mutated[place(bytes, random)] = random.below(256);
  return mutated;
}

/** Lengths, counts and offsets: a number of 1, 2, 4 or 8 bytes, either end first. */
function setInteger(bytes: Uint8Array, _: Uint8Array, random: Random): Uint8Array {
  const width = random.pick([1, 2, 4, 4, 4, 8]);
  if (bytes.length < width) return bytes;
  const mutated = bytes.slice();
  const at = Math.min(place(bytes, random), bytes.length - width);
  writeInteger(mutated, at, width, random, random.chance(0.1));
  return mutated;
}

export function writeInteger(bytes: Uint8Array, at: number, width: number, random: Random, bigEndian = false): void {
  const order = Array.from({ length: width }, (_, place) => at + (bigEndian ? width - 1 - place : place));
  const old = order.reduceRight((value, place) => (value << 8n) | BigInt(bytes[place] ?? 0), 0n);
  let value = random.pick([
    () => random.pick(interesting),
    () => old + BigInt(random.below(9) - 4),
    () => old << BigInt(random.below(9)),
    () => BigInt(bytes.length + random.below(9) - 4),
    () => -1n - BigInt(random.below(8)),
  ])();
  for (const place of order) {
    bytes[place] = Number(value & 255n);
    value >>= 8n;
  }
}

function cutOff(bytes: Uint8Array, _: Uint8Array, random: Random): Uint8Array {
  const rest = random.chance(0.5) ? bytes.length - 1 - random.below(64) : random.below(bytes.length + 1);
  return bytes.subarray(0, Math.max(0, rest));
}

function insert(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random.chance(0.2) ? bytes.length : place(bytes, random);
  const length = 1 + random.below(random.chance(0.8) ? 16 : 2000);
  const source = random.chance(0.5) ? bytes : other;
  const from = random.below(source.length + 1);
  return join(
    bytes.subarray(0, at),
    random.chance(0.5) ? random.bytes(Math.min(length, 64)) : source.subarray(from, from + length),
    bytes.subarray(at),
  );
}

function remove(bytes: Uint8Array, _: Uint8Array, random: Random): Uint8Array {
  const at = place(bytes, random);
  return join(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(random.chance(0.8) ? 16 : 2000)));
}

/** The start of one file and the end of another, or a piece of it in between. */
function splice(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = place(bytes, random);
  const from = random.chance(0.5) ? at : random.below(other.length + 1);
  const length = random.chance(0.5) ? other.length : 1 + random.below(256);
  const piece = other.subarray(from, from + length);
  return join(
    bytes.subarray(0, at),
    piece,
    length < other.length ? bytes.subarray(at + piece.length) : piece.subarray(0, 0),
  );
}

function fill(bytes: Uint8Array, _: Uint8Array, random: Random): Uint8Array {
  const at = place(bytes, random);
  return bytes.slice().fill(random.pick([0, 255, 0x80, 0x7f]), at, at + 1 + random.below(64));
}

/** Headers lie at the start or the end of a file; most of the rest is weights. */
function place(bytes: Uint8Array, random: Random): number {
  const near = Math.min(bytes.length, 1500);
  const kind = random.below(3);
  if (kind === 0) return random.below(near);
  return kind === 1 ? Math.max(0, bytes.length - 1 - random.below(near)) : random.below(bytes.length);
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
