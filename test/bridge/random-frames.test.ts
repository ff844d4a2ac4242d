import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { messages } from '../../firmware-bridge/protocol/description.js';
import { noCompiler } from '../../firmware-bridge/firmware/make.test.fixture.js';
import { FrameReader, FrameWriter, longestFrame } from '../../firmware-bridge/protocol/frame.js';
import { blank, DeviceMessageDecoder, type HostMessage, type Pulse } from '../../firmware-bridge/protocol/messages.js';
import { RandomBits } from '../../runtime/signal/random.js';
import { compiledLimits, OutputRules, type OutputChange } from './output-rules.js';
import { VirtualPort } from './virtual-port.js';

const tickUs = 100;
const hostKinds = Object.entries(messages)
  .filter(([, { from }]) => from === 'host')
  .map(([kind]) => kind as HostMessage['kind']);

/** A pulse that may still come, with when it was sent. */
interface Awaited extends Pulse {
  readonly sentUs: number;
}

/**
 * Sends what it likes, and knows from the frames alone what the output may do: no more than what an unbroken frame of a
 * living session has asked for, and nothing once the heartbeat's time is over.
 */
class Tormentor {
  readonly rules = new OutputRules(compiledLimits, 0);
  /** With the number of the pulse. */
  readonly told: (OutputChange & { readonly sequence: number })[] = [];
  starts = 0;
  readonly #port = new VirtualPort();
  readonly #random: RandomBits;
  readonly #writer = new FrameWriter();
  readonly #frame = new Uint8Array(longestFrame + 1);
  readonly #reader = new FrameReader(new DeviceMessageDecoder());
  /** Sent lately, for replays. */
  readonly #lately: HostMessage[] = [];
  #offered = 0;
  #session = 0;
  #beatTimeoutUs = 0;
  /** Nothing may come out after it. */
  #deadlineUs = -1;
  #newestBeat = 0;
  #beats = 0;
  #pulses = 0;
  #awaited: Awaited[] = [];
  #active: (Awaited & { readonly endUs: number }) | undefined;
  #judged = 0;
  #steps = 0;
  /** When the port woke last from a sleep that was too long. */
  #wokeUs = -1;
  /** Each gets one verdict, in order. */
  readonly #unanswered: Pulse[] = [];
  /** Numbers of this session's shams, for what is told. */
  #shams = new Set<number>();
  #toldActive = false;

  constructor(seed: number) {
    this.#random = new RandomBits(seed, 0);
  }

  get port(): VirtualPort {
    return this.#port;
  }

  step(): void {
    const choice = this.#below(1000);
    if (choice < 60) this.#port.write(this.#bytes(this.#below(200)));
    else if (choice < 110) this.#sendBroken();
    else if (choice < 150) this.#send(this.#anything());
    else if (choice < 200) this.#send(this.#replay());
    else if (choice < 210) this.#openSession();
    else if (choice < 220) this.#send(blank.rest());
    else if (choice < 240) this.#send({ ...blank.sync(), session: this.#session, sequence: this.#below(1000) });
    else if (choice < 600) this.#send({ ...blank.beat(), session: this.#session, sequence: ++this.#beats });
    else this.#send(this.#pulse());
    const waits = this.#below(1000);
    if (waits < 500) this.#port.pass(this.#below(20_000));
    else if (waits < 504) this.#port.pass(this.#below(400_000));
    this.#judge();
    // A port that oversleeps does late what was due meanwhile, at once when it wakes.
    if (waits < 504 || waits > 510) return;
    this.#port.oversleep(1 + this.#below(300));
    this.#wokeUs = this.#port.nowUs;
    this.#judge();
  }

  /** What was told of the output, and what it did. */
  compare(): void {
    this.#listen();
    const changes = this.#port.changes();
    const told = this.told.map(({ atUs, amplitude }) => ({ atUs, amplitude }));
    assert.deepEqual(told, changes);
  }

  /** A `hello` now and then, or no session would live. */
  #replay(): HostMessage {
    const message = this.#lately[this.#below(this.#lately.length)] ?? blank.ask();
    return message.kind === 'hello' && this.#below(10) > 0 ? blank.ask() : message;
  }

  #openSession(): void {
    this.#send({ ...blank.hello(), protocol: 1, nonce: this.#word() });
    if (this.#below(10) === 0) return;
    this.#send({
      ...blank.open(),
      session: this.#offered,
      beatTimeoutUs: this.#one(100_000, 100_000, 250_000, 4_000_000_000, 5000, 99),
      amplitudeLimit: this.#one(1000, 1000, 65_535, 65_535, 10),
      durationLimitUs: this.#one(1_000_000, 0xffffffff, 50_000, 50_049),
      chargeLimit: this.#one(1_000_000_000, 0xffffffff, 10_000_000),
      intervalLimitUs: this.#one(0, 0, 400_000, 400_001, 2_000_000),
      perMinuteLimit: this.#one(60, 60, 65_535, 3),
      dutyLimit: this.#one(500, 500, 65_535, 20),
      samplePeriodUs: this.#one(0, 0, 0, 20_000),
      analogueInputs: this.#one(0, 2),
    });
  }

  #pulse(): Pulse {
    const { nowUs } = this.#port;
    const atUs = Math.max(0, nowUs + this.#one(0, 0, 50, 1000, 30_000, 999_000, 1_100_000, -900, -1000, -5000));
    return {
      ...blank.pulse(),
      session: this.#below(20) === 0 ? this.#word() : this.#session,
      sequence: this.#below(20) === 0 ? this.#below(5) : ++this.#pulses,
      atUs,
      expiresUs: Math.max(0, atUs + this.#one(0, 1000, 100_000, 1e12, -1, -100)),
      durationUs: this.#one(100, 5000, 20_000, 50_000, 100_000, 200_000, 1_000_000, 1_000_001, 99),
      amplitude: this.#one(1, 10, 500, 1000, 1001, 0, 65_535),
      sham: this.#one(0, 0, 0, 1),
    };
  }

  /** Any kind with any fields, of any session but that which is open or offered. */
  #anything(): HostMessage {
    const kind = hostKinds[this.#below(hostKinds.length)] as HostMessage['kind'];
    const message = blank[kind]();
    const fields = message as unknown as Record<string, unknown>;
    for (const [name, type] of Object.entries(messages[kind].fields as Record<string, string>)) {
      if (type.endsWith(']')) continue;
      const bits = Number(type.slice(1));
      fields[name] = bits === 64 ? (this.#word() % 0x200000) * 2 ** 32 + this.#word() : this.#word() % 2 ** bits;
    }
    if (fields['session'] === this.#session || fields['session'] === this.#offered) fields['session'] = 0;
    return message;
  }

  #sendBroken(): void {
    const message = this.#lately[this.#below(this.#lately.length)] ?? blank.ask();
    this.#writer.write(message);
    const broken = this.#writer.bytes.slice(0, this.#writer.length);
    const at = this.#below(broken.length);
    broken[at] = (broken[at] as number) ^ (1 << this.#below(8));
    this.#port.write(broken);
    this.#port.write(Uint8Array.of(0));
  }

  #send(message: HostMessage): void {
    this.#writer.write(message);
    const { nowUs } = this.#port;
    if (message.kind === 'pulse') {
      this.#unanswered.push(message);
      this.#note(message, nowUs);
    }
    // Whatever noise came before it, this frame is whole.
    this.#frame.set(this.#writer.bytes, 1);
    this.#port.write(this.#frame.subarray(0, this.#writer.length + 1));
    this.#apply(message, nowUs);
    if (this.#lately.length < 64) this.#lately.push(message);
    else this.#lately[this.#below(64)] = message;
  }

  #note(pulse: Pulse, nowUs: number): void {
    if (this.#session === 0 || pulse.session !== this.#session) return;
    this.#awaited = this.#awaited.filter(({ atUs }) => atUs > nowUs - 10_000).slice(-500);
    this.#awaited.push({ ...pulse, sentUs: nowUs });
  }

  #apply(message: HostMessage, nowUs: number): void {
    switch (message.kind) {
      case 'hello':
        this.#listen();
        this.#shams.clear();
        this.#session = 0;
        this.#awaited = [];
        this.#deadlineUs = nowUs;
        assert.equal(this.#port.output, 0, '`hello` ends a pulse');
        return;
      case 'open':
        if (message.session === 0 || message.session !== this.#offered) return;
        this.#session = message.session;
        this.#offered = 0;
        this.#beatTimeoutUs = Math.min(message.beatTimeoutUs - (message.beatTimeoutUs % tickUs), 250_000);
        this.#deadlineUs = nowUs + this.#beatTimeoutUs;
        this.#newestBeat = 0;
        this.#beats = 0;
        this.#pulses = 0;
        return;
      case 'beat':
        if (message.session !== this.#session || message.sequence <= this.#newestBeat || nowUs > this.#deadlineUs)
          return;
        this.#newestBeat = message.sequence;
        this.#deadlineUs = nowUs + this.#beatTimeoutUs;
        return;
      case 'rest':
        this.#awaited = [];
        assert.equal(this.#port.output, 0, '`rest` ends a pulse');
    }
  }

  #judge(): void {
    const changes = this.#port.changes();
    if (this.#judged < changes.length) this.#listen();
    for (; this.#judged < changes.length; this.#judged++) {
      const change = changes[this.#judged] as OutputChange;
      this.rules.take(change);
      if (change.amplitude > 0) this.#judgeStart(change);
      else {
        const active = this.#active;
        assert.ok(active && (change.atUs <= active.endUs || change.atUs === this.#wokeUs), `ended at ${change.atUs}`);
        this.#active = undefined;
      }
    }
    const { output, nowUs } = this.#port;
    if (output > 0) {
      assert.ok(nowUs <= this.#deadlineUs, `output at ${nowUs}, heartbeat lost at ${this.#deadlineUs}`);
      assert.ok(this.#active && nowUs <= this.#active.endUs, `output at ${nowUs}`);
    }
    if (++this.#steps % 100 === 0) this.#listen();
  }

  #judgeStart(change: OutputChange): void {
    this.starts++;
    assert.ok(change.atUs <= this.#deadlineUs, `started at ${change.atUs}, heartbeat lost at ${this.#deadlineUs}`);
    const asked = this.#awaited.findIndex(
      (pulse) =>
        pulse.sequence === this.told[this.#judged]?.sequence &&
        pulse.amplitude === change.amplitude &&
        pulse.sham === 0 &&
        change.atUs >= pulse.sentUs &&
        change.atUs >= pulse.atUs - tickUs &&
        change.atUs <= Math.max(pulse.atUs, pulse.sentUs) + 1000 + tickUs &&
        change.atUs <= pulse.expiresUs + tickUs,
    );
    assert.ok(asked >= 0, `nobody asked for ${change.amplitude} at ${change.atUs}`);
    const pulse = this.#awaited[asked] as Awaited;
    this.#awaited.splice(asked, 1);
    this.#active = { ...pulse, endUs: change.atUs + pulse.durationUs };
  }

  #listen(): void {
    for (const byte of this.#port.read()) {
      const message = this.#reader.take(byte);
      if (message?.kind === 'welcome') this.#offered = message.session;
      if (message?.kind === 'verdict') {
        const pulse = this.#unanswered.shift();
        assert.equal(message.sequence, pulse?.sequence);
        if (message.reasons === 0 && pulse?.sham !== 0) this.#shams.add(message.sequence);
      }
      if (message?.kind !== 'edge' || this.#shams.has(message.sequence)) continue;
      if (message.amplitude > 0 || this.#toldActive) {
        const { atUs, amplitude, sequence } = message;
        this.told.push({ atUs, amplitude, sequence });
      }
      this.#toldActive = message.amplitude > 0;
    }
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#below(256));
  }

  #one(...values: number[]): number {
    return values[this.#below(values.length)] as number;
  }

  #word(): number {
    return this.#random.next() >>> 0;
  }

  #below(bound: number): number {
    return bound === 0 ? 0 : this.#word() % bound;
  }
}

describe('the bridge under random frames', { skip: noCompiler }, () => {
  const frames = Number(process.env['AXOND_BRIDGE_FRAMES'] ?? 1_000_000);

  test(`${frames} frames move the output only as a living session has asked, within all limits`, (t) => {
    const tormentor = new Tormentor(14);
    for (let n = 0; n < frames; n++) tormentor.step();
    tormentor.compare();
    assert.deepEqual(tormentor.rules.violations, []);
    const minutes = tormentor.port.nowUs / 60e6;
    t.diagnostic(`${tormentor.starts} pulses in ${minutes.toFixed(0)} minutes of the virtual clock`);
    assert.ok(tormentor.starts > frames / 1000, `only ${tormentor.starts} pulses`);
  });
});
