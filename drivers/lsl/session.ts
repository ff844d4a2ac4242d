import type { DeviceSession, SampleBlock, SessionCounts, SessionState, StreamInfo } from '../../runtime/contracts.js';
import { FrameOutlet } from '../frame-outlet.js';
import type { LslOptions } from './options.js';
import {
  Tag,
  feedRequest,
  judgeFeedAnswer,
  readShortInfo,
  readValue,
  sampleBytes,
  testOffsets,
  testPattern,
  valueBytes,
  type ValueFormat,
} from './protocol.js';

/**
 * An inlet of the lab streaming layer, pure. Its bytes are what a stream said of itself when it was found, and then what
 * comes down its connection: `transport.ts`.
 */
export function createLslSession(options: LslOptions): DeviceSession {
  return new LslSession(options);
}

type Phase = 'info' | 'answer' | 'pattern' | 'samples';

class LslSession implements DeviceSession {
  readonly info: StreamInfo;
  readonly outgoing = new Uint8Array(1024);
  outgoingLength = 0;
  readonly goodbye = new Uint8Array(0);
  state: SessionState = 'closed';
  readonly #options: LslOptions;
  readonly #outlet: FrameOutlet;
  readonly #bytes = new Uint8Array(1 << 18);
  readonly #view = new DataView(this.#bytes.buffer);
  #from = 0;
  #to = 0;
  #phase: Phase = 'info';
  #format: ValueFormat = 'float32';
  #patterns = 0;
  #openedUs = 0;
  /** Of the sender's clock, in seconds; NaN before the first that was transmitted. */
  #timestamp = NaN;
  #lastFrameUs = NaN;
  #heardUs = NaN;
  /** Of what was found, or not found; or the empty string. */
  #complaint = '';
  /** That nothing comes, until a sample does, over however many connections; or the empty string. */
  #silence = '';
  #isFirst = true;
  #more = false;

  constructor(options: LslOptions) {
    this.#options = options;
    const channels = options.channels.map((name) => {
      return { name, unit: 'uV', scale: microvoltsPerCount, railCounts };
    });
    this.#outlet = new FrameOutlet(channels.length, options.rate);
    this.info = { device: 'lsl', rate: options.rate, delayUs: 0, channels };
  }

  get counts(): SessionCounts {
    return this.#outlet.counts;
  }

  get notice(): string {
    return this.#complaint || this.#silence;
  }

  get pending(): boolean {
    return this.#more;
  }

  open(nowUs: number): void {
    this.state = 'starting';
    this.#complaint = '';
    this.#phase = 'info';
    this.#from = this.#to = this.#patterns = 0;
    this.#timestamp = NaN;
    this.#isFirst = true;
    this.#openedUs = nowUs;
    this.#outlet.reset();
  }

  close(): void {
    this.state = 'closed';
    this.outgoingLength = 0;
    this.#more = false;
  }

  push(bytes: Uint8Array, length: number, nowUs: number, out: SampleBlock): void {
    out.frames = 0;
    out.firstIndex = this.#outlet.nextIndex;
    out.arrivalUs = nowUs;
    if (this.state === 'closed' || this.state === 'failed') return;
    if (length > 0) this.#heardUs = nowUs;
    this.#keep(bytes, length);
    if (this.#phase === 'info') this.#identify();
    if (this.#phase === 'answer') this.#readAnswer();
    this.#more = !this.#take(nowUs, out);
    if (this.state === 'streaming' && this.#silence === '' && nowUs - this.#heardUs > silenceUs) {
      this.#silence = `lsl: ${this.#options.stream} sends nothing. Is what sends it still running, and on the network? Looking for it again.`;
    }
    if (this.state === 'starting' && this.#complaint === '' && nowUs - this.#openedUs > searchUs) {
      const { stream } = this.#options;
      this.#complaint = `lsl: no stream called ${stream} answers. Is it on this network, and is UDP port 16571 open? Looking for it.`;
    }
  }

  #keep(bytes: Uint8Array, length: number): void {
    if (this.#to + length > this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    const taken = Math.min(length, this.#bytes.length - this.#to);
    for (let place = 0; place < taken; place++) this.#bytes[this.#to++] = bytes[place] as number;
    if (taken < length) this.#fail('its samples are larger than 256 kB');
  }

  // ── Until samples come ────────────────────────────────────────────────────────────────────────────────────────────

  /** Text up to `end`, which is taken too; undefined while that has not come. */
  #textUpTo(end: string): string | undefined {
    let text = '';
    for (let at = this.#from; at < this.#to; at++) {
      text += String.fromCharCode(this.#bytes[at] as number);
      if (!text.endsWith(end)) continue;
      this.#from = at + 1;
      return text;
    }
    return undefined;
  }

  #identify(): void {
    const text = this.#textUpTo('</info>\n');
    if (text === undefined) return;
    const { channels, rate } = this.#options;
    const found = readShortInfo(text);
    if (!found) this.#fail('what it says of itself cannot be read');
    else if (found.channels !== channels.length)
      this.#fail(`it has ${found.channels} channels, source.channels names ${channels.length}`);
    else if (found.rate !== rate)
      this.#fail(
        found.rate === 0 ? 'its samples come irregularly' : `it has ${found.rate} Hz: set source.rate to that`,
      );
    else if (!isValueFormat(found.format))
      this.#fail(`its values are ${found.format}, not float32, double64, int32 or int16`);
    else {
      this.#format = found.format;
      this.#complaint = '';
      this.#send(feedRequest(found, valueBytes[found.format]));
      this.#phase = 'answer';
    }
  }

  #readAnswer(): void {
    const head = this.#textUpTo('\r\n\r\n');
    if (head === undefined) return;
    const objection = judgeFeedAnswer(head);
    if (objection === '') this.#phase = 'pattern';
    else this.#fail(objection);
  }

  #send(text: string): void {
    for (let place = 0; place < text.length && this.outgoingLength < this.outgoing.length; place++)
      this.outgoing[this.outgoingLength++] = text.charCodeAt(place);
  }

  #fail(why: string): void {
    this.state = 'failed';
    this.#complaint = `lsl: ${this.#options.stream}: ${why}.`;
  }

  // ── Samples ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** False if frames are left for the next block. */
  #take(nowUs: number, out: SampleBlock): boolean {
    while (this.#outlet.deliver(out)) {
      if (this.state === 'failed' || (this.#phase !== 'pattern' && this.#phase !== 'samples')) return true;
      if (this.#from === this.#to) return true;
      const length = sampleBytes(this.#bytes[this.#from] as number, this.#format, this.#options.channels.length);
      if (length === 0) {
        this.#fail('what it sends is no sample. Start it again');
        return true;
      }
      if (this.#to - this.#from < length) return true;
      if (this.#phase === 'pattern') this.#compare();
      else this.#sample(nowUs);
      this.#from += length;
    }
    return false;
  }

  #valuesAt(): number {
    return this.#from + (this.#bytes[this.#from] === Tag.deduced ? 1 : 9);
  }

  /** The two samples that both sides know. */
  #compare(): void {
    const at = this.#valuesAt();
    const offset = testOffsets[this.#patterns] ?? 0;
    for (let channel = 0; channel < this.#options.channels.length; channel++) {
      const value = readValue(this.#view, at + channel * valueBytes[this.#format], this.#format);
      if (value === testPattern(this.#format, channel, offset)) continue;
      this.#fail('its test samples read wrong');
      return;
    }
    this.#patterns++;
    if (this.#patterns < testOffsets.length) return;
    this.#phase = 'samples';
    this.state = 'streaming';
  }

  #sample(nowUs: number): void {
    const at = this.#valuesAt();
    const bytes = valueBytes[this.#format];
    const { frame } = this.#outlet;
    for (let channel = 0; channel < frame.length; channel++) {
      const count = Math.round(readValue(this.#view, at + channel * bytes, this.#format) / microvoltsPerCount);
      // What is no number is no signal: it counts as saturated.
      frame[channel] = Math.abs(count) <= railCounts ? count : count < 0 ? -railCounts : railCounts;
    }
    this.#outlet.put(-1, this.#lostBefore(nowUs));
    this.#lastFrameUs = nowUs;
    this.#isFirst = false;
    this.#silence = '';
  }

  /** A connection loses nothing; a sender may, and its time stamps tell. Between two connections only time does. */
  #lostBefore(nowUs: number): number {
    const { rate } = this.#options;
    const period = 1 / rate;
    const isStamped = this.#bytes[this.#from] === Tag.transmitted;
    const stamp = isStamped ? this.#view.getFloat64(this.#from + 1, true) : this.#timestamp + period;
    const missed = stamp - this.#timestamp - period;
    this.#timestamp = stamp;
    if (this.#isFirst) {
      const elapsed = ((nowUs - this.#lastFrameUs) / 1e6) * rate;
      return Number.isNaN(elapsed) ? 0 : Math.max(1, Math.round(elapsed) - 1);
    }
    return missed > leastHole && missed < mostHole ? Math.round(missed * rate) : 0;
  }
}

function isValueFormat(format: string): format is ValueFormat {
  return Object.hasOwn(valueBytes, format);
}

/** Far finer than any amplifier's noise, and far from its limits. */
const microvoltsPerCount = 0.01;
const railCounts = 2_000_000_000;
const searchUs = 5e6;
/** Sooner than its transport gives it up, so that this is what a person reads. */
const silenceUs = 1e6;
/** Seconds. Time stamps of many senders are those of arrival, and jitter; a clock that was set is no hole. */
const leastHole = 0.25;
const mostHole = 3600;
