import { interesting, join, mutateBytes } from './mutate-bytes.js';
import type { Random } from './random.js';

/** A field as it is on the wire: a number, or bytes that may be a message themselves. */
interface Field {
  readonly number: number;
  readonly wire: 0 | 1 | 2 | 5;
  readonly value: bigint | Uint8Array;
  readonly message?: readonly Field[];
}

const parsed = new WeakMap<Uint8Array, { root: readonly Field[]; all: readonly Field[] }>();

/** One to three fields left out, doubled, exchanged or given other contents; all lengths around them are right. */
export function mutateProtobuf(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const { root, all } = parse(bytes);
  const donors = random.chance(0.3) ? parse(other).all : all;
  if (all.length === 0 || donors.length === 0) return mutateBytes(bytes, other, random);
  const changed = new Map<Field, readonly Field[]>();
  for (let rounds = random.chance(0.7) ? 1 : 3; rounds > 0; rounds--) {
    const field = random.pick(all);
    changed.set(field, replacement(field, donors, random));
  }
  return encode(root, changed);
}

function replacement(field: Field, donors: readonly Field[], random: Random): readonly Field[] {
  const kind = random.below(8);
  if (kind === 0) return [];
  if (kind === 1) return [field, field];
  if (kind === 2) return [random.pick(donors)];
  if (kind <= 4) {
    const alike = donors.filter((each) => each.number === field.number && each.wire === field.wire);
    return [alike.length > 0 ? random.pick(alike) : field];
  }
  const { number, wire, value } = field;
  if (typeof value === 'bigint') {
    const next = random.chance(0.5) ? random.pick(interesting) : value + BigInt(random.below(9) - 4);
    return [{ number, wire, value: BigInt.asUintN(64, next) }];
  }
  if (kind === 5 && random.chance(0.1)) return Array.from({ length: 500 }, () => field);
  return [{ number, wire, value: mutateBytes(value, value, random).slice(0, wire === 2 ? undefined : value.length) }];
}

function parse(bytes: Uint8Array): { root: readonly Field[]; all: readonly Field[] } {
  let known = parsed.get(bytes);
  if (!known) {
    const root = parseMessage(bytes, 0) ?? [];
    const all: Field[] = [];
    const collect = (fields: readonly Field[]): void => {
      for (const field of fields) {
        all.push(field);
        if (field.message) collect(field.message);
      }
    };
    collect(root);
    known = { root, all };
    parsed.set(bytes, known);
  }
  return known;
}

function parseMessage(bytes: Uint8Array, depth: number): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n && at < bytes.length; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const key = varint();
    if (key === undefined || key >> 3n === 0n || key >> 3n > 100n) return undefined;
    const number = Number(key >> 3n);
    const wire = Number(key & 7n);
    if (wire === 0) {
      const value = varint();
      if (value === undefined) return undefined;
      fields.push({ number, wire, value });
    } else if (wire === 1 || wire === 2 || wire === 5) {
      const length = wire === 1 ? 8n : wire === 5 ? 4n : varint();
      if (length === undefined || BigInt(at) + length > BigInt(bytes.length)) return undefined;
      const value = bytes.subarray(at, (at += Number(length)));
      const message = wire === 2 && value.length > 1 && depth < 10 ? parseMessage(value, depth + 1) : undefined;
      fields.push({ number, wire, value, ...(message && { message }) });
    } else return undefined;
  }
  return fields;
}

const unchanged: ReadonlyMap<Field, readonly Field[]> = new Map();

/** What stands in for a field is written as it was: it may hold what it stands for. */
function encode(fields: readonly Field[], changed: ReadonlyMap<Field, readonly Field[]>): Uint8Array {
  const parts: Uint8Array[] = [];
  const write = (field: Field, within: ReadonlyMap<Field, readonly Field[]>): void => {
    parts.push(varint(BigInt(field.number * 8 + field.wire)));
    if (typeof field.value === 'bigint') parts.push(varint(field.value));
    else {
      const value = field.message && within.size > 0 ? encode(field.message, within) : field.value;
      if (field.wire === 2) parts.push(varint(BigInt(value.length)));
      parts.push(value);
    }
  };
  for (const field of fields) {
    const instead = changed.get(field);
    if (instead) for (const each of instead) write(each, unchanged);
    else write(field, changed);
  }
  return join(...parts);
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
  return Uint8Array.of(...bytes, Number(value));
}
