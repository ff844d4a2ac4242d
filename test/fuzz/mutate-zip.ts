import { deflateRawSync } from 'node:zlib';
import { join, mutateBytes } from './mutate-bytes.js';
import type { Random } from './random.js';

interface Member {
  readonly name: string;
  readonly method: number;
  readonly stored: Uint8Array;
  readonly size: number;
  /** A claim that differs from what is there: which field of the central directory, and what it says. */
  readonly lie?: { readonly at: number; readonly width: 2 | 4; readonly value: number };
}

/** Members and pickle changed; the archive around them is whole but for a lie in its directory now and then. */
export function mutateZip(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const members = [...read(bytes)];
  if (members.length === 0) return mutateBytes(bytes, other, random);
  const at = random.below(members.length);
  const member = members[at]!;
  const pickle = members.findIndex(({ name }) => name.endsWith('data.pkl'));
  const kind = random.below(12);
  if (kind === 0) members.splice(at, 1);
  else if (kind === 1) members.push({ ...member, stored: mutateBytes(member.stored, bytes, random) });
  else if (kind === 2)
    members[at] = { ...member, name: random.pick([...members.map(({ name }) => name), '../x', '', 'a/data.pkl']) };
  else if (kind === 3) members[at] = plain(member, mutateBytes(member.stored, bytes, random));
  else if (kind === 4) {
    const [place, width] = random.pick<[number, 2 | 4]>([
      [8, 2],
      [10, 2],
      [16, 4],
      [20, 4],
      [24, 4],
      [28, 2],
      [30, 2],
      [42, 4],
    ]);
    const value = random.pick([0, 1, 8, 99, 65535, 2 ** 31 - 1, 2 ** 32 - 1, member.size + 1, member.size * 1000]);
    members[at] = { ...member, lie: { at: place, width, value: width === 2 ? value & 65535 : value } };
  } else if (kind === 5) {
    const stored = random.chance(0.2) ? bomb() : deflateRawSync(member.stored);
    const size = random.pick([member.size, mostOfBomb, 10]);
    members[at] = { ...member, method: 8, stored, size };
  } else if (pickle !== -1) {
    const { stored } = members[pickle]!;
    members[pickle] = plain(
      members[pickle]!,
      random.chance(0.3) ? mutateBytes(stored, other, random) : mutatePickle(stored, random),
    );
  }
  return writeZip(members);
}

const mostOfBomb = 80 << 20;
let zeros: Uint8Array | undefined;
/** 80 MiB of zeros in 80 kB. */
function bomb(): Uint8Array {
  return (zeros ??= deflateRawSync(Buffer.alloc(mostOfBomb)));
}

function plain(member: Member, stored: Uint8Array): Member {
  return { ...member, method: 0, stored, size: stored.length };
}

const opcodes = Array.from(
  '.(\x85\x86\x87t)}]lNI\x88\x89KMJ\x8a\x8bGXU\x8cBCQcR\x93b0129qrhj\x94ues\x80\x95aeS',
  (each) => each.charCodeAt(0),
);
const pieces = [
  'cos\nsystem\n',
  'cbuiltins\neval\n',
  'ctorch\nFloatStorage\n',
  'ccollections\nOrderedDict\n',
  '\x8a\xff',
  'X\xff\xff\xff\x7f',
  '\x8b\xff\xff\xff\x7f',
  '}q\x01h\x01h\x01s',
  ']q\x01h\x01a',
  '(((((((((((((((((((((',
  'M\xff\xffM\xff\xff\x86',
  'J\xff\xff\xff\x7f',
].map((text) => Uint8Array.from(text, (each) => each.charCodeAt(0)));

function mutatePickle(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated: Uint8Array = bytes.slice();
  for (let rounds = 1 + random.below(3); rounds > 0; rounds--) {
    const at = random.below(mutated.length);
    const kind = random.below(4);
    if (kind === 0) mutated[at] = random.pick(opcodes);
    else if (kind === 1) mutated = join(mutated.subarray(0, at), random.pick(pieces), mutated.subarray(at));
    else if (kind === 2) {
      // The operand of a number: shapes, strides, sizes and places in the memo.
      const operands = [...mutated.keys()].filter((place) => [0x4b, 0x4d, 0x4a, 0x71, 0x68].includes(mutated[place]!));
      const place = operands.length > 0 ? random.pick(operands) + 1 : at;
      mutated[place] = random.pick([0, 1, 2, 127, 128, 255, (mutated[place] ?? 0) + 1]);
    } else mutated = join(mutated.subarray(0, at), mutated.subarray(at + 1 + random.below(8)));
  }
  return mutated;
}

const known = new WeakMap<Uint8Array, readonly Member[]>();

function read(bytes: Uint8Array): readonly Member[] {
  let members = known.get(bytes);
  if (!members) {
    members = readMembers(bytes);
    known.set(bytes, members);
  }
  return members;
}

function readMembers(bytes: Uint8Array): Member[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) return [];
  const members: Member[] = [];
  let at = view.getUint32(end + 16, true);
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    members.push({
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)),
      method: view.getUint16(at + 10, true),
      stored: bytes.subarray(start, start + view.getUint32(at + 20, true)),
      size: view.getUint32(at + 24, true),
    });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return members;
}

/** A ZIP archive, stored or deflated as the members say. */
export function writeZip(members: readonly Member[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, method, stored, size, lie } of members) {
    const named = new TextEncoder().encode(name);
    const crc = method === 0 ? crc32(stored) : 0;
    const central = new Uint8Array(46 + named.length);
    const view = new DataView(central.buffer);
    view.setUint32(0, 0x02014b50, true);
    view.setUint16(10, method, true);
    view.setUint32(16, crc, true);
    view.setUint32(20, stored.length, true);
    view.setUint32(24, size, true);
    view.setUint16(28, named.length, true);
    view.setUint32(42, at, true);
    central.set(named, 46);
    if (lie?.width === 2) view.setUint16(lie.at, lie.value, true);
    if (lie?.width === 4) view.setUint32(lie.at, lie.value, true);
    directory.push(central);
    const local = new Uint8Array(30 + named.length);
    new DataView(local.buffer).setUint32(0, 0x04034b50, true);
    local.set(central.subarray(8, 28), 6);
    new DataView(local.buffer).setUint16(26, named.length, true);
    local.set(named, 30);
    parts.push(local, stored);
    at += local.length + stored.length;
  }
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, members.length, true);
  view.setUint16(10, members.length, true);
  view.setUint32(
    12,
    directory.reduce((length, { length: each }) => length + each, 0),
    true,
  );
  view.setUint32(16, at, true);
  return join(...parts, ...directory, end);
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255]!;
  return ~crc >>> 0;
}
