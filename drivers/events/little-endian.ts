export function readInt32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) >>> 0;
}

/** Exact to ±2⁵³, which is 285 years of microseconds. */
export function readInt64(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + 4) * 2 ** 32 + readUint32(bytes, at);
}
