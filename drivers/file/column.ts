import { ascii, parseDecimal } from './decimal.js';
import { LineReader } from './lines.js';
import { noRail, SignalFileError, textScale, type ByteSource, type RecordedFrames } from './recorded-frames.js';

/**
 * One channel as text, one number a line in microvolts, as the excerpts of the DREAMS database have it. A first line
 * `[CZ-A1]` names the channel.
 */
export function readColumn(source: ByteSource, rate: number | undefined): RecordedFrames {
  const lines = new LineReader(source);
  let waiting = lines.next();
  const label = /^\[(.+)\]$/.exec(lines.text())?.[1];
  if (label !== undefined) waiting = lines.next();
  if (!waiting) throw new SignalFileError(`${source.name}: holds no samples. Give a file with one number a line.`);
  const counts = new Int32Array(1);
  return {
    format: 'column',
    stream: {
      device: 'file',
      channels: [{ name: label ?? 'signal', unit: 'uV', scale: textScale, railCounts: noRail }],
      rate: rate ?? rateOfExcerpt(source, label),
      delayUs: 0,
    },
    frames: undefined,
    annotations: [],
    leftOut: [],
    counts,
    counter: -1,
    next() {
      if (!waiting) return -1;
      counts[0] = parseCount(lines, lines.start, lines.end, 1 / textScale);
      waiting = lines.next();
      return 0;
    },
  };
}

/** The count nearest to the number in `bytes[start … end)` of the current line. */
export function parseCount(lines: LineReader, start: number, end: number, countsPerUnit: number): number {
  const value = parseDecimal(lines.bytes, start, end);
  const count = Math.round(value * countsPerUnit);
  if (Math.abs(count) <= noRail) return count;
  const written = JSON.stringify(ascii(lines.bytes, start, Math.min(end, start + 40)).trim());
  throw lines.fault(
    Number.isNaN(value)
      ? `${written} is not a number. Correct or remove the line.`
      : `${written} is too large for microvolts. Convert the file to microvolts.`,
  );
}

/**
 * Every excerpt of the DREAMS spindle database lasts 30 minutes, at 50, 100 or 200 Hz, and says neither. Other files
 * need their rate from outside: a wrong one would shift every frequency.
 */
function rateOfExcerpt(source: ByteSource, label: string | undefined): number {
  const lines = label === undefined ? 0 : countLines(source) - 1;
  const rate = [50, 100, 200].find((candidate) => Math.abs(lines / (1800 * candidate) - 1) < 0.01);
  if (rate !== undefined) return rate;
  throw new SignalFileError(`${source.name}: does not say its sample rate. Give the rate in Hz, for example 200.`);
}

function countLines(source: ByteSource): number {
  const chunk = new Uint8Array(65_536);
  let lines = 0;
  for (let position = 0; position < source.size;) {
    const read = source.read(chunk, position);
    if (read === 0) break;
    for (let at = 0; at < read; at++) if (chunk[at] === 0x0a) lines++;
    position += read;
  }
  return lines;
}
