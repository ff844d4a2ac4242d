import type { Annotation } from './recorded-frames.js';

/**
 * Time-stamped annotation lists of EDF+: `+onset[␕duration]␔text␔…␔␀`, padded with zero bytes. Appends what has a text
 * to `into`, with onsets from the file's start, and returns the onset of the first list, which times its data record
 * (NaN if there is none). Throws a `RangeError` that shows what it could not read.
 */
export function parseAnnotations(bytes: Uint8Array, start: number, end: number, into: Annotation[]): number {
  let first = NaN;
  while (start < end && bytes[start] !== 0) {
    let stop = bytes.indexOf(0, start);
    if (stop < 0 || stop > end) stop = end;
    const [time = '', ...texts] = utf8.decode(bytes.subarray(start, stop)).split(endOfText);
    const [onset, duration] = time.split(beforeDuration);
    if (!/^[+-]\d+(\.\d*)?$/.test(onset ?? '') || !/^(\d+(\.\d*)?)?$/.test(duration ?? '')) {
      throw new RangeError(`${JSON.stringify(time.slice(0, 40))} is no onset and duration in seconds`);
    }
    if (Number.isNaN(first)) first = Number(onset);
    for (const text of texts) {
      if (text !== '') into.push({ onset: Number(onset), duration: Number(duration ?? 0), text });
    }
    start = stop + 1;
  }
  return first;
}

const endOfText = '\u0014';
const beforeDuration = '\u0015';
const utf8 = new TextDecoder();
