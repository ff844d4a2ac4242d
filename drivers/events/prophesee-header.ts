import type { SensorSize } from './record-decoder.js';

export interface PropheseeHeader {
  /** `EVT3`, as the header writes it; or the empty string. */
  readonly format: string;
  readonly size: SensorSize | undefined;
  /** Of a 64-bit word: as two halves, the high one first, or as a whole. Undefined where the header does not tell. */
  readonly halves: boolean | undefined;
}

/** Lines like `% format EVT3;height=720;width=1280`, or of older files `% evt 3.0` and `% geometry 1280x720`. */
export function readPropheseeHeader(lines: readonly string[]): PropheseeHeader {
  const value = (key: string): string | undefined =>
    lines.find((line) => line.startsWith(`% ${key} `))?.slice(key.length + 3);
  const [name, ...pairs] = value('format')?.split(';') ?? [];
  const attributes = new Map(pairs.map((pair) => pair.split('=', 2) as [string, string | undefined]));
  const old = { '2.0': 'EVT2', '2.1': 'EVT21', '3.0': 'EVT3' }[value('evt') ?? ''];
  const geometry = /^(\d{1,4})x(\d{1,4})$/.exec(value('geometry') ?? '');
  const width = Number(attributes.get('width') ?? geometry?.[1] ?? 0);
  const height = Number(attributes.get('height') ?? geometry?.[2] ?? 0);
  const endianness = attributes.get('endianness');
  return {
    format: name ?? old ?? '',
    size: width > 0 && height > 0 ? { width, height } : undefined,
    halves: endianness === undefined ? undefined : endianness === 'legacy',
  };
}

/** Why a decoder of `format` cannot read a stream with this header, or the empty string. */
export function wrongFormat(header: PropheseeHeader, format: string): string {
  if (header.format === '' || header.format === format) return '';
  return `the header says ${header.format}, the format set is ${format.toLowerCase()}. Set it to ${header.format.toLowerCase()}.`;
}
