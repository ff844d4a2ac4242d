/**
 * The kernel's GPIO character device, version 2 of its calls, pure: numbers of the calls, and what goes into and comes
 * out of their memory. Source: linux/gpio.h (kernel 5.10 and later); little-endian.
 */

export const Call = {
  chipInfo: 0x8044b401,
  getLine: 0xc250b407,
  getValues: 0xc010b40e,
  setValues: 0xc010b40f,
} as const;

export const chipInfoBytes = 68;
export const lineRequestBytes = 592;
export const valuesBytes = 16;
export const eventBytes = 48;
/** Lines of one request. */
export const mostLines = 64;

export interface ChipInfo {
  readonly name: string;
  readonly label: string;
  readonly lines: number;
}

export interface LineRequest {
  /** Lines of the chip; bit n of values is the nth of them. */
  readonly offsets: readonly number[];
  /** Shown by `gpioinfo`. */
  readonly consumer: string;
  readonly direction: 'output' | 'input';
  /** 1 is the low level. */
  readonly activeLow: boolean;
  /** Inputs only. */
  readonly pull?: 'up' | 'down';
  /** Inputs only: without it both. */
  readonly edges?: 'rising';
}

/**
 * An output begins with value 0, in the same step in which it becomes an output; an input tells its edges, with
 * CLOCK_MONOTONIC times.
 */
export function writeLineRequest(bytes: Uint8Array, request: LineRequest): void {
  const { offsets, consumer, direction, activeLow, pull, edges } = request;
  if (offsets.length < 1 || offsets.length > mostLines) throw new RangeError(`1 to ${mostLines} lines a request`);
  bytes.fill(0, 0, lineRequestBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, lineRequestBytes);
  offsets.forEach((offset, place) => view.setUint32(4 * place, offset, true));
  for (let i = 0; i < Math.min(consumer.length, 31); i++) bytes[256 + i] = consumer.charCodeAt(i) & 0x7f;
  let flags = activeLow ? Flag.activeLow : 0;
  if (direction === 'output') flags |= Flag.output;
  else flags |= Flag.input | Flag.risingEdge | (edges === undefined ? Flag.fallingEdge : 0);
  if (pull === 'up') flags |= Flag.pullUp;
  if (pull === 'down') flags |= Flag.pullDown;
  view.setBigUint64(288, BigInt(flags), true);
  if (direction === 'output') {
    view.setUint32(296, 1, true); // one attribute: the values to begin with
    view.setUint32(320, outputValues, true);
    view.setBigUint64(328, 0n, true);
    view.setBigUint64(336, (1n << BigInt(offsets.length)) - 1n, true);
  }
  view.setUint32(560, offsets.length, true);
}

/** Of a request that the kernel has granted. */
export function readLineDescriptor(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, lineRequestBytes).getInt32(588, true);
}

/** Bits above 32 are not used here. */
export function writeValues(bytes: Uint8Array, values: number, lines: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, valuesBytes);
  view.setBigUint64(0, BigInt(values), true);
  view.setBigUint64(8, (1n << BigInt(lines)) - 1n, true);
}

export function readValues(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, valuesBytes).getUint32(0, true);
}

export function readChipInfo(bytes: Uint8Array): ChipInfo {
  const lines = new DataView(bytes.buffer, bytes.byteOffset, chipInfoBytes).getUint32(64, true);
  return { name: textAt(bytes, 0, 32), label: textAt(bytes, 32, 32), lines };
}

export interface Edge {
  /** Of the chip. */
  readonly line: number;
  /** The kernel counts the edges of each line from 1: a hole is what it had no room for. */
  readonly number: number;
  /** To 1, which is the low level of a line that is active low. */
  readonly rising: boolean;
  /** CLOCK_MONOTONIC, taken by the kernel in its interrupt. */
  readonly atUs: number;
}

/** The whole events in `bytes[0 … length)`. What is neither edge is left out. */
export function readEdges(bytes: Uint8Array, length: number): Edge[] {
  const edges: Edge[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  for (let at = 0; at + eventBytes <= length; at += eventBytes) {
    const id = view.getUint32(at + 8, true);
    if (id !== 1 && id !== 2) continue;
    edges.push({
      line: view.getUint32(at + 12, true),
      number: view.getUint32(at + 20, true),
      rising: id === 1,
      atUs: Number(view.getBigUint64(at, true)) / 1000,
    });
  }
  return edges;
}

/** The number of the newest event in `bytes[0 … length)`, counted by the kernel for each line from 1; 0 without one. */
export function lastEventNumber(bytes: Uint8Array, length: number): number {
  const at = Math.floor(length / eventBytes) * eventBytes - eventBytes;
  if (at < 0) return 0;
  let number = 0;
  for (let place = 3; place >= 0; place--) number = number * 256 + (bytes[at + 20 + place] as number);
  return number;
}

function textAt(bytes: Uint8Array, from: number, length: number): string {
  let text = '';
  for (let at = from; at < from + length && bytes[at] !== 0; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}

const Flag = {
  activeLow: 1 << 1,
  input: 1 << 2,
  output: 1 << 3,
  risingEdge: 1 << 4,
  fallingEdge: 1 << 5,
  pullUp: 1 << 8,
  pullDown: 1 << 9,
} as const;
/** GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES */
const outputValues = 2;
