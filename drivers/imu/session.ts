import type { DeviceSession, SampleBlock, SessionCounts, SessionState, StreamInfo } from '../../runtime/contracts.js';
import { FrameOutlet } from '../frame-outlet.js';
import type { ImuOptions } from './options.js';
import {
  isSameRate,
  layoutOf,
  readDescription,
  readTimestamp,
  readValue,
  unitOf,
  type Description,
  type ElementType,
} from './protocol.js';

/**
 * An inertial sensor behind the kernel's industrial I/O, pure. Its bytes are what the sensor says of itself, and then its
 * scans: `transport.ts`.
 */
export function createImuSession(options: ImuOptions): DeviceSession {
  return new ImuSession(options);
}

class ImuSession implements DeviceSession {
  readonly info: StreamInfo;
  readonly outgoing = new Uint8Array(0);
  outgoingLength = 0;
  readonly goodbye = new Uint8Array(0);
  state: SessionState = 'closed';
  notice = '';
  readonly #options: ImuOptions;
  readonly #outlet: FrameOutlet;
  readonly #bytes = new Uint8Array(1 << 16);
  readonly #view = new DataView(this.#bytes.buffer);
  #from = 0;
  #to = 0;
  /** 0 until it has said what they are. */
  #scanBytes = 0;
  #places: readonly Place[] = [];
  /** Where the time of a scan stands in it; −1 if it has none. */
  #timeAt = -1;
  #timeLittleEndian = true;
  /** Of the last scan of this connection, in nanoseconds. */
  #timestamp = NaN;
  #lastFrameUs = NaN;
  #heardUs = NaN;
  #isFirst = true;
  /** Scans without a hole, how long they took by their own times, and what that means. */
  #paced = 0;
  #pacedNs = 0;
  #pace = '';
  #more = false;

  constructor(options: ImuOptions) {
    this.#options = options;
    const channels = options.channels.map((name) => ({ name, unit: unitOf(name), scale: unitsPerCount, railCounts }));
    this.#outlet = new FrameOutlet(channels.length, options.rate);
    this.info = { device: 'imu', rate: options.rate, delayUs: 0, channels };
  }

  get counts(): SessionCounts {
    return this.#outlet.counts;
  }

  get pending(): boolean {
    return this.#more;
  }

  open(nowUs: number): void {
    this.state = 'starting';
    this.notice = '';
    this.#from = this.#to = this.#scanBytes = 0;
    this.#timestamp = NaN;
    this.#heardUs = nowUs;
    this.#isFirst = true;
    this.#paced = this.#pacedNs = 0;
    this.#outlet.reset();
  }

  close(): void {
    this.state = 'closed';
    this.#more = false;
  }

  push(bytes: Uint8Array, length: number, nowUs: number, out: SampleBlock): void {
    out.frames = 0;
    out.firstIndex = this.#outlet.nextIndex;
    out.arrivalUs = nowUs;
    if (this.state === 'closed' || this.state === 'failed') return;
    this.#keep(bytes, length);
    if (this.#scanBytes === 0) this.#identify();
    this.#more = !this.#take(nowUs, out);
    this.#watch(nowUs);
  }

  #keep(bytes: Uint8Array, length: number): void {
    if (this.#to + length > this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    const taken = Math.min(length, this.#bytes.length - this.#to);
    for (let place = 0; place < taken; place++) this.#bytes[this.#to++] = bytes[place] as number;
    if (taken < length) this.#fail('it says more of itself than 64 kB');
  }

  // ── What it says of itself ────────────────────────────────────────────────────────────────────────────────────────

  #identify(): void {
    for (let at = this.#from; at + 1 < this.#to; at++) {
      if (this.#bytes[at] !== newline || this.#bytes[at + 1] !== newline) continue;
      const text = String.fromCharCode(...this.#bytes.subarray(this.#from, at));
      this.#from = at + 2;
      const description = readDescription(text);
      if (typeof description === 'string') this.#fail(description);
      else this.#place(description);
      return;
    }
  }

  #place({ rate, elements }: Description): void {
    const { channels, rate: wanted } = this.#options;
    if (rate !== 0 && !isSameRate(rate, wanted)) {
      this.#fail(`it has ${rate} Hz: set source.rate to that`);
      return;
    }
    const { at, bytes } = layoutOf(elements);
    const places: Place[] = [];
    for (const name of channels) {
      const element = elements.find((one) => one.name === name);
      if (!element) {
        this.#fail(`its scans are without ${name}`);
        return;
      }
      const { type, scale, offset } = element;
      if (type.bits > 32 || type.bytes > 4) {
        this.#fail(`${name} has ${type.bits} bits, and 32 are the most`);
        return;
      }
      const high = 2 ** (type.signed ? type.bits - 1 : type.bits) - 1;
      const low = type.signed ? -high - 1 : 0;
      places.push({ at: at.get(name) ?? 0, type, scale: scale / unitsPerCount, offset, low, high });
    }
    const time = elements.find(({ name }) => name === 'timestamp');
    this.#timeAt = time?.type.bytes === 8 ? (at.get('timestamp') ?? -1) : -1;
    this.#timeLittleEndian = time?.type.littleEndian ?? true;
    this.#places = places;
    this.#scanBytes = bytes;
  }

  #fail(why: string): void {
    this.state = 'failed';
    this.notice = `imu: ${why}.`;
  }

  // ── Scans ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** False if frames are left for the next block. */
  #take(nowUs: number, out: SampleBlock): boolean {
    while (this.#outlet.deliver(out)) {
      if (this.state === 'failed' || this.#scanBytes === 0 || this.#to - this.#from < this.#scanBytes) return true;
      this.#scan(nowUs);
      this.#from += this.#scanBytes;
    }
    return false;
  }

  #scan(nowUs: number): void {
    const { frame } = this.#outlet;
    for (let channel = 0; channel < frame.length; channel++) {
      const { at, type, scale, offset, low, high } = this.#places[channel] as Place;
      const stored = readValue(this.#view, this.#from + at, type);
      const count = Math.round((stored + offset) * scale);
      // At the end of its range it is worth what the channel calls saturated.
      if (stored <= low || count < -railCounts) frame[channel] = -railCounts;
      else frame[channel] = stored >= high || count > railCounts ? railCounts : count;
    }
    this.#outlet.put(-1, this.#lostBefore(nowUs));
    this.#lastFrameUs = this.#heardUs = nowUs;
    this.#isFirst = false;
    this.state = 'streaming';
    this.notice = this.#pace;
  }

  /** Scans that the kernel had no room for are a hole in their times. Between two connections only arrival tells. */
  #lostBefore(nowUs: number): number {
    const { rate } = this.#options;
    const timestamp =
      this.#timeAt < 0 ? NaN : readTimestamp(this.#view, this.#from + this.#timeAt, this.#timeLittleEndian);
    const elapsedNs = timestamp - this.#timestamp;
    const missed = elapsedNs / 1e9 - 1 / rate;
    this.#timestamp = timestamp;
    if (this.#isFirst) {
      const elapsed = ((nowUs - this.#lastFrameUs) / 1e6) * rate;
      return Number.isNaN(elapsed) ? 0 : Math.max(1, Math.round(elapsed) - 1);
    }
    if (missed > 0.5 / rate + latestInterrupt) return missed < mostHole ? Math.round(missed * rate) : 0;
    if (elapsedNs > 0) this.#judgePace(elapsedNs);
    return 0;
  }

  /** Oscillators in such sensors can be several per cent off, and the loop's clock follows two. */
  #judgePace(elapsedNs: number): void {
    const { rate } = this.#options;
    this.#pacedNs += elapsedNs;
    if (++this.#paced < paceSeconds * rate) return;
    const actual = this.#paced / (this.#pacedNs / 1e9);
    this.#pace =
      Math.abs(actual / rate - 1) > mostOff
        ? `imu: it gives ${actual.toFixed(1)} samples a second, not ${rate}: times of its samples are not to be trusted.`
        : '';
    this.#paced = this.#pacedNs = 0;
  }

  #watch(nowUs: number): void {
    if (this.state === 'failed' || nowUs - this.#heardUs <= Math.max(1e6, 3e6 / this.#options.rate)) return;
    this.state = 'starting';
    this.notice = 'imu: no scans come. Is its interrupt wired, or does it need a trigger (trigger/current_trigger)?';
  }
}

/** Of one channel in a scan. */
interface Place {
  readonly at: number;
  readonly type: ElementType;
  /** Counts of the channel for one that is stored. */
  readonly scale: number;
  readonly offset: number;
  /** Ends of the range of what is stored. */
  readonly low: number;
  readonly high: number;
}

/** In the unit of the channel: far finer than such a sensor's noise, and ±2000 are far from its limits. */
const unitsPerCount = 1e-6;
const railCounts = 2_000_000_000;
const newline = 0x0a;
/** Seconds by which a kernel under load may stamp a scan too late. */
const latestInterrupt = 0.003;
const paceSeconds = 10;
const mostOff = 0.02;
/** A clock that was set is no hole. */
const mostHole = 3600;
