import assert from 'node:assert/strict';
import { FrameReader, FrameWriter } from '../../firmware-bridge/protocol/frame.js';
import {
  blank,
  DeviceMessageDecoder,
  type DeviceMessage,
  type HostMessage,
  type Open,
  type Pulse,
  type State,
  type Verdict,
  type Welcome,
} from '../../firmware-bridge/protocol/messages.js';
import { protocolVersion, reasons } from '../../firmware-bridge/protocol/description.js';

/** What the tests talk to a firmware through: a line, and time that passes. */
export interface TestLine {
  write(bytes: Uint8Array): void;
  /** Bytes that have come since the last call. */
  read(): Uint8Array;
  /** Time passes on the microcontroller's clock; on a real one about as much. */
  pass(us: number): void | Promise<void>;
}

type Kinds = { [M in DeviceMessage as M['kind']]: M };

/** The limits that tests ask for: as loose as compiled, but for the heartbeat's default. */
export const loose: Omit<Open, 'kind' | 'session'> = {
  beatTimeoutUs: 100_000,
  amplitudeLimit: 1000,
  durationLimitUs: 1_000_000,
  chargeLimit: 1_000_000_000,
  intervalLimitUs: 400_000,
  perMinuteLimit: 60,
  dutyLimit: 500,
  samplePeriodUs: 0,
  analogueInputs: 0,
};

/** A host that says what a test wants it to say, when it wants. */
export class BridgeClient {
  /** All that has come, oldest first. */
  readonly received: DeviceMessage[] = [];
  session = 0;
  /** Of this session. */
  beats = 0;
  /** This side, or the machine, was too slow for what it wanted to try: in real time. */
  stalls = 0;
  readonly #line: TestLine;
  readonly #writer = new FrameWriter();
  readonly #reader = new FrameReader(new DeviceMessageDecoder());
  #pulses = 0;
  #beatMs = NaN;

  constructor(line: TestLine) {
    this.#line = line;
    line.read();
  }

  get damagedFrames(): number {
    return this.#reader.damagedFrames;
  }

  frame(message: HostMessage): Uint8Array {
    this.#writer.write(message);
    return this.#writer.bytes.slice(0, this.#writer.length);
  }

  send(message: HostMessage): void {
    this.#line.write(this.frame(message));
  }

  /** Takes in what has come. */
  listen(): void {
    for (const byte of this.#line.read()) {
      const message = this.#reader.take(byte);
      if (message) this.received.push(structuredClone(message));
    }
  }

  /** What has come of a kind. */
  all<K extends keyof Kinds>(kind: K): Kinds[K][] {
    this.listen();
    return this.received.filter((message): message is Kinds[K] => message.kind === kind);
  }

  /** The first of its kind that fits, once it has come; what came before it stays. */
  async next<K extends keyof Kinds>(
    kind: K,
    fits: (message: Kinds[K]) => boolean = () => true,
    withinUs = 2_000_000,
  ): Promise<Kinds[K]> {
    for (let waitedUs = 0; ; waitedUs += 1000) {
      const found = this.all(kind).find(fits);
      if (found) {
        this.received.splice(this.received.indexOf(found), 1);
        return found;
      }
      assert.ok(waitedUs < withinUs, `no ${kind} came; there are ${this.received.map((one) => one.kind).join(', ')}`);
      await this.#line.pass(1000);
    }
  }

  async hello(protocol = protocolVersion): Promise<Welcome> {
    const nonce = ++nonces;
    this.send({ ...blank.hello(), protocol, nonce });
    return await this.next('welcome', (message) => message.nonce === nonce);
  }

  async open(limits: Partial<Open> = {}): Promise<State> {
    const { session } = await this.hello();
    this.session = session;
    this.beats = 0;
    this.#pulses = 0;
    this.send({ ...blank.open(), ...loose, ...limits, session });
    return await this.next('state', (state) => state.session === session);
  }

  beat(): void {
    const nowMs = performance.now();
    if (this.beats > 0 && nowMs - this.#beatMs > 60) this.stalls++;
    this.#beatMs = nowMs;
    this.send({ ...blank.beat(), session: this.session, sequence: ++this.beats });
  }

  /** Time passes with a beat each 20 ms. */
  async live(us: number): Promise<void> {
    for (let left = us; left > 0; left -= 20_000) {
      this.beat();
      await this.#line.pass(Math.min(20_000, left));
    }
    this.listen();
  }

  async ask(): Promise<State> {
    this.listen();
    for (const stale of this.all('state')) this.received.splice(this.received.indexOf(stale), 1);
    this.send(blank.ask());
    return await this.next('state');
  }

  /** 100 ms at half of the full scale if nothing else is wanted. */
  command(wanted: Partial<Pulse> = {}): Pulse {
    return {
      ...blank.pulse(),
      session: this.session,
      sequence: ++this.#pulses,
      expiresUs: Number.MAX_SAFE_INTEGER,
      durationUs: 100_000,
      amplitude: 500,
      ...wanted,
    };
  }

  /** 20 ms from now if no time is wanted: no way there takes as long. */
  async pulse(wanted: Partial<Pulse> = {}): Promise<Verdict> {
    const atUs = wanted.atUs ?? (await this.ask()).nowUs + 20_000;
    const pulse = this.command({ ...wanted, atUs });
    this.send(pulse);
    const verdict = await this.next('verdict', ({ sequence }) => sequence === pulse.sequence);
    if (wanted.atUs === undefined && verdict.nowUs > atUs) this.stalls++;
    return verdict;
  }
}

/** The names of the bits. */
export function reasonNames(bits: number): string[] {
  return reasons.filter((_, bit) => (bits & (1 << bit)) !== 0);
}

/** No client of this process says hello with the number of another. */
let nonces = 0;
