import { ModelError } from '../../format/model-error.js';

const mostMembers = 8192;
const endLength = 22;

/**
 * The members of a ZIP archive whose members are stored, not compressed, as PyTorch writes it. Views into the file; each
 * was checked against its CRC-32.
 */
export function readStoredZip(file: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count > mostMembers) throw damaged(`it claims ${count} members, the most is ${mostMembers}`);
  const members = new Map<string, Uint8Array>();
  for (let member = 0; member < count; member++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50)
      throw damaged(`its directory ends after ${member} of ${count} members`);
    const [nameLength, extra, comment] = [
      view.getUint16(at + 28, true),
      view.getUint16(at + 30, true),
      view.getUint16(at + 32, true),
    ];
    if (at + 46 + nameLength > end) throw damaged('a name leaves its directory');
    const name = new TextDecoder().decode(file.subarray(at + 46, at + 46 + nameLength));
    if (members.has(name)) throw damaged(`two members are called ${name}`);
    members.set(name, memberAt(file, view, at, name));
    at += 46 + nameLength + extra + comment;
  }
  return members;
}

function endOf(view: DataView): number {
  const last = view.byteLength - endLength;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) if (view.getUint32(at, true) === 0x06054b50) return at;
  throw damaged('its end is missing: it was cut off, or is no ZIP archive');
}

/** `at`: the entry of the member in the directory. */
function memberAt(file: Uint8Array, view: DataView, at: number, name: string): Uint8Array {
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const [crc, packed, size] = [
    view.getUint32(at + 16, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 24, true),
  ];
  const local = view.getUint32(at + 42, true);
  if ((flags & 1) !== 0 || method !== 0 || packed !== size)
    throw new ModelError(
      `${name}: is compressed or encrypted. torch.save stores its members as they are: save again with it.`,
    );
  if (size === 0xffffffff || local === 0xffffffff) throw new ModelError(`${name}: archives over 4 GB are not read.`);
  if (local + 30 > file.length || view.getUint32(local, true) !== 0x04034b50)
    throw damaged(`${name} is not where the directory says`);
  const begin = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (begin + size > file.length) throw damaged(`${name} of ${size} bytes leaves the file`);
  const bytes = file.subarray(begin, begin + size);
  if (crc32(bytes) !== crc) throw damaged(`the bytes of ${name} are not those that were written (CRC-32)`);
  return bytes;
}

function damaged(reason: string): ModelError {
  return new ModelError(`PyTorch file: ${reason}. Copy it again.`);
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 255] as number);
  return ~crc >>> 0;
}
