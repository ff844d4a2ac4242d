/**
 * What flows along an edge of a graph. The arrays that hold it, elements in the order of `shape` (no batch, last axis
 * fastest):
 *   real    Float32Array
 *   codes   Uint8Array, Int8Array, or Int32Array for i16: q stands for scale × (q − zeroPoint)
 *   spikes  Uint8Array: whole numbers from 0 to `levels`
 *   sums    Int32Array: no larger than `most` either way, whatever the input
 */
export type Value = { readonly shape: readonly number[] } & (
  | { readonly domain: 'real' }
  | {
      readonly domain: 'codes';
      readonly type: 'u8' | 'i8' | 'i16';
      readonly scale: number;
      readonly zeroPoint: number;
    }
  | { readonly domain: 'spikes'; readonly levels: number }
  | { readonly domain: 'sums'; readonly most: number }
);
