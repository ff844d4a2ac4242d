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
export type Codes = Extract<Value, { domain: 'codes' }>;

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((axis, place) => axis === b[place]);
}

export function rangeOfCodes(type: Codes['type']): readonly [low: number, high: number] {
  return type === 'u8' ? [0, 255] : type === 'i8' ? [-128, 127] : [-32768, 32767];
}

/** How a value is named in a message: `spikes [16, 6]`. */
export function describeValue(value: Value): string {
  const kind = value.domain === 'codes' ? `${value.type} codes` : value.domain;
  return `${kind} ${describeShape(value.shape)}`;
}

export function describeShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
