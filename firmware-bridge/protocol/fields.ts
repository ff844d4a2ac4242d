/**
 * Numbers in the fields of messages, little-endian. Writing refuses what does not fit: a number that wrapped around would
 * be another command. Times of 64 bits are plain numbers here, whole up to 2^53, which is 285 years.
 */

export function put8(view: DataView, at: number, value: number, field: string): void {
  view.setUint8(at, whole(value, 0xff, field));
}

export function put16(view: DataView, at: number, value: number, field: string): void {
  view.setUint16(at, whole(value, 0xffff, field), true);
}

export function put32(view: DataView, at: number, value: number, field: string): void {
  view.setUint32(at, whole(value, 0xffffffff, field), true);
}

export function put64(view: DataView, at: number, value: number, field: string): void {
  whole(value, Number.MAX_SAFE_INTEGER, field);
  const low = value % two32;
  view.setUint32(at, low, true);
  view.setUint32(at + 4, (value - low) / two32, true);
}

/** NaN where the number is too large for a whole one. */
export function get64(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  return high < 0x200000 ? high * two32 + view.getUint32(at, true) : NaN;
}

export function putBytes(view: DataView, at: number, values: Uint8Array): void {
  for (let i = 0; i < values.length; i++) view.setUint8(at + i, values[i] as number);
}

export function getBytes(view: DataView, at: number, values: Uint8Array): void {
  for (let i = 0; i < values.length; i++) values[i] = view.getUint8(at + i);
}

export function putCounts(view: DataView, at: number, values: Int16Array): void {
  for (let i = 0; i < values.length; i++) view.setInt16(at + 2 * i, values[i] as number, true);
}

export function getCounts(view: DataView, at: number, values: Int16Array): void {
  for (let i = 0; i < values.length; i++) values[i] = view.getInt16(at + 2 * i, true);
}

const two32 = 0x100000000;

function whole(value: number, most: number, field: string): number {
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new RangeError(`${field}: ${value} does not fit. It must be a whole number from 0 to ${most}.`);
  return value;
}
