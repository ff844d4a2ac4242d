import type { ChannelInfo } from '../../runtime/contracts.js';
import { parseAnnotations } from './edf-annotations.js';
import { readEdfHeader, type EdfHeader, type EdfSignal } from './edf-header.js';
import {
  longestGapSeconds,
  SignalFileError,
  type Annotation,
  type ByteSource,
  type RecordedFrames,
} from './recorded-frames.js';

/**
 * EDF, EDF+C and EDF+D. A stream has one rate: that of most of the voltage channels, or the one asked for; channels at
 * other rates are left out. Holes between the records of EDF+D become gaps.
 */
export function readEdf(source: ByteSource, rate: number | undefined): RecordedFrames {
  const header = readEdfHeader(source);
  const rateOf = (signal: EdfSignal): number => signal.samplesPerRecord / header.recordSeconds;
  const data = header.signals.filter(({ annotations }) => !annotations);
  if (data.length === 0 || header.recordSeconds === 0) {
    throw new SignalFileError(`${source.name}: holds annotations only. Give the file with the signals.`);
  }
  const streamRate = rate ?? commonRate(data, rateOf);
  const chosen = data.filter((signal) => rateOf(signal) === streamRate);
  if (chosen.length === 0) {
    const rates = [...new Set(data.map(rateOf))].join(', ');
    throw new SignalFileError(`${source.name}: has no channel at ${streamRate} Hz. Its rates are ${rates} Hz.`);
  }

  const { starts, annotations } = readTimes(source, header);
  const perRecord = (chosen[0] as EdfSignal).samplesPerRecord;
  const firstFrames = frameOfRecords(source, header, starts, perRecord);
  const channels = chosen.map((signal) => describeChannel(source, signal));
  const record = new Uint8Array(header.recordBytes);
  const counts = new Int32Array(chosen.length);
  let recordNumber = -1;
  let frame = perRecord;
  return {
    format: 'edf',
    stream: { device: 'file', channels: channels.map(({ info }) => info), rate: streamRate, delayUs: 0 },
    frames: (firstFrames[header.records - 1] as number) + perRecord,
    annotations,
    leftOut: data.filter((signal) => !chosen.includes(signal)).map((signal) => `${signal.label}: ${rateOf(signal)} Hz`),
    counts,
    counter: -1,
    next() {
      let lost = 0;
      if (frame === perRecord) {
        recordNumber++;
        if (recordNumber >= header.records) return -1;
        readRecord(source, header, recordNumber, record);
        const before = recordNumber === 0 ? 0 : (firstFrames[recordNumber - 1] as number) + perRecord;
        lost = (firstFrames[recordNumber] as number) - before;
        frame = 0;
      }
      for (let channel = 0; channel < counts.length; channel++) {
        const at = (chosen[channel] as EdfSignal).byteInRecord + 2 * frame;
        const digital = (((record[at + 1] as number) << 24) >> 16) | (record[at] as number);
        counts[channel] = digital + (channels[channel] as EdfChannel).shift;
      }
      frame++;
      return lost;
    },
  };
}

interface EdfChannel {
  readonly info: ChannelInfo;
  /** Added to the digital value, so that counts × scale is the physical value within half a step. */
  readonly shift: number;
}

function describeChannel(source: ByteSource, signal: EdfSignal): EdfChannel {
  const { physicalMinimum, physicalMaximum, digitalMinimum, digitalMaximum } = signal;
  const step = (physicalMaximum - physicalMinimum) / (digitalMaximum - digitalMinimum);
  const shift = Math.round(physicalMinimum / step - digitalMinimum);
  if (Math.abs(shift) > 2 ** 30) {
    throw new SignalFileError(
      `${source.name}: ${signal.label} goes from ${physicalMinimum} to ${physicalMaximum} ${signal.unit}, too far from 0 ` +
        'for its step. Remove this channel.',
    );
  }
  const [low, high] = [digitalMinimum + shift, digitalMaximum + shift];
  const microvolts = microvoltsPer[signal.unit];
  return {
    info: {
      name: signal.label,
      unit: microvolts === undefined ? signal.unit : 'uV',
      scale: step * (microvolts ?? 1),
      railCounts: low < 0 && high > 0 ? Math.min(-low, high) : Math.max(-low, high),
    },
    shift,
  };
}

/** The micro sign has three spellings in 8-bit headers. */
const microvoltsPer: Readonly<Record<string, number>> = {
  uV: 1,
  '\u00b5V': 1,
  '\u00c2\u00b5V': 1,
  '\u00ce\u00bcV': 1,
  nV: 1e-3,
  mV: 1e3,
  V: 1e6,
};

function commonRate(signals: readonly EdfSignal[], rateOf: (signal: EdfSignal) => number): number {
  const voltages = signals.filter(({ unit }) => unit in microvoltsPer);
  const rates = (voltages.length > 0 ? voltages : signals).map(rateOf);
  const share = (rate: number): number => rates.filter((other) => other === rate).length;
  return rates.reduce((best, rate) => {
    const more = share(rate) - share(best);
    return more > 0 || (more === 0 && rate > best) ? rate : best;
  });
}

/** Onset of each record (empty in plain EDF) and the annotations, both counted from the first record. */
function readTimes(source: ByteSource, header: EdfHeader): { starts: number[]; annotations: Annotation[] } {
  const signals = header.signals.filter(({ annotations }) => annotations);
  const starts: number[] = [];
  const annotations: Annotation[] = [];
  const parts = signals.map((signal) => new Uint8Array(2 * signal.samplesPerRecord));
  for (let record = 0; record < header.records && signals.length > 0; record++) {
    signals.forEach((signal, place) => {
      const part = parts[place] as Uint8Array;
      source.read(part, header.bytes + record * header.recordBytes + signal.byteInRecord);
      try {
        const onset = parseAnnotations(part, 0, part.length, annotations);
        if (place === 0) starts.push(onset);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new SignalFileError(`${recordName(source, record)}: annotation ${error.message}. Copy the file again.`);
      }
    });
  }
  const origin = starts[0] ?? 0;
  return {
    starts: starts.map((start) => start - origin),
    annotations: annotations.map((annotation) => ({ ...annotation, onset: annotation.onset - origin })),
  };
}

/** Index of the first frame of each record, gaps counted. */
function frameOfRecords(
  source: ByteSource,
  header: EdfHeader,
  starts: readonly number[],
  perRecord: number,
): Float64Array {
  const first = new Float64Array(header.records);
  for (let record = 1; record < header.records; record++) {
    const earliest = (first[record - 1] as number) + perRecord;
    if (!header.discontinuous) {
      first[record] = earliest;
      continue;
    }
    const start = starts[record] ?? NaN;
    const gap = Math.round((start / header.recordSeconds) * perRecord) - earliest;
    // Times are rounded to their last digit: a frame early is no overlap.
    if (!(gap >= -1) || gap > (longestGapSeconds / header.recordSeconds) * perRecord) {
      const expected = (earliest / perRecord) * header.recordSeconds;
      throw new SignalFileError(
        `${recordName(source, record)}: begins at ${start} s where ${expected} s or a little later must stand. ` +
          'Copy the file again, or cut it before this record.',
      );
    }
    first[record] = earliest + Math.max(0, gap);
  }
  return first;
}

function readRecord(source: ByteSource, header: EdfHeader, record: number, into: Uint8Array): void {
  const read = source.read(into, header.bytes + record * header.recordBytes);
  if (read < into.length) throw new SignalFileError(`${recordName(source, record)}: is cut off. Copy the file again.`);
}

function recordName(source: ByteSource, record: number): string {
  return `${source.name}: record ${record + 1}`;
}
