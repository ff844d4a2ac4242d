import {
  FrameFlag,
  type ChannelInfo,
  type DeviceSession,
  type SampleBlock,
  type SessionCounts,
  type SessionState,
  type StreamInfo,
} from '../../runtime/contracts.js';
import type { DeviceMessage, Samples } from '../protocol/messages.js';
import { BridgeSession, limitsFor, type SessionPlan } from './session.js';

/** What a bridge is asked to sample, as plain values. */
export interface BridgeSourceOptions {
  /** Samples a second of each input. */
  readonly rate: number;
  /** Names of its analogue inputs, from input 0 on: at least one. */
  readonly inputs: readonly string[];
}

/**
 * The inputs of a bridge as a device that streams, pure: the analogue ones in counts, and behind them `digital`, whose bits
 * are the levels at the same instants, 0 until the first change. Its session may give no pulse.
 */
export function createBridgeSource(options: BridgeSourceOptions): DeviceSession {
  return new BridgeSource(options);
}

class BridgeSource implements DeviceSession {
  readonly info: StreamInfo;
  /** What was damaged on the line is counted in frames. */
  readonly counts: SessionCounts = { frames: 0, gaps: 0, lostFrames: 0, discardedBytes: 0, duplicates: 0 };
  readonly outgoing = new Uint8Array(1024);
  outgoingLength = 0;
  readonly goodbye = new Uint8Array(0);
  state: SessionState = 'closed';
  readonly #plan: SessionPlan;
  readonly #inputs: number;
  #session: BridgeSession | undefined;
  #nowUs = NaN;
  #heardUs = NaN;
  #silence = '';
  /** Damaged frames of connections before this one. */
  #damaged = 0;
  /** Blocks in a ring: `whole` of them wait from `first` on, and the one behind them is being put together. */
  readonly #blocks: readonly Block[];
  #first = 0;
  #whole = 0;
  #inputsIn = 0;
  readonly #changes: readonly Change[];
  #firstChange = 0;
  #changesIn = 0;
  /** Counter of the newest whole block; −1 before the first of a session, and when it came. */
  #lastCounter = -1;
  #lastUs = NaN;
  /** Next sample of the first block, and whether what was lost before it has been told. */
  #place = 0;
  #told = 0;
  #levels = 0;
  #nextIndex = 0;
  readonly #frame: Int32Array;

  constructor({ rate, inputs }: BridgeSourceOptions) {
    this.#inputs = inputs.length;
    this.#frame = new Int32Array(inputs.length + 1);
    this.#plan = { limits: limitsFor(0), samplePeriodUs: Math.round(1e6 / rate), analogueInputs: inputs.length };
    this.#blocks = Array.from({ length: ringBlocks }, () => ({
      counter: 0,
      firstUs: 0,
      periodUs: 0,
      lost: 0,
      values: new Int16Array(inputs.length * blockSamples),
    }));
    this.#changes = Array.from({ length: ringChanges }, () => ({ atUs: 0, levels: 0 }));
    this.info = { device: 'bridge', rate, delayUs: 0, channels: channelsOf(inputs) };
  }

  get pending(): boolean {
    return this.#whole > 0;
  }

  get notice(): string {
    const notice = this.#session?.notice || this.#silence;
    return notice === '' ? '' : `bridge: ${notice}.`;
  }

  open(nowUs: number): void {
    this.state = 'starting';
    this.#heardUs = nowUs;
    this.#silence = '';
    this.#session = new BridgeSession(this.#plan, Math.floor(nowUs % 2 ** 32), (message) => this.#hear(message));
    this.#restart();
  }

  close(): void {
    this.state = 'closed';
    this.outgoingLength = 0;
    this.#damaged += this.#session?.reader.damagedFrames ?? 0;
    this.#session = undefined;
    this.#whole = 0;
  }

  push(bytes: Uint8Array, length: number, nowUs: number, out: SampleBlock): void {
    out.frames = 0;
    out.firstIndex = this.#nextIndex;
    out.arrivalUs = nowUs;
    const session = this.#session;
    if (!session) return;
    this.#nowUs = nowUs;
    session.push(bytes, length, nowUs);
    session.step(nowUs, true);
    this.outgoing.set(session.outgoing.subarray(0, session.outgoingLength));
    this.outgoingLength = session.outgoingLength;
    session.outgoingLength = 0;
    this.counts.discardedBytes = this.#damaged + session.reader.damagedFrames;
    if (session.phase === 'refused') this.state = 'failed';
    else if (nowUs - this.#heardUs > silenceUs) {
      this.state = 'starting';
      this.#silence = 'no samples for 2 s: is the bridge powered, and does it have these inputs';
    }
    this.#deliver(out);
  }

  /** Counters of the device begin anew, too. */
  #restart(): void {
    this.#lastCounter = -1;
    this.#inputsIn = 0;
    this.#place = 0;
    this.#told = 0;
    this.#changesIn = 0;
  }

  #hear(message: DeviceMessage): void {
    if (message.kind === 'welcome') {
      this.#lastCounter = -1;
      this.#inputsIn = 0;
    } else if (message.kind === 'samples') this.#take(message);
    else if (message.kind === 'input' && this.#changesIn < ringChanges) {
      const change = this.#changes[(this.#firstChange + this.#changesIn++) % ringChanges] as Change;
      change.atUs = message.atUs;
      change.levels = message.levels;
    }
  }

  /** Inputs of one block come in their order; one that misses makes the block a lost one. */
  #take({ counter, firstUs, periodUs, input, values }: Samples): void {
    if (this.#whole === ringBlocks) return;
    const block = this.#blocks[(this.#first + this.#whole) % ringBlocks] as Block;
    if (input === 0) this.#inputsIn = 0;
    if (input !== this.#inputsIn || (input > 0 && counter !== block.counter)) {
      this.#inputsIn = 0;
      return;
    }
    block.counter = counter;
    block.firstUs = firstUs;
    block.periodUs = periodUs;
    block.values.set(values, input * blockSamples);
    this.#inputsIn++;
    if (this.#inputsIn === this.#inputs) this.#complete(block);
  }

  #complete(block: Block): void {
    this.#inputsIn = 0;
    const passed = Math.round(((this.#nowUs - this.#lastUs) * this.info.rate) / 1e6);
    if (this.#lastCounter >= 0) {
      if (block.counter <= this.#lastCounter) {
        this.counts.duplicates += blockSamples;
        return;
      }
      block.lost = (block.counter - this.#lastCounter - 1) * blockSamples;
    } else block.lost = Number.isNaN(passed) ? 0 : Math.max(1, passed - blockSamples);
    if (block.lost > 0) {
      this.counts.gaps++;
      this.counts.lostFrames += block.lost;
    }
    this.counts.frames += blockSamples;
    this.#lastCounter = block.counter;
    this.#lastUs = this.#nowUs;
    this.#heardUs = this.#nowUs;
    this.#silence = '';
    this.state = 'streaming';
    this.#whole++;
  }

  #deliver(out: SampleBlock): void {
    for (; this.#whole > 0; this.#whole--) {
      const block = this.#blocks[this.#first] as Block;
      const isJump = block.lost > longestFillSeconds * this.info.rate;
      if (isJump && this.#told === 0) {
        // The index jumps: the block that follows begins a read of its own.
        if (out.frames > 0) return;
        this.#nextIndex += block.lost;
        out.firstIndex = this.#nextIndex;
        this.#told = block.lost;
      }
      for (; this.#told < block.lost; this.#told++) {
        if (out.frames === out.capacity) return;
        this.#write(out, -1, FrameFlag.gap);
      }
      for (; this.#place < blockSamples; this.#place++) {
        if (out.frames === out.capacity) return;
        this.#sample(block);
        const counter = (block.counter * blockSamples + this.#place) % 2 ** 31;
        this.#write(out, counter, isJump && this.#place === 0 ? FrameFlag.gap : 0);
      }
      this.#place = 0;
      this.#told = 0;
      this.#first = (this.#first + 1) % ringBlocks;
    }
  }

  #sample({ values, firstUs, periodUs }: Block): void {
    const atUs = firstUs + this.#place * periodUs;
    for (let input = 0; input < this.#inputs; input++) {
      this.#frame[input] = values[input * blockSamples + this.#place] as number;
    }
    for (; this.#changesIn > 0; this.#changesIn--) {
      const change = this.#changes[this.#firstChange] as Change;
      if (change.atUs > atUs) break;
      this.#levels = change.levels;
      this.#firstChange = (this.#firstChange + 1) % ringChanges;
    }
    this.#frame[this.#inputs] = this.#levels;
  }

  #write(out: SampleBlock, counter: number, flags: number): void {
    const at = out.frames * out.channels;
    for (let channel = 0; channel < out.channels; channel++) out.counts[at + channel] = this.#frame[channel] as number;
    out.counters[out.frames] = counter;
    out.flags[out.frames] = flags;
    out.frames++;
    this.#nextIndex++;
  }
}

function channelsOf(inputs: readonly string[]): ChannelInfo[] {
  const analogue = inputs.map((name) => ({ name, unit: 'count', scale: 1, railCounts: 32767 }));
  return [...analogue, { name: 'digital', unit: 'count', scale: 1, railCounts: 256 }];
}

/** Of a message. */
const blockSamples = 16;
/** More than fit into a read. */
const ringBlocks = 128;
const ringChanges = 256;
const silenceUs = 2e6;
/** Longer gaps are a jump of the sample index. */
const longestFillSeconds = 2;

interface Block {
  counter: number;
  /** Of the device's clock. */
  firstUs: number;
  periodUs: number;
  /** Frames that were lost before it. */
  lost: number;
  /** Input by input. */
  readonly values: Int16Array;
}

interface Change {
  atUs: number;
  levels: number;
}
