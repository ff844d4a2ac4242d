import { ascii } from './decimal.js';
import { SignalFileError, type ByteSource } from './recorded-frames.js';

/** EDF and EDF+ headers: 256 bytes for the file and 256 for each signal, all ASCII in fields of fixed width. */
export interface EdfHeader {
  readonly bytes: number;
  /** EDF+D: records may leave holes between them, and tell their own times. */
  readonly discontinuous: boolean;
  readonly records: number;
  /** Seconds that one record lasts; 0 in a file of annotations alone. */
  readonly recordSeconds: number;
  readonly recordBytes: number;
  readonly signals: readonly EdfSignal[];
}

export interface EdfSignal {
  readonly label: string;
  readonly annotations: boolean;
  readonly unit: string;
  readonly physicalMinimum: number;
  readonly physicalMaximum: number;
  readonly digitalMinimum: number;
  readonly digitalMaximum: number;
  readonly samplesPerRecord: number;
  /** Where its samples lie in a record. */
  readonly byteInRecord: number;
}

export function readEdfHeader(source: ByteSource): EdfHeader {
  const main = new Fields(source, 0, 256);
  const count = main.integer('number of signals', 252, 4, 1, 9999);
  const bytes = main.integer('number of header bytes', 184, 8, 0, 1e8);
  if (bytes !== 256 * (count + 1)) {
    throw main.fault('number of header bytes', 184, 8, `must be ${256 * (count + 1)} for ${count} signals`);
  }
  const reserved = main.text(192, 44);
  const recordSeconds = main.number('seconds a record', 244, 8);
  if (recordSeconds < 0) throw main.fault('seconds a record', 244, 8, 'must not be negative');

  const fields = new Fields(source, 256, 256 * count);
  const signals: EdfSignal[] = [];
  let recordBytes = 0;
  for (let signal = 0; signal < count; signal++) {
    const next = readSignal(fields, signal, count, recordBytes);
    recordBytes += 2 * next.samplesPerRecord;
    signals.push(next);
  }
  return {
    bytes,
    discontinuous: reserved.startsWith('EDF+D'),
    records: countRecords(source, main, bytes, recordBytes),
    recordSeconds,
    recordBytes,
    signals,
  };
}

function readSignal(fields: Fields, signal: number, count: number, byteInRecord: number): EdfSignal {
  // The fields of all signals lie together: all labels, then all transducers, and so on.
  const at = (before: number, width: number): number => before * count + signal * width;
  const label = fields.text(at(0, 16), 16);
  const number = (what: string, before: number): number => fields.number(`${what} of ${label}`, at(before, 8), 8);
  const annotations = label === 'EDF Annotations';
  const found = {
    label,
    annotations,
    unit: fields.text(at(96, 8), 8),
    physicalMinimum: number('physical minimum', 104),
    physicalMaximum: number('physical maximum', 112),
    digitalMinimum: number('digital minimum', 120),
    digitalMaximum: number('digital maximum', 128),
    samplesPerRecord: fields.integer(`samples a record of ${label}`, at(216, 8), 8, 1, 1e8),
    byteInRecord,
  };
  if (!annotations && found.digitalMaximum <= found.digitalMinimum) {
    throw fields.fault(
      `digital maximum of ${label}`,
      at(128, 8),
      8,
      `must be above the minimum ${found.digitalMinimum}`,
    );
  }
  if (!annotations && found.physicalMaximum === found.physicalMinimum) {
    throw fields.fault(`physical maximum of ${label}`, at(112, 8), 8, 'must differ from the minimum');
  }
  return found;
}

/** A recorder that was not closed leaves −1 as the number of records: then all whole ones count. */
function countRecords(source: ByteSource, main: Fields, headerBytes: number, recordBytes: number): number {
  const records = main.integer('number of data records', 236, 8, -1, 1e9);
  const whole = Math.floor((source.size - headerBytes) / recordBytes);
  if (records > whole) {
    const fix = `the file holds ${whole} whole ones of ${recordBytes} bytes. Copy it again, or write ${whole} there`;
    throw main.fault('number of data records', 236, 8, fix);
  }
  const count = records < 0 ? whole : records;
  if (count > 0) return count;
  throw new SignalFileError(`${source.name}: holds no whole data record. Give the file with the samples.`);
}

/** Text fields of a part of the header, with messages that name byte and value. */
class Fields {
  readonly #source: ByteSource;
  readonly #bytes: Uint8Array;
  readonly #position: number;

  constructor(source: ByteSource, position: number, length: number) {
    this.#source = source;
    this.#position = position;
    this.#bytes = new Uint8Array(length);
    if (source.read(this.#bytes, position) < length) {
      throw new SignalFileError(
        `${source.name}: ends at byte ${source.size}, within the EDF header of ${position + length} bytes. Copy it again.`,
      );
    }
  }

  text(at: number, width: number): string {
    return ascii(this.#bytes, at, at + width).trim();
  }

  number(what: string, at: number, width: number): number {
    const text = this.text(at, width);
    // Some programs write the decimal comma of their country.
    const value = /^[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text.replace(',', '.')) : NaN;
    if (!Number.isFinite(value)) throw this.fault(what, at, width, 'is not a number');
    return value;
  }

  integer(what: string, at: number, width: number, least: number, most: number): number {
    const value = this.number(what, at, width);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw this.fault(what, at, width, `must be a whole number from ${least} to ${most}`);
    }
    return value;
  }

  fault(what: string, at: number, width: number, problem: string): SignalFileError {
    const value = JSON.stringify(this.text(at, width));
    return new SignalFileError(`${this.#source.name}: byte ${this.#position + at}: ${what} ${value}: ${problem}.`);
  }
}
