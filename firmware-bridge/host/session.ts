import { FrameReader, FrameWriter } from '../protocol/frame.js';
import { phases, protocolVersion } from '../protocol/description.js';
import {
  DeviceMessageDecoder,
  blank,
  type DeviceMessage,
  type HostMessage,
  type State,
  type Welcome,
} from '../protocol/messages.js';
import { ClockSync } from './clock-sync.js';

/** What the host asks the device for when it opens a session. */
export interface SessionPlan {
  readonly limits: BridgeLimits;
  /** 0: no samples. */
  readonly samplePeriodUs: number;
  /** From input 0 on. */
  readonly analogueInputs: number;
}

/** As in `welcome`, `open` and `state`: times in microseconds, amplitude and duty in thousandths. */
export type BridgeLimits = Pick<
  State,
  | 'beatTimeoutUs'
  | 'amplitudeLimit'
  | 'durationLimitUs'
  | 'chargeLimit'
  | 'intervalLimitUs'
  | 'perMinuteLimit'
  | 'dutyLimit'
>;

/** What a device is asked to hold us to; with an amplitude of 0 it gives nothing. */
export function limitsFor(amplitude: number): BridgeLimits {
  return {
    beatTimeoutUs: 100e3,
    amplitudeLimit: amplitude,
    durationLimitUs: 1e6,
    chargeLimit: amplitude * 1e6,
    intervalLimitUs: 400e3,
    perMinuteLimit: 60,
    dutyLimit: 500,
  };
}

/** `asking`: nobody has answered yet. `refused`: of another version. `welcomed`: at rest, no session. Then a session. */
export type SessionPhase = 'asking' | 'refused' | 'welcomed' | 'opening' | 'open';

/**
 * The host's half of the dialogue over one connection: who is there, a session, its beats, the clock, the whole state each
 * second. Pure: bytes in, bytes out, and time is an argument. The caller calls `step` when it is due and after each `push`,
 * and writes `outgoing` at once.
 */
export class BridgeSession {
  phase: SessionPhase = 'asking';
  readonly clock = new ClockSync();
  /** What the device said of itself. */
  welcome: Welcome | undefined;
  /** As it was told last. */
  state: State | undefined;
  /** Why there is no session, as a sentence with the fix; empty where there is one, or could be. */
  notice = '';
  /** Sessions that the device ended because beats had stopped. */
  losses = 0;
  /** Of these the ones for which this side had been silent as long as the device allows. */
  stalls = 0;
  /** Longest time between two beats of a session. */
  longestBeatUs = 0;
  readonly reader = new FrameReader<DeviceMessage>(new DeviceMessageDecoder());
  readonly outgoing = new Uint8Array(1024);
  outgoingLength = 0;
  readonly #plan: SessionPlan;
  readonly #hear: (message: DeviceMessage) => void;
  readonly #writer = new FrameWriter();
  readonly #hello = blank.hello();
  readonly #open = blank.open();
  readonly #beat = blank.beat();
  readonly #sync = blank.sync();
  readonly #ask = blank.ask();
  /** When the newest `sync`s were sent, by number. */
  readonly #sentUs = new Float64Array(16);
  #heardUs = -Infinity;
  /** When what is waited for has failed. */
  #deadlineUs = -Infinity;
  #beatUs = NaN;
  #stalled = false;
  #nextSyncUs = Infinity;
  #nextAskUs = Infinity;

  /** `nonce` should be another one for each connection. `hear` gets each message; it is overwritten by the next one. */
  constructor(plan: SessionPlan, nonce: number, hear: (message: DeviceMessage) => void) {
    this.#plan = plan;
    this.#hello.protocol = protocolVersion;
    this.#hello.nonce = nonce >>> 0;
    this.#hear = hear;
  }

  /** 0 while there is none. */
  get session(): number {
    return this.phase === 'open' ? this.#beat.session : 0;
  }

  push(bytes: Uint8Array, length: number, nowUs: number): void {
    for (let i = 0; i < length; i++) {
      const message = this.reader.take(bytes[i] as number);
      if (!message) continue;
      this.#heardUs = nowUs;
      this.#take(message, nowUs);
      this.#hear(message);
    }
  }

  /** Says what is due. `alive`: beats may go out; otherwise a session ends. Returns when to come again at the latest. */
  step(nowUs: number, alive: boolean): number {
    if (this.phase === 'open' && !alive) this.#release(nowUs);
    else if (nowUs >= this.#deadlineUs) this.#fail(nowUs);
    else if (this.phase === 'welcomed' && alive) this.#openSession(nowUs);
    if (this.phase === 'open') this.#keep(nowUs);
    if ((this.phase === 'open' || this.phase === 'welcomed') && nowUs >= this.#nextAskUs) {
      this.#nextAskUs = nowUs + askUs;
      this.#send(this.#ask);
    }
    return this.phase === 'open'
      ? Math.min(this.#beatUs + beatUs, this.#nextSyncUs, this.#nextAskUs)
      : Math.min(this.#deadlineUs, this.#nextAskUs);
  }

  /** All that speaks against a stimulus, as far as the two sides know, one line each. */
  objections(): string[] {
    if (this.phase !== 'open' || !this.state) {
      return [this.notice || 'there is no session: the guardian has only just begun, or holds'];
    }
    const { limits } = this.#plan;
    const { state } = this;
    if (state.amplitudeLimit < limits.amplitudeLimit) {
      const most = `the device gives ${state.amplitudeLimit} thousandths at the most`;
      return [`${most}, and the amplitude is ${limits.amplitudeLimit}: lower actuators.*.amplitude`];
    }
    return (Object.keys(limits) as (keyof BridgeLimits)[])
      .filter((name) => isLooser(name, state[name], limits[name]))
      .map((name) => `${name} is ${state[name]} on the device, and ${limits[name]} was asked for`);
  }

  #take(message: DeviceMessage, nowUs: number): void {
    switch (message.kind) {
      case 'welcome':
        if (message.nonce === this.#hello.nonce && this.phase === 'asking') this.#meet(message, nowUs);
        break;
      case 'state':
        this.state = Object.assign(this.state ?? blank.state(), message);
        this.#judge(message, nowUs);
        break;
      case 'synced': {
        const sentUs = this.#sentUs[message.sequence % this.#sentUs.length] as number;
        if (message.sequence > this.#sync.sequence || message.sequence + this.#sentUs.length <= this.#sync.sequence)
          break;
        this.clock.add(sentUs, message.receivedUs, message.sentUs, nowUs);
        break;
      }
    }
  }

  #meet(welcome: Welcome, nowUs: number): void {
    if (this.welcome?.boot !== welcome.boot) this.clock.clear();
    this.welcome = { ...welcome };
    if (welcome.protocol !== protocolVersion || welcome.session === 0) {
      this.phase = 'refused';
      this.#deadlineUs = nowUs + refusedUs;
      const newer = welcome.protocol < protocolVersion ? 'put newer firmware onto the device' : 'use a newer axond';
      this.notice = `the device speaks version ${welcome.protocol} of the protocol and axond version ${protocolVersion}: ${newer}`;
      return;
    }
    this.phase = 'welcomed';
    this.notice = '';
    this.#open.session = this.#beat.session = this.#sync.session = welcome.session;
    this.#deadlineUs = nowUs + silentUs;
    this.#nextAskUs = nowUs + askUs;
  }

  #openSession(nowUs: number): void {
    const { limits, samplePeriodUs, analogueInputs } = this.#plan;
    Object.assign(this.#open, limits, { samplePeriodUs, analogueInputs });
    this.phase = 'opening';
    this.#deadlineUs = nowUs + answerUs;
    this.#send(this.#open);
  }

  #judge(state: State, nowUs: number): void {
    const mine = state.session === this.#open.session && state.session !== 0;
    if (this.phase === 'welcomed') this.#deadlineUs = nowUs + silentUs;
    else if (this.phase === 'opening' && mine && phases[state.phase] === 'open') {
      this.phase = 'open';
      this.#beat.sequence = 0;
      this.#sync.sequence = 0;
      this.#beatUs = -Infinity;
      this.#stalled = false;
      this.#nextSyncUs = nowUs;
      this.#nextAskUs = nowUs + askUs;
      this.#deadlineUs = nowUs + silentOpenUs;
    } else if (this.phase === 'open') {
      if (mine && phases[state.phase] === 'open') return;
      if (mine) {
        this.losses++;
        if (this.#stalled) this.stalls++;
      }
      this.#begin(nowUs);
    }
  }

  #keep(nowUs: number): void {
    if (nowUs >= this.#beatUs + beatUs) {
      const apart = nowUs - this.#beatUs;
      if (this.#beat.sequence > 0) this.longestBeatUs = Math.max(this.longestBeatUs, apart);
      if (apart >= this.#plan.limits.beatTimeoutUs && this.#beat.sequence > 0) this.#stalled = true;
      // After a silence that comes near to what the device allows, it is asked whether the session still stands.
      if (this.#beat.sequence > 0 && apart >= this.#plan.limits.beatTimeoutUs / 2) this.#nextAskUs = nowUs;
      this.#beat.sequence++;
      this.#beatUs = nowUs;
      this.#send(this.#beat);
    }
    if (nowUs >= this.#nextSyncUs) {
      this.#sync.sequence++;
      this.#sentUs[this.#sync.sequence % this.#sentUs.length] = nowUs;
      this.#nextSyncUs = nowUs + (this.#sync.sequence < quickSyncs ? quickSyncUs : syncUs);
      this.#send(this.#sync);
    }
    this.#deadlineUs = this.#heardUs + silentOpenUs;
  }

  /** The guardian does not live, or holds. */
  #release(nowUs: number): void {
    const apart = nowUs - this.#beatUs;
    if (this.#beat.sequence > 0 && apart >= this.#plan.limits.beatTimeoutUs) {
      // All of this process stood still: the device has lost the session before us.
      this.losses++;
      this.stalls++;
      this.longestBeatUs = Math.max(this.longestBeatUs, apart);
    }
    this.#begin(nowUs);
  }

  #fail(nowUs: number): void {
    if (this.phase !== 'refused' && nowUs - this.#heardUs > silentOpenUs) {
      this.notice = 'the device does not answer: is it powered, and is this its port';
    }
    this.#begin(nowUs);
  }

  /** Asks who is there; that ends whatever session there was, at rest. */
  #begin(nowUs: number): void {
    this.phase = 'asking';
    this.#hello.nonce = (this.#hello.nonce + 1) >>> 0;
    this.#deadlineUs = nowUs + answerUs;
    this.#nextAskUs = Infinity;
    this.#send(this.#hello);
  }

  #send(message: HostMessage): void {
    this.#writer.write(message);
    const { bytes, length } = this.#writer;
    if (this.outgoingLength + length > this.outgoing.length) return;
    this.outgoing.set(bytes.subarray(0, length), this.outgoingLength);
    this.outgoingLength += length;
  }
}

/** An interval is looser where it is shorter. */
function isLooser(name: keyof BridgeLimits, inForce: number, asked: number): boolean {
  return name === 'intervalLimitUs' ? inForce < asked : inForce > asked;
}

const beatUs = 20e3;
const syncUs = 100e3;
/** A session begins with some that follow each other quickly, so that the clock is known within a fifth of a second. */
const quickSyncs = 16;
const quickSyncUs = 10e3;
const askUs = 1e6;
/** A device answers within this, or the frame was lost. */
const answerUs = 200e3;
/** One that has said nothing for so long is gone: in a session, where it answers ten times a second, and without one. */
const silentOpenUs = 500e3;
const silentUs = 2.5e6;
const refusedUs = 2e6;
