/**
 * Scans of the kernel's industrial I/O, as `Documentation/ABI/testing/sysfs-bus-iio` has them: which values make one, how
 * each is stored, and where it stands. Pure.
 */

export const axes = [
  ...(['accel_x', 'accel_y', 'accel_z'] as const),
  ...(['anglvel_x', 'anglvel_y', 'anglvel_z'] as const),
  ...(['magn_x', 'magn_y', 'magn_z'] as const),
] as const;
export type Axis = (typeof axes)[number];

/** What all of its axes measure: `accel`. */
export const quantityOf = (axis: string): string => axis.replace(/_[xyz]$/, '');

/** What the kernel's scales lead to. */
export function unitOf(axis: Axis): string {
  const quantity = quantityOf(axis);
  return quantity === 'accel' ? 'm/s2' : quantity === 'anglvel' ? 'rad/s' : 'gauss';
}

/** Of one value in a scan. */
export interface ElementType {
  readonly littleEndian: boolean;
  readonly signed: boolean;
  /** Valid bits, and how far to the left of the lowest one they stand. */
  readonly bits: number;
  readonly shift: number;
  readonly bytes: number;
}

export interface Element {
  /** `accel_x`, `timestamp`. */
  readonly name: string;
  /** Values stand in the order of this. */
  readonly index: number;
  readonly type: ElementType;
  /** value = (what is stored + offset) × scale */
  readonly scale: number;
  readonly offset: number;
}

/** What a sensor says of itself before its scans. */
export interface Description {
  /** 0 where it has none of its own: what triggers it decides. */
  readonly rate: number;
  /** Those that are switched on. */
  readonly elements: readonly Element[];
}

/** `le:s12/16>>4`; undefined if it is none, or a value of several. */
export function readElementType(text: string): ElementType | undefined {
  const match = /^([lb]e):([su])(\d{1,2})\/(8|16|32|64)(?:>>(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const [, order, sign, bits, storage, shift = '0'] = match;
  const type: ElementType = {
    littleEndian: order === 'le',
    signed: sign === 's',
    bits: Number(bits),
    shift: Number(shift),
    bytes: Number(storage) / 8,
  };
  return type.bits > 0 && type.bits + type.shift <= 8 * type.bytes ? type : undefined;
}

/** Where each value of a scan stands, by name, and the scan's length: each at a multiple of its own size, the whole of the largest. */
export function layoutOf(elements: readonly Element[]): { at: ReadonlyMap<string, number>; bytes: number } {
  const at = new Map<string, number>();
  let length = 0;
  let largest = 1;
  for (const { name, type } of elements.toSorted((a, b) => a.index - b.index)) {
    length = Math.ceil(length / type.bytes) * type.bytes;
    at.set(name, length);
    length += type.bytes;
    largest = Math.max(largest, type.bytes);
  }
  return { at, bytes: Math.ceil(length / largest) * largest };
}

/** Of at most 32 bits. */
export function readValue(
  view: DataView,
  at: number,
  { bytes, littleEndian, signed, bits, shift }: ElementType,
): number {
  const stored =
    bytes === 1 ? view.getUint8(at) : bytes === 2 ? view.getUint16(at, littleEndian) : view.getUint32(at, littleEndian);
  const value = (stored >>> shift) & (0xffffffff >>> (32 - bits));
  if (!signed) return value >>> 0;
  return (value << (32 - bits)) >> (32 - bits);
}

/** Nanoseconds, to the nearest 256 where they are those since 1970. */
export function readTimestamp(view: DataView, at: number, littleEndian: boolean): number {
  const high = view.getInt32(littleEndian ? at + 4 : at, littleEndian);
  return high * 2 ** 32 + view.getUint32(littleEndian ? at : at + 4, littleEndian);
}

/** As drivers write theirs: 12.5, 12.500000, 99.999. */
export const isSameRate = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-3 * b;

/** Lines from whoever can read a sensor's attributes to whoever takes its scans apart; an empty one ends them. */
export function writeDescription(
  rate: number,
  elements: readonly { name: string; index: string; type: string; scale: string; offset: string }[],
): string {
  const lines = elements.map(({ name, index, type, scale, offset }) => `${name} ${index} ${type} ${scale} ${offset}\n`);
  return `rate ${rate}\n${lines.join('')}\n`;
}

/** What is wrong with it, as text. */
export function readDescription(text: string): Description | string {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const rate = Number(/^rate (\S+)$/.exec(head)?.[1] ?? NaN);
  if (!(rate >= 0 && rate < Infinity)) return `its rate cannot be read (${head})`;
  const elements: Element[] = [];
  for (const line of lines) {
    const [name = '', index, written = '', scale, offset] = line.split(' ');
    const type = readElementType(written);
    const element = { name, index: Number(index), scale: Number(scale), offset: Number(offset) };
    if (!type) return `${name} is stored as ${written}, which is not supported`;
    if (!Number.isInteger(element.index) || !Number.isFinite(element.scale) || !Number.isFinite(element.offset))
      return `what it says of ${name} cannot be read (${line})`;
    elements.push({ ...element, type });
  }
  return { rate, elements };
}
