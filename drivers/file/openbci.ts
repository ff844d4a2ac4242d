import type { ChannelInfo } from '../../runtime/contracts.js';
import { parseCount } from './column.js';
import { parseDecimal } from './decimal.js';
import { LineReader } from './lines.js';
import { longestGapSeconds, SignalFileError, type ByteSource, type RecordedFrames } from './recorded-frames.js';
import { RowFields, splitNames } from './rows.js';

/**
 * Text recording of the OpenBCI GUI: lines `%Key = value`, a line of column names (absent in old versions), then rows
 * of sample index, EXG channels in microvolts and accelerometer in g. The two decimals of the microvolts give the
 * counts of a Cyton at gain 24 back exactly. Holes of the sample index become gaps; host time only tells how often the
 * index went round meanwhile, it is never a sample's time.
 */
export function readOpenBci(source: ByteSource, rate: number | undefined): RecordedFrames {
  const lines = new LineReader(source);
  const header = readHeader(lines);
  if (!header) throw new SignalFileError(`${source.name}: ends within its header. Give a file with samples.`);
  const { names, board } = header;
  const columns = names.flatMap((name, column) => (/^(EXG|Accel) Channel/.test(name) ? [column] : []));
  if (columns.length === 0)
    throw lines.fault('names no column "EXG Channel 0". Give the text file of the OpenBCI GUI.');
  const channels = columns.map((column) => channelOf(names[column] as string));
  const index = names.indexOf('Sample Index');
  if (index < 0) throw lines.fault('names no column "Sample Index". Give the text file of the OpenBCI GUI.');
  if (rate !== undefined && header.rate !== undefined && rate !== header.rate) {
    throw new SignalFileError(
      `${source.name}: has ${header.rate} Hz, not the rate of ${rate} given. Leave the rate out.`,
    );
  }
  const streamRate = rate ?? header.rate;
  if (streamRate === undefined) {
    throw new SignalFileError(`${source.name}: has no line "%Sample Rate". Give the rate, for example 250.`);
  }

  const time = names.indexOf('Timestamp');
  const fields = new RowFields(names.slice(0, Math.max(index, time, ...columns) + 1));
  const countsPerUnit = channels.map(({ scale }) => 1 / scale);
  const counts = new Int32Array(columns.length);
  const cycle = board.includes('Cyton') ? new SampleIndex(board.includes('Daisy'), streamRate) : undefined;
  let waiting = header.rowWaiting || lines.next();
  let counter = -1;
  return {
    format: 'openbci',
    stream: { device: 'file', channels, rate: streamRate, delayUs: 0 },
    frames: undefined,
    annotations: [],
    leftOut: [],
    counts,
    get counter() {
      return counter;
    },
    next() {
      if (!waiting) return -1;
      fields.split(lines);
      for (let channel = 0; channel < counts.length; channel++) {
        const column = columns[channel] as number;
        const [start, end] = [fields.starts[column] as number, fields.ends[column] as number];
        counts[channel] = parseCount(lines, start, end, countsPerUnit[channel] as number);
      }
      counter = parseCount(lines, fields.starts[index] as number, fields.ends[index] as number, 1);
      const seconds = time < 0 ? NaN : hostSeconds(lines, fields, time);
      const lost = cycle?.step(counter, seconds) ?? 0;
      if (lost > longestGapSeconds * streamRate) {
        throw lines.fault(`comes ${Math.round(lost / streamRate)} s after the row before it. Split the file there.`);
      }
      waiting = lines.next();
      return lost;
    },
  };
}

interface Header {
  readonly names: readonly string[];
  readonly board: string;
  readonly rate: number | undefined;
  /** The current line is the first row already: an old file without column names. */
  readonly rowWaiting: boolean;
}

function readHeader(lines: LineReader): Header | undefined {
  const values = new Map<string, string>();
  while (lines.next()) {
    const text = lines.text();
    if (!text.startsWith('%')) {
      const number = (key: string): number | undefined => {
        const value = parseFloat(values.get(key) ?? '');
        return value > 0 && value <= 1e5 ? value : undefined;
      };
      const channels = number('Number of channels') ?? 8;
      const named = text.startsWith('Sample Index');
      return {
        names: named
          ? splitNames(text)
          : ['Sample Index', ...Array.from({ length: channels }, (_, channel) => `EXG Channel ${channel}`)],
        board: values.get('Board') ?? (channels >= 16 ? 'Cyton Daisy' : channels >= 8 ? 'Cyton' : ''),
        rate: number('Sample Rate'),
        rowWaiting: !named,
      };
    }
    const [key = '', value = ''] = text.slice(1).split('=');
    values.set(key.trim(), value.trim());
  }
  return undefined;
}

function channelOf(name: string): ChannelInfo {
  return name.startsWith('EXG')
    ? { name, unit: 'uV', scale: 4.5e6 / 24 / 8_388_607, railCounts: 8_388_607 }
    : { name, unit: 'g', scale: 0.002 / 16, railCounts: 32_767 };
}

/** The GUI has written milliseconds and seconds since 1970, by version. */
function hostSeconds(lines: LineReader, fields: RowFields, column: number): number {
  const value = parseDecimal(lines.bytes, fields.starts[column] as number, fields.ends[column] as number);
  return value > 1e11 ? value / 1000 : value;
}

/** The counter of a Cyton: 0 … 255 by ones, with a Daisy by twos. */
class SampleIndex {
  readonly #daisy: boolean;
  readonly #rate: number;
  #step = 0;
  #last = -1;
  #lastSeconds = NaN;

  constructor(daisy: boolean, rate: number) {
    this.#daisy = daisy;
    this.#rate = rate;
  }

  /** Frames lost before the one with this index. */
  step(index: number, seconds: number): number {
    const difference = (index - this.#last) & 0xff;
    const elapsed = seconds - this.#lastSeconds;
    const first = this.#last < 0;
    this.#last = index;
    this.#lastSeconds = seconds;
    if (first) return 0;
    // Programs that rewrite Daisy files number their rows by ones.
    if (this.#step === 0) this.#step = this.#daisy && difference % 2 === 0 ? 2 : 1;
    const cycle = 256 / this.#step;
    const steps = Math.floor(difference / this.#step);
    const rounds = elapsed > 0 ? Math.max(0, Math.round((elapsed * this.#rate - steps) / cycle)) : 0;
    return Math.max(0, steps + rounds * cycle - 1);
  }
}
