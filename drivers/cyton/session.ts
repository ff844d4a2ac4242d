import {
  FrameFlag,
  type ChannelInfo,
  type DeviceSession,
  type SampleBlock,
  type SessionCounts,
  type SessionState,
  type StreamInfo,
} from '../../runtime/contracts.js';
import type { CytonOptions } from './options.js';
import { RateWatch } from './rate-watch.js';
import { StartUp } from './start-up.js';
import { PacketFramer } from './framer.js';
import {
  Footer,
  auxChannels,
  boardChannels,
  gPerCount,
  microvoltsPerCount,
  radioSilent,
  railCounts,
  readCount,
  readInt16,
  testCurrentCommand,
} from './protocol.js';

export type { CytonOptions };

/** The Cyton, pure: start-up dialogue, framing, Daisy pairing, gaps. See `README.md` for what its notices mean. */
export function createCytonSession(options: CytonOptions): DeviceSession {
  return new CytonSession(options);
}

class CytonSession implements DeviceSession {
  readonly info: StreamInfo;
  readonly counts: SessionCounts = { frames: 0, gaps: 0, lostFrames: 0, discardedBytes: 0, duplicates: 0 };
  readonly outgoing = new Uint8Array(256);
  outgoingLength = 0;
  readonly goodbye: Uint8Array;
  state: SessionState = 'closed';
  readonly #startUp: StartUp;
  readonly #rateWatch: RateWatch;
  /** Why no frames come, until they do; or the empty string. */
  #interruption = '';
  readonly #framer = new PacketFramer((byte) => this.#outside(byte));
  readonly #electrodes: number;
  /** The frame being put together, and the one held through gaps. */
  readonly #frame: Int32Array;
  #matched = 0;
  #step: 1 | 2;
  /** Counter of the Daisy half that waits for its board half; −1 if none does. */
  #daisyHalf = -1;
  /** Counter of the last packet, and of the last that made a frame whole; −1 before the first. */
  #lastPacket = -1;
  #lastCounter = -1;
  #lastFrameUs = NaN;
  #lastBytesUs = NaN;
  #nextIndex = 0;
  /** Gap frames still to be delivered before the frame in hand. */
  #fill = 0;
  #inHand = false;
  #jumped = false;
  #more = false;

  constructor(options: CytonOptions) {
    this.#step = options.daisy ? 2 : 1;
    this.#electrodes = options.daisy ? 2 * boardChannels : boardChannels;
    this.#frame = new Int32Array(this.#electrodes + auxChannels);
    this.#startUp = new StartUp(options, (text) => this.#send(text));
    this.#rateWatch = new RateWatch(options.rate);
    // Stops, and ends what was begun for a measurement alone.
    const last = (options.testCurrent ?? []).map((channel) => testCurrentCommand(channel, false)).join('');
    this.goodbye = Uint8Array.from(`s${last}`, (character) => character.charCodeAt(0));
    this.info = { device: 'cyton', rate: options.rate, delayUs: 0, channels: channelsOf(options, this.#electrodes) };
  }

  get pending(): boolean {
    return this.#more;
  }

  get notice(): string {
    const dialogue = this.#startUp.notice;
    if (this.state === 'streaming') return this.#interruption || dialogue || this.#rateWatch.notice;
    return dialogue || this.#interruption;
  }

  open(nowUs: number): void {
    this.#interruption = '';
    this.#restart(nowUs);
  }

  close(): void {
    this.state = 'closed';
    this.outgoingLength = 0;
    this.#more = false;
  }

  push(bytes: Uint8Array, length: number, nowUs: number, out: SampleBlock): void {
    out.frames = 0;
    out.firstIndex = this.#nextIndex;
    out.arrivalUs = nowUs;
    if (this.state === 'closed') return;
    if (this.state === 'starting') {
      this.#dialogue(bytes, length, nowUs);
      return;
    }
    if (length > 0) {
      this.#lastBytesUs = nowUs;
      this.#framer.push(bytes, length);
    } else if (!this.#more && nowUs - this.#lastBytesUs > silenceUs) {
      this.#restart(nowUs);
      this.#interruption =
        'cyton: no data for 2 s. Is the board still on and within reach of its dongle? Starting it again.';
      return;
    }
    this.#deliver(nowUs, out);
    this.counts.discardedBytes = this.#framer.discarded;
  }

  // ── Start-up ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #restart(nowUs: number): void {
    this.state = 'starting';
    this.#framer.reset();
    this.#daisyHalf = -1;
    this.#lastPacket = -1;
    this.#lastCounter = -1;
    this.#fill = 0;
    this.#inHand = false;
    this.#more = false;
    this.#matched = 0;
    this.#rateWatch.restart();
    this.#startUp.begin(nowUs);
  }

  #dialogue(bytes: Uint8Array, length: number, nowUs: number): void {
    if (!this.#startUp.push(bytes, length, nowUs)) return;
    this.state = 'streaming';
    this.#lastBytesUs = nowUs;
  }

  #send(text: string): void {
    for (let i = 0; i < text.length && this.outgoingLength < this.outgoing.length; i++) {
      this.outgoing[this.outgoingLength++] = text.charCodeAt(i);
    }
  }

  /** Text in the middle of a stream: the dongle says that it has lost the board. */
  #outside(byte: number): void {
    this.#matched = byte === radioSilent.charCodeAt(this.#matched) ? this.#matched + 1 : byte === 0x46 ? 1 : 0;
    if (this.#matched < radioSilent.length) return;
    this.#matched = 0;
    this.#interruption = 'cyton: the dongle has lost the board. Switch the board on, to PC, or bring it nearer.';
  }

  // ── Frames ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #deliver(nowUs: number, out: SampleBlock): void {
    this.#more = false;
    for (;;) {
      if (this.#inHand && !this.#emit(out)) {
        this.#more = true;
        return;
      }
      const counter = this.#framer.next();
      if (counter < 0) return;
      this.#packet(counter, nowUs);
    }
  }

  #packet(counter: number, nowUs: number): void {
    const { bytes, at } = this.#framer;
    if (counter === this.#lastPacket && this.#framesSince(nowUs) < 128 / this.#step) {
      // The same counter again, long before it can come round: the radio sent a packet twice.
      this.counts.duplicates++;
      return;
    }
    this.#lastPacket = counter;
    if (this.#step === 1) {
      this.#take(bytes, at, 0);
      this.#complete(counter, nowUs);
      return;
    }
    if (counter % 2 === 0) {
      // The first packet after the start still holds what the Daisy measured before it.
      if (counter === 0 && this.#lastCounter < 0) return;
      this.#daisyHalf = counter;
      this.#take(bytes, at, boardChannels);
      return;
    }
    const paired = this.#daisyHalf === counter - 1;
    this.#daisyHalf = -1;
    if (!paired) return;
    this.#take(bytes, at, 0);
    this.#complete(counter, nowUs);
  }

  #take(bytes: Uint8Array, at: number, first: number): void {
    for (let channel = 0; channel < boardChannels; channel++) {
      this.#frame[first + channel] = readCount(bytes, at + 2 + 3 * channel);
    }
    const footer = bytes[at + 32] as number;
    if (footer === Footer.accel) {
      const x = readInt16(bytes, at + 26);
      const y = readInt16(bytes, at + 28);
      const z = readInt16(bytes, at + 30);
      // Zeros mean that nothing new was measured; the axes are sampled at 25 Hz.
      if (x !== 0 || y !== 0 || z !== 0) this.#accelerate(x, y, z);
    } else if (footer === Footer.accelTime || footer === Footer.accelTimeSet) {
      const axis = ((bytes[at + 1] as number) % 10) - 7;
      if (axis >= 0) this.#frame[this.#electrodes + axis] = readInt16(bytes, at + 26);
    }
  }

  #accelerate(x: number, y: number, z: number): void {
    this.#frame[this.#electrodes] = x;
    this.#frame[this.#electrodes + 1] = y;
    this.#frame[this.#electrodes + 2] = z;
  }

  /** A whole frame is in hand: how many were lost before it? */
  #complete(counter: number, nowUs: number): void {
    this.#inHand = true;
    this.#fill = 0;
    const elapsed = this.#framesSince(nowUs);
    let measured = 1;
    if (this.#lastCounter < 0) {
      // The first frame of a connection: only time tells what was missed since the last one.
      if (!Number.isNaN(elapsed)) this.#lose(Math.max(1, Math.round(elapsed) - 1));
    } else {
      const modulus = 256 / this.#step;
      const advance = ((counter - this.#lastCounter) & 255) / this.#step;
      let lost = (advance + modulus - 1) % modulus;
      // Counters repeat: whole rounds of them are lost only if that much time has passed. It tells nothing where more
      // packets wait than the radio ever holds back: this computer was late, and they were not lost.
      if (elapsed > modulus && this.#framer.waiting <= radioPackets)
        lost += modulus * Math.max(0, Math.round((elapsed - 1 - lost) / modulus));
      if (lost > 0) this.#lose(lost);
      // Told by host time, they say nothing of the rate.
      if (lost < modulus) measured += lost;
      else this.#rateWatch.restart();
    }
    this.#rateWatch.count(measured, nowUs);
    this.#lastCounter = counter;
    this.#lastFrameUs = nowUs;
    this.counts.frames++;
    this.#matched = 0;
    this.#interruption = '';
  }

  /** Frames that fit between the last one and now; NaN before the first. */
  #framesSince(nowUs: number): number {
    return ((nowUs - this.#lastFrameUs) / 1e6) * this.info.rate;
  }

  #lose(frames: number): void {
    this.counts.gaps++;
    this.counts.lostFrames += frames;
    if (frames <= longestFillSeconds * this.info.rate) this.#fill = frames;
    else {
      this.#nextIndex += frames;
      this.#jumped = true;
    }
  }

  /** Puts the frame in hand, and the gap before it, into the block; false if the block is full. */
  #emit(out: SampleBlock): boolean {
    if (this.#jumped && out.frames > 0) return false;
    if (out.frames === 0) out.firstIndex = this.#nextIndex;
    while (this.#fill > 0) {
      if (out.frames === out.capacity) return false;
      // What is held through the gap is the frame before it, which the block or the loop has seen last.
      this.#write(out, -1, FrameFlag.gap);
      this.#fill--;
    }
    if (out.frames === out.capacity) return false;
    this.#write(out, this.#lastCounter, this.#jumped ? FrameFlag.gap : 0);
    this.#jumped = false;
    this.#inHand = false;
    return true;
  }

  #write(out: SampleBlock, counter: number, flags: number): void {
    const { channels } = out;
    const at = out.frames * channels;
    const from = counter < 0 ? this.#held : this.#frame;
    for (let channel = 0; channel < channels; channel++) out.counts[at + channel] = from[channel] as number;
    out.counters[out.frames] = counter;
    out.flags[out.frames] = flags;
    out.frames++;
    this.#nextIndex++;
    if (counter >= 0)
      for (let channel = 0; channel < channels; channel++) this.#held[channel] = this.#frame[channel] as number;
  }

  readonly #held = new Int32Array(2 * boardChannels + auxChannels);
}

function channelsOf({ electrodes, gain }: CytonOptions, count: number): ChannelInfo[] {
  const names = new Map(Object.entries(electrodes).map(([name, channel]) => [channel, name]));
  const channels: ChannelInfo[] = [];
  for (let channel = 1; channel <= count; channel++) {
    channels.push({
      name: names.get(channel) ?? `ch${channel}`,
      unit: 'uV',
      scale: microvoltsPerCount(gain),
      railCounts,
    });
  }
  for (const name of ['accelX', 'accelY', 'accelZ']) {
    channels.push({ name, unit: 'g', scale: gPerCount, railCounts: 32767 });
  }
  return channels;
}

/** What the radio holds back at most. */
const radioPackets = 25;
/** The radio holds 25 packets and a Cyton pauses for 35 ms: two seconds without a byte is a board that is gone. */
const silenceUs = 2e6;
/** Longer gaps are a jump of the sample index. */
const longestFillSeconds = 2;
