import type { Codes, Value } from '../format/value.js';
import { elementsOf } from '../format/value.js';

export type CodeArray = Int8Array | Uint8Array | Int32Array;

/** Codes as they stand between two nodes. */
export interface CodeBuffer {
  readonly kind: Codes;
  readonly values: CodeArray;
}

export interface RealBuffer {
  readonly kind: Extract<Value, { domain: 'real' }>;
  readonly values: Float32Array;
}

export type Buffer = CodeBuffer | RealBuffer;

export function isCodes(buffer: Buffer): buffer is CodeBuffer {
  return buffer.kind.domain === 'codes';
}

export function codeArray(type: Codes['type'], length: number): CodeArray {
  return type === 'i8' ? new Int8Array(length) : type === 'u8' ? new Uint8Array(length) : new Int32Array(length);
}

export function bufferFor(kind: Codes | Extract<Value, { domain: 'real' }>): Buffer {
  const length = elementsOf(kind.shape);
  return kind.domain === 'codes'
    ? { kind, values: codeArray(kind.type, length) }
    : { kind, values: new Float32Array(length) };
}
