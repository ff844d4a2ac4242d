import { readInt32, readUint32 } from './little-endian.js';

/**
 * Reads the few tables that AEDAT 4 has. Each function returns −1 where the bytes cannot hold what is asked. Source:
 * flatbuffers.dev, "FlatBuffer internals".
 */
export function rootTable(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  const table = at + readUint32(bytes, at);
  return table + 4 <= end ? table : -1;
}

/** Where the field lies; −1 where the table leaves it at its default. */
export function fieldAt(bytes: Uint8Array, table: number, field: number, begin: number, end: number): number {
  if (table < begin || table + 4 > end) return -1;
  const directory = table - readInt32(bytes, table);
  const entry = directory + 4 + 2 * field;
  if (directory < begin || directory + 4 > end || entry + 2 > end) return -1;
  if (entry + 2 - directory > readUint16(bytes, directory)) return -1;
  const offset = readUint16(bytes, entry);
  return offset === 0 || table + offset + 4 > end ? -1 : table + offset;
}

/** The first element of a vector or of a string whose field lies at `field`; its count stands in the 4 bytes before. */
export function elementsAt(bytes: Uint8Array, field: number, elementBytes: number, end: number): number {
  if (field < 0 || field + 4 > end) return -1;
  const vector = field + readUint32(bytes, field);
  if (vector + 4 > end || vector + 4 + readUint32(bytes, vector) * elementBytes > end) return -1;
  return vector + 4;
}

function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}
