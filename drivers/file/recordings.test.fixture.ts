import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { SampleBlock } from '../../runtime/contracts.js';
import { openSignalFile, type SignalFile } from './signal-file.js';

/** What the tests of this folder share: files made on the spot, reading to the end, and the reference data. */

/** Frames of gaps have true in `gaps`. */
export interface Contents {
  readonly file: SignalFile;
  readonly counts: number[][];
  readonly gaps: boolean[];
  readonly counters: number[];
}

/** Writes `content` under an uninformative name, opens it, reads all of it. */
export function readContent(content: string | Uint8Array, options: { rate?: number; gzip?: boolean } = {}): Contents {
  const folder = mkdtempSync(join(tmpdir(), 'axond-file-'));
  try {
    const path = join(folder, 'night.rec');
    writeFileSync(path, options.gzip === true ? gzipSync(content) : content);
    return readAll(openSignalFile(path, options.rate === undefined ? {} : { rate: options.rate }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function readAll(file: SignalFile, capacity = 7): Contents {
  const block = makeBlock(file.stream.channels.length, capacity);
  const contents: Contents = { file, counts: [], gaps: [], counters: [] };
  while (file.read(block) > 0) {
    if (block.firstIndex !== contents.counts.length) throw new Error(`index ${block.firstIndex}`);
    for (let frame = 0; frame < block.frames; frame++) {
      contents.counts.push([...block.counts.subarray(frame * block.channels, (frame + 1) * block.channels)]);
      contents.gaps.push(block.flags[frame] === 1);
      contents.counters.push(block.counters[frame] ?? NaN);
    }
  }
  return contents;
}

export function makeBlock(channels: number, capacity: number): SampleBlock {
  return {
    channels,
    capacity,
    counts: new Int32Array(capacity * channels),
    counters: new Int32Array(capacity),
    flags: new Uint8Array(capacity),
    frames: 0,
    firstIndex: 0,
    arrivalUs: 0,
  };
}

/** Path in the reference data, or undefined where they are absent. */
export function sharedPath(...parts: string[]): string | undefined {
  // This file is compiled to <checkout>/<build>/drivers/file.
  const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
  const path = join(process.env['AXOND_SHARED'] ?? join(checkout, '..', 'shared'), ...parts);
  return existsSync(path) ? path : undefined;
}

/** One signal of a file for `edfBytes`; `samples` of all records in a row. */
export interface EdfTestSignal {
  readonly label: string;
  readonly unit?: string;
  readonly physical?: readonly [number | string, number | string];
  readonly digital?: readonly [number | string, number | string];
  readonly perRecord: number;
  readonly samples: readonly number[];
}

/** Bytes of an EDF file, field by field as the specification lists them. `lists` are annotation texts, one a record. */
export function edfBytes(options: {
  signals: readonly EdfTestSignal[];
  records: number;
  seconds?: number | string;
  reserved?: string;
  lists?: readonly string[];
  declaredRecords?: number | string;
}): Uint8Array {
  const { signals, records, lists } = options;
  const listBytes = 60;
  const all = lists
    ? [
        ...signals,
        {
          label: 'EDF Annotations',
          unit: '',
          digital: [-32768, 32767],
          physical: [-1, 1],
          perRecord: listBytes / 2,
          samples: [],
        },
      ]
    : signals;
  const text = (value: number | string, width: number): string => String(value).padEnd(width).slice(0, width);
  const each = (of: (signal: EdfTestSignal) => number | string, width: number): string =>
    all.map((signal) => text(of(signal as EdfTestSignal), width)).join('');
  const header = [
    text('0', 8),
    text('X X X X', 80),
    text('Startdate 02-MAR-2021 X X X', 80),
    text('02.03.21', 8),
    text('22.10.05', 8),
    text(256 * (all.length + 1), 8),
    text(options.reserved ?? '', 44),
    text(options.declaredRecords ?? records, 8),
    text(options.seconds ?? 1, 8),
    text(all.length, 4),
    each((signal) => signal.label, 16),
    each(() => 'AgCl', 80),
    each((signal) => signal.unit ?? 'uV', 8),
    each((signal) => signal.physical?.[0] ?? -3276.8, 8),
    each((signal) => signal.physical?.[1] ?? 3276.7, 8),
    each((signal) => signal.digital?.[0] ?? -32768, 8),
    each((signal) => signal.digital?.[1] ?? 32767, 8),
    each(() => 'HP:0.1Hz', 80),
    each((signal) => signal.perRecord, 8),
    each(() => '', 32),
  ].join('');
  const data: number[] = [];
  for (let record = 0; record < records; record++) {
    for (const { perRecord, samples } of signals) {
      for (let sample = 0; sample < perRecord; sample++) {
        const value = (samples[record * perRecord + sample] ?? 0) & 0xffff;
        data.push(value & 0xff, value >> 8);
      }
    }
    if (lists) data.push(...Buffer.from((lists[record] ?? '').padEnd(listBytes, '\0').slice(0, listBytes), 'utf8'));
  }
  return Buffer.concat([Buffer.from(header, 'latin1'), Buffer.from(data)]);
}
