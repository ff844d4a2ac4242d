import type {
  ChannelInfo,
  DeviceSession,
  SampleBlock,
  SessionCounts,
  SessionState,
  StreamInfo,
} from '../../runtime/contracts.js';
import { FrameOutlet } from '../frame-outlet.js';
import type { Ads1299Options } from './options.js';
import {
  Opcode,
  Register,
  chipChannels,
  frameBytes,
  isFrame,
  judgeId,
  microvoltsPerCount,
  pinLevels,
  railCounts,
  readCount,
  readsBack,
  registerCount,
  registerNames,
  registersOf,
} from './protocol.js';
import { Kind, RecordReader, writeRecord } from './records.js';

/**
 * The ADS1299, pure: start-up with every register read back, frames by the number of their data-ready edge, re-sync. Its
 * bytes are the records of `records.ts`. See `README.md` for what its notices mean.
 */
export function createAds1299Session(options: Ads1299Options): DeviceSession {
  return new Ads1299Session(options);
}

type Phase = 'reset' | 'identify' | 'registers' | 'settle' | 'retry';

class Ads1299Session implements DeviceSession {
  readonly info: StreamInfo;
  readonly outgoing = new Uint8Array(256);
  outgoingLength = 0;
  readonly goodbye: Uint8Array;
  state: SessionState = 'closed';
  notice = '';
  readonly #options: Ads1299Options;
  readonly #registers: Uint8Array;
  readonly #reader = new RecordReader();
  readonly #outlet: FrameOutlet;
  #phase: Phase = 'reset';
  #deadlineUs = 0;
  /** Number of the last edge whose frame was good; −1 before the first of a start. */
  #edge = -1;
  #lastFrameUs = NaN;
  /** When the last frame came, good or not. */
  #heardUs = 0;
  /** Frames without the status word in a row. */
  #misframed = 0;
  #misframedBytes = 0;
  #more = false;

  constructor(options: Ads1299Options) {
    this.#options = options;
    this.#registers = registersOf(options);
    const channels = channelsOf(options);
    this.#outlet = new FrameOutlet(channels.length, options.rate);
    // A sinc filter of third order: its delay is one and a half samples.
    this.info = { device: 'ads1299', rate: options.rate, delayUs: 1.5e6 / options.rate, channels };
    this.#quiet();
    this.#command(Opcode.stop);
    if (options.testCurrent !== undefined) this.#command(Opcode.reset); // also ends the current
    this.goodbye = this.outgoing.slice(0, this.outgoingLength);
    this.outgoingLength = 0;
  }

  get counts(): SessionCounts {
    return this.#outlet.counts;
  }

  get pending(): boolean {
    return this.#more;
  }

  open(nowUs: number): void {
    this.notice = '';
    this.#reader.reset();
    this.#begin(nowUs);
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
    if (this.state === 'closed') return;
    this.#reader.push(bytes, length);
    this.#more = !this.#take(nowUs, out);
    this.counts.discardedBytes = this.#reader.discarded + this.#misframedBytes;
    if (this.state === 'streaming') this.#watch(nowUs);
    else if (nowUs >= this.#deadlineUs) this.#late(nowUs);
  }

  /** False if frames are left for the next block. */
  #take(nowUs: number, out: SampleBlock): boolean {
    for (;;) {
      if (!this.#outlet.deliver(out)) return false;
      const kind = this.#reader.next();
      if (kind === 0) return true;
      if (kind === Kind.frame && this.#reader.length === edgeBytes + frameBytes) this.#frame(nowUs);
      else if (kind === Kind.answer && this.state === 'starting') this.#answered(nowUs);
    }
  }

  // ── Start-up ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(nowUs: number): void {
    this.state = 'starting';
    this.#edge = -1;
    this.#outlet.reset();
    this.#misframed = 0;
    this.#quiet();
    this.#command(Opcode.reset);
    this.#enter('reset', nowUs, powerUpUs);
  }

  #enter(phase: Phase, nowUs: number, waitUs: number): void {
    this.#phase = phase;
    this.#deadlineUs = nowUs + waitUs;
  }

  /** What was waited for has passed, or has not come. */
  #late(nowUs: number): void {
    switch (this.#phase) {
      case 'reset':
        this.#command(Opcode.stopContinuous); // after a reset the chip sends, and answers nothing
        this.#readRegisters(Register.id, 1);
        this.#enter('identify', nowUs, answerUs);
        return;
      case 'identify':
      case 'registers':
        this.#fail('the port does not answer. Is it the right one, and does no other program hold it?', nowUs);
        return;
      case 'settle':
        this.#start(nowUs);
        return;
      case 'retry':
        this.#begin(nowUs);
    }
  }

  #answered(nowUs: number): void {
    const { payload, length } = this.#reader;
    if (this.#phase === 'identify' && length === 3) this.#identified(payload[2] as number, nowUs);
    else if (this.#phase === 'registers' && length === 2 + registerCount) this.#compare(payload, nowUs);
  }

  #identified(id: number, nowUs: number): void {
    const said = `ID register reads ${hex(id)}`;
    switch (judgeId(id)) {
      case 'silent':
        this.#fail(`no chip answers (${said}). Check power, CS, SCLK, MISO and MOSI, and that RESET is high.`, nowUs);
        return;
      case 'another':
        this.#fail(`this is no ADS1299 (${said}, not 0x3E). Check wiring and source.port.`, nowUs);
        return;
      case 'fewer-channels':
        this.#fail(`this is an ADS1299 with 4 or 6 channels (${said}). Only the one with 8 is supported.`, nowUs);
        return;
      case 'good':
        this.#writeRegisters();
        this.#readRegisters(Register.id, registerCount);
        this.#enter('registers', nowUs, answerUs);
    }
  }

  #compare(payload: Uint8Array, nowUs: number): void {
    for (let address = 0; address < registerCount; address++) {
      const written = this.#registers[address] as number;
      const read = payload[2 + address] as number;
      if (readsBack(address, written, read)) continue;
      const name = registerNames[address] ?? '';
      const fix = 'Check MOSI and the supply; long wires want a slower clock.';
      this.#fail(`${name} reads ${hex(read)} after ${hex(written)} was written. ${fix}`, nowUs);
      return;
    }
    this.#enter('settle', nowUs, referenceUs);
  }

  #start(nowUs: number): void {
    this.#command(Opcode.start);
    this.#command(Opcode.readContinuously);
    this.#record(Kind.stream, [1]);
    this.state = 'streaming';
    this.#heardUs = nowUs;
    this.#misframed = 0;
  }

  #fail(what: string, nowUs: number): void {
    this.notice = `ads1299: ${what}`;
    this.#quiet();
    this.state = 'starting';
    this.#enter('retry', nowUs, retryUs);
  }

  // ── Frames ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #frame(nowUs: number): void {
    if (this.state !== 'streaming') return;
    const { payload } = this.#reader;
    this.#heardUs = nowUs;
    if (!isFrame(payload, edgeBytes)) {
      this.#misframed++;
      this.#misframedBytes += frameBytes;
      if (this.#misframed % resyncFrames === 0) this.#resync();
      return;
    }
    const edge = readEdge(payload);
    if (edge === this.#edge) {
      this.counts.duplicates++;
      return;
    }
    const { frame } = this.#outlet;
    for (let channel = 0; channel < chipChannels; channel++) frame[channel] = readCount(payload, edgeBytes, channel);
    if (this.#options.digital) frame[chipChannels] = pinLevels(payload, edgeBytes);
    this.#outlet.put(edge & 0x7fffffff, this.#lostBefore(edge, nowUs));
    this.#edge = edge;
    this.#lastFrameUs = nowUs;
    this.#misframed = 0;
    this.notice = '';
  }

  /** Edges tell exactly; across a start only time does. */
  #lostBefore(edge: number, nowUs: number): number {
    const elapsed = ((nowUs - this.#lastFrameUs) / 1e6) * this.info.rate;
    if (this.#edge >= 0) {
      const lost = ((edge - this.#edge) >>> 0) - 1;
      if (lost < mostLost) return lost;
    }
    return Number.isNaN(elapsed) ? 0 : Math.max(1, Math.round(elapsed) - 1);
  }

  /** Shifted frames come in order again once the chip begins anew. */
  #resync(): void {
    this.notice =
      'ads1299: frames without their status word 1100 (SPI noise, or another program on the port). Shorten the wires.';
    this.#quiet();
    this.#command(Opcode.start);
    this.#command(Opcode.readContinuously);
    this.#record(Kind.stream, [1]);
  }

  #watch(nowUs: number): void {
    if (nowUs - this.#heardUs > silenceUs) {
      const line = `GPIO line ${this.#options.dataReady}`;
      this.#fail(
        `no data-ready edge on ${line} for 1 s. Is DRDY wired to it (source.dataReady), and does the chip have power?`,
        nowUs,
      );
    } else if (this.#misframed > silenceUs * 1e-6 * this.info.rate) {
      this.#fail('a second of frames without their status word 1100: check MISO, SCLK and CS. Starting anew.', nowUs);
    }
  }

  // ── Out ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  #quiet(): void {
    this.#record(Kind.stream, [0]);
    this.#command(Opcode.stopContinuous);
  }

  #command(opcode: number): void {
    this.#record(Kind.transfer, [opcode]);
  }

  #readRegisters(first: number, count: number): void {
    this.#record(Kind.transfer, [Opcode.readRegisters | first, count - 1, ...new Array<number>(count).fill(0)]);
  }

  #writeRegisters(): void {
    const values = this.#registers.subarray(Register.config1);
    this.#record(Kind.transfer, [Opcode.writeRegisters | Register.config1, values.length - 1, ...values]);
  }

  #record(kind: Kind, payload: readonly number[]): void {
    this.outgoingLength = writeRecord(this.outgoing, this.outgoingLength, kind, payload, payload.length);
  }
}

function channelsOf({ electrodes, gain, reference, digital }: Ads1299Options): ChannelInfo[] {
  const names = new Map(Object.entries(electrodes).map(([name, channel]) => [channel, name]));
  const scale = microvoltsPerCount(reference, gain);
  const channels: ChannelInfo[] = [];
  for (let channel = 1; channel <= chipChannels; channel++) {
    channels.push({ name: names.get(channel) ?? `ch${channel}`, unit: 'uV', scale, railCounts });
  }
  if (digital) channels.push({ name: 'digital', unit: 'count', scale: 1, railCounts: 256 });
  return channels;
}

function readEdge(bytes: Uint8Array): number {
  let edge = 0;
  for (let place = edgeBytes - 1; place >= 0; place--) edge = edge * 256 + (bytes[place] as number);
  return edge;
}

const hex = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(2, '0')}`;

const edgeBytes = 4;
/** Power-up takes 2^18 ticks of 2.048 MHz, and the internal reference as long to charge. */
const powerUpUs = 150e3;
const referenceUs = 150e3;
const answerUs = 500e3;
const retryUs = 1e6;
const silenceUs = 1e6;
const resyncFrames = 3;
/** More in a row were not lost: the edges are counted anew. */
const mostLost = 2 ** 30;
