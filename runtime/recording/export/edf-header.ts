import type { ChannelScale } from './edf-scale.js';

/** Widths and signs of the two formats. BDF is EDF with three bytes a sample. */
export const edfFormats = {
  edf: { bits: 16, bytes: 2, version: '0', name: 'EDF' },
  bdf: { bits: 24, bytes: 3, version: '\u00ffBIOSEMI', name: 'BDF' },
} as const;
export type EdfFormat = keyof typeof edfFormats;

export interface EdfHeading {
  readonly format: EdfFormat;
  readonly discontinuous: boolean;
  /** Code of the participant; the empty string where none is known. */
  readonly participant: string;
  /** Of the recording. */
  readonly id: string;
  readonly equipment: string;
  /** Wall clock at the place of the recording. */
  readonly start: CivilTime;
  readonly records: number;
  /** At most eight characters. */
  readonly recordSeconds: string;
  readonly framesPerRecord: number;
  readonly annotationBytes: number;
  readonly channels: readonly { readonly name: string; readonly unit: string; readonly scale: ChannelScale }[];
}

export interface CivilTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** The header of an EDF+ or BDF+ file: 256 bytes, and 256 for each channel and the annotations. */
export function edfHeader(heading: EdfHeading): Uint8Array {
  const { format, channels, start, framesPerRecord, annotationBytes } = heading;
  const { bytes, version, name, bits } = edfFormats[format];
  const signals = channels.length + 1;
  const each = (width: number, of: (channel: (typeof channels)[number]) => string, ofAnnotations: string): string =>
    [...channels.map((channel) => field(of(channel), width)), field(ofAnnotations, width)].join('');
  const two = (value: number): string => String(value).padStart(2, '0');
  const labels = distinct(channels.map(({ name: label }) => plain(label).slice(0, 16)));
  const text = [
    field(version, 8),
    field(`${subfield(heading.participant)} X X X`, 80),
    field(recordingField(heading), 80),
    `${two(start.day)}.${two(start.month)}.${two(start.year % 100)}`,
    `${two(start.hour)}.${two(start.minute)}.${two(start.second)}`,
    field(String(256 * (signals + 1)), 8),
    field(`${name}+${heading.discontinuous ? 'D' : 'C'}`, 44),
    field(String(heading.records), 8),
    field(heading.recordSeconds, 8),
    field(String(signals), 4),
    labels.map((label) => field(label, 16)).join(''),
    field(`${name} Annotations`, 16),
    each(80, () => '', ''),
    each(8, ({ unit }) => plain(unit), ''),
    each(8, ({ scale }) => scale.physicalMinimum, '-1'),
    each(8, ({ scale }) => scale.physicalMaximum, '1'),
    each(8, ({ scale }) => String(scale.digitalMinimum), String(-(2 ** (bits - 1)))),
    each(8, ({ scale }) => String(scale.digitalMaximum), String(2 ** (bits - 1) - 1)),
    each(80, () => '', ''),
    each(8, () => String(framesPerRecord), String(annotationBytes / bytes)),
    each(32, () => '', ''),
  ].join('');
  return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
}

/** `Startdate`, and the subfields that EDF+ wants: code of the investigation, technician, equipment. */
function recordingField({ start: { day, month, year }, id, equipment }: EdfHeading): string {
  const date = `${String(day).padStart(2, '0')}-${months[month - 1] ?? ''}-${year}`;
  return `Startdate ${date} ${subfield(id)} X ${subfield(equipment)}`;
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/** Subfields are divided by spaces, and X where nothing is known. */
function subfield(text: string): string {
  return plain(text).replace(/ +/g, '_') || 'X';
}

/** The header is of printable ASCII. */
function plain(text: string): string {
  return text.replace(/[\u00b5\u03bc]/g, 'u').replace(/[^ -~]/g, '_');
}

function field(text: string, width: number): string {
  return text.padEnd(width).slice(0, width);
}

/** Names cut to the same label get a number. */
function distinct(labels: readonly string[]): string[] {
  const used = new Set<string>();
  return labels.map((label) => {
    let chosen = label;
    for (let n = 2; used.has(chosen); n++) chosen = `${label.slice(0, 15 - String(n).length)}~${n}`;
    used.add(chosen);
    return chosen;
  });
}
