// What is used of fast-png and jpeg-js, for a checkout that has not installed them yet: they are loaded only where there
// are pictures to read.
declare module 'fast-png' {
  interface DecodedPng {
    width: number;
    height: number;
    data: Uint8Array | Uint8ClampedArray | Uint16Array;
    depth: 1 | 2 | 4 | 8 | 16;
    channels: number;
    palette?: number[][];
  }
  export function decode(data: Uint8Array, options?: { checkCrc?: boolean }): DecodedPng;
  export function encode(picture: {
    width: number;
    height: number;
    data: Uint8Array;
    depth: 8;
    channels: 1 | 3;
  }): Uint8Array;
  export function convertIndexedToRgb(picture: DecodedPng): Uint8Array;
}

declare module 'jpeg-js' {
  const decoder: {
    decode(
      data: Uint8Array,
      options: { useTArray: true; formatAsRGBA?: boolean; tolerantDecoding?: boolean; maxResolutionInMP?: number },
    ): { width: number; height: number; data: Uint8Array };
  };
  export default decoder;
}
