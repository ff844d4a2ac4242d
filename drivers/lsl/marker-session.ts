import {
  Tag,
  feedRequest,
  judgeFeedAnswer,
  readShortInfo,
  readValue,
  testOffsets,
  testPattern,
  textPattern,
  valueBytes,
  type ShortInfo,
  type ValueFormat,
} from './protocol.js';

/** A mark with the time of its sender's clock, in seconds; NaN where it has none. */
export interface StampedText {
  readonly text: string;
  readonly seconds: number;
}

/**
 * An inlet for a stream of markers, pure: texts, or numbers of 16 or 32 bits or more. Its bytes are what a stream said of
 * itself when it was found, and then what comes down its connection.
 */
export class LslMarkerSession {
  state: 'info' | 'answer' | 'pattern' | 'samples' | 'failed' = 'info';
  /** One line, once it has failed. */
  failure = '';
  /** What is to be sent; empty it. */
  outgoing = '';
  info: ShortInfo | undefined;
  readonly #stream: string;
  #bytes = Buffer.alloc(0);
  #patterns = 0;
  #seconds = NaN;

  constructor(stream: string) {
    this.#stream = stream;
  }

  push(bytes: Uint8Array): StampedText[] {
    const marks: StampedText[] = [];
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length > mostBytes) this.#fail('a mark of it is longer than 1 MB');
    if (this.state === 'info') this.#identify();
    if (this.state === 'answer') this.#readAnswer();
    while (this.state === 'pattern' || this.state === 'samples') {
      const sample = this.#sample();
      if (!sample) break;
      if (this.state === 'pattern') this.#compare(sample.values);
      else marks.push({ text: sample.values.join(' '), seconds: this.#seconds });
      this.#bytes = this.#bytes.subarray(sample.length);
    }
    return marks;
  }

  #textUpTo(end: string): string | undefined {
    const at = this.#bytes.indexOf(end);
    if (at < 0) return undefined;
    const text = this.#bytes.toString('latin1', 0, at + end.length);
    this.#bytes = this.#bytes.subarray(at + end.length);
    return text;
  }

  #identify(): void {
    const text = this.#textUpTo('</info>\n');
    if (text === undefined) return;
    const info = readShortInfo(text);
    if (!info) this.#fail('what it says of itself cannot be read');
    else if (info.format !== 'string' && !isNumber(info.format)) this.#fail(`its values are ${info.format}, no marks`);
    else if (info.rate !== 0) this.#fail(`it has ${info.rate} Hz: a signal, and no marks`);
    else if (info.channels > mostChannels) this.#fail(`it has ${info.channels} channels, more than ${mostChannels}`);
    else {
      this.info = info;
      this.outgoing += feedRequest(info, isNumber(info.format) ? valueBytes[info.format] : 0);
      this.state = 'answer';
    }
  }

  #readAnswer(): void {
    const head = this.#textUpTo('\r\n\r\n');
    if (head === undefined) return;
    const objection = judgeFeedAnswer(head);
    if (objection === '') this.state = 'pattern';
    else this.#fail(objection);
  }

  /** The next whole sample and its bytes; undefined while it is incomplete. */
  #sample(): { values: (string | number)[]; length: number } | undefined {
    const { channels, format } = this.info as ShortInfo;
    const bytes = this.#bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const tag = bytes[0];
    if (tag === undefined) return undefined;
    if (tag !== Tag.deduced && tag !== Tag.transmitted) {
      this.#fail('what it sends is no sample. Start it again');
      return undefined;
    }
    let at = tag === Tag.transmitted ? 9 : 1;
    if (at > bytes.length) return undefined;
    const values: (string | number)[] = [];
    for (let channel = 0; channel < channels; channel++) {
      let length: number | undefined;
      if (isNumber(format)) length = valueBytes[format];
      else {
        const width = bytes[at];
        if (width === undefined || at + 1 + width > bytes.length) return undefined;
        length = lengthAt(view, at + 1, width);
        if (length === undefined) {
          this.#fail('what it sends is no text. Start it again');
          return undefined;
        }
        at += 1 + width;
      }
      if (at + length > bytes.length) return undefined;
      values.push(isNumber(format) ? readValue(view, at, format) : bytes.toString('utf8', at, at + length));
      at += length;
    }
    // One without a stamp has that of the one before: there is no rate to reckon with.
    if (tag === Tag.transmitted) this.#seconds = view.getFloat64(1, true);
    return { values, length: at };
  }

  #compare(values: readonly (string | number)[]): void {
    const { format } = this.info as ShortInfo;
    const offset = testOffsets[this.#patterns] ?? 0;
    const agrees = values.every(
      (value, channel) => value === (isNumber(format) ? testPattern(format, channel, offset) : textPattern(channel)),
    );
    if (!agrees) this.#fail('its test samples read wrong');
    else if (++this.#patterns === testOffsets.length) {
      this.state = 'samples';
      this.#seconds = NaN;
    }
  }

  #fail(why: string): void {
    this.state = 'failed';
    this.failure = `lsl: ${this.#stream}: ${why}.`;
  }
}

/** Undefined for a width that there is none of. Longer texts than 1 MB are refused by their bytes. */
function lengthAt(view: DataView, at: number, width: number): number | undefined {
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at, true);
  if (width === 4) return view.getUint32(at, true);
  return width === 8 ? Number(view.getBigUint64(at, true)) : undefined;
}

function isNumber(format: string): format is ValueFormat {
  return Object.hasOwn(valueBytes, format);
}

const mostBytes = 1 << 20;
const mostChannels = 64;
