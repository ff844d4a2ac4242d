import zlib from 'node:zlib';

/** Unpacks frames of Zstandard of at most `most` bytes in all; undefined where they are damaged, or longer. */
export type UnpackZstd = (packed: Uint8Array, most: number) => Uint8Array | undefined;

/** Node.js has it from 22.15 on; undefined where it has not. */
export const zstdOfNode: UnpackZstd | undefined = (() => {
  const decompress: unknown = Reflect.get(zlib, 'zstdDecompressSync');
  if (typeof decompress !== 'function') return undefined;
  return (packed, most) => {
    try {
      const unpacked: unknown = Reflect.apply(decompress, zlib, [packed, { maxOutputLength: most }]);
      return unpacked instanceof Uint8Array ? unpacked : undefined;
    } catch {
      return undefined;
    }
  };
})();
