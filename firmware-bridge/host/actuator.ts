import { closeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { amplitudeOf } from '../../drivers/audio/level.js';
import type { Actuator, Command, Condition, HardLimits, Started } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { reasons as reasonNames } from '../protocol/description.js';
import { FrameWriter } from '../protocol/frame.js';
import { blank, type Pulse, type Rest } from '../protocol/messages.js';
import { clockUncertainty, deviceTime, hostTime, type ClockLine } from './clock-sync.js';
import type { LinkThreadData } from './link-thread.js';
import { openNothing, writeAll } from './port.js';
import { limitsFor } from './session.js';
import { SharedLink, Value, Word, type LinkHandle } from './shared.js';

export interface BridgePlan {
  readonly use: 'bridge';
  readonly port: string;
  readonly baudRate: number;
  /** Thousandths of the output's full scale. */
  readonly amplitude: number;
}

export type { LinkHandle };

/** A little tighter than what the firmware is compiled with, so that it never is the clocks' pace that it objects to. */
export const bridgeLimits: HardLimits = {
  intervalUs: 410e3,
  durationUs: 1e6,
  perMinute: 59,
  perHour: 1200,
  perNight: 6000,
};

/** A microcontroller that gives each pulse at its time by a clock of its own, and has the last word on it. */
export class BridgeActuator implements Actuator {
  readonly leadUs = leadUs;
  readonly #plan: BridgePlan;
  readonly #descriptor: number;
  readonly #shared: SharedLink;
  readonly #writer = new FrameWriter();
  /** Zeros around frames: what a full line has cut off before them cannot take them with it. */
  readonly #bytes = new Uint8Array(128);
  readonly #pulse = blank.pulse();
  readonly #rest = blank.rest();

  constructor(plan: BridgePlan, handle: LinkHandle) {
    this.#plan = plan;
    this.#descriptor = handle.descriptor;
    this.#shared = new SharedLink(handle);
  }

  /** Starts the thread that keeps the link. A port that is not there yet speaks against arming until it is. */
  static open({ port, baudRate, amplitude }: BridgePlan, realtime: boolean): LinkHandle {
    const handle = { descriptor: openNothing(), ...SharedLink.memory() };
    const session = { limits: limitsFor(amplitude), samplePeriodUs: 0, analogueInputs: 0 };
    const workerData: LinkThreadData = { handle, session, port, baudRate, realtime };
    const thread = new Worker(new URL('./link-thread.js', import.meta.url), { workerData });
    thread.on('error', (error) => {
      process.stderr.write(`bridge: ${port}: the thread that keeps the link died: ${String(error)}\n`);
      const shared = new SharedLink(handle);
      shared.writeLines(['the thread that keeps the link died: start axond again']);
      Atomics.store(shared.words, Word.session, 0);
      shared.wake();
    });
    thread.unref();
    return handle;
  }

  /** The guardian lives, and does not hold: only then a beat goes out. */
  tick(ready: boolean): void {
    this.#shared.values[Value.tickUs] = monotonicUs();
    Atomics.store(this.#shared.words, Word.ready, ready ? 1 : 0);
  }

  check(): readonly string[] {
    const nowUs = monotonicUs();
    const shared = this.#shared;
    const against = shared.readLines();
    const line = shared.readLine();
    if (against.length === 0 && !line) against.push('the clock of the device is not known yet');
    const uncertainUs = line ? clockUncertainty(line, nowUs) : 0;
    if (uncertainUs > mostUncertainUs) {
      const known = `the clock of the device is known to ${Math.ceil(uncertainUs)} us only`;
      against.push(`${known}, not to ${mostUncertainUs}: use a quicker line`);
    }
    const lossUs = shared.values[Value.lossUs] as number;
    if (lossUs > 0 && nowUs - lossUs < lossLastsUs) {
      const [losses, stalls] = [Word.losses, Word.stalls].map((word) => Atomics.load(shared.words, word));
      const seconds = Math.ceil((nowUs - lossUs) / 1e6);
      against.push(
        `the heartbeat was lost ${losses} times, ${stalls} by stalls of this machine, the last ${seconds} s ago`,
      );
    }
    if (!this.isAtRest()) against.push('the output is not known to be at rest');
    return against.map((reason) => `${this.#plan.port}: ${reason}.`);
  }

  fire({ command, fireAtUs, durationUs, gainDb }: Command, condition: Condition): Started {
    if (!(gainDb <= 0)) throw new Error(`a gain of ${gainDb} dB is no attenuation`);
    const { words, values } = this.#shared;
    const { session, line } = this.#session();
    const startUs = Math.max(fireAtUs, monotonicUs() + leastLeadUs);
    const uncertainUs = clockUncertainty(line, startUs);
    if (!(uncertainUs <= mostUncertainUs)) throw this.#error(`its clock is known to ${Math.ceil(uncertainUs)} us only`);
    const number = Atomics.load(words, Word.pulse) + 1;
    const pulse = this.#pulse;
    pulse.session = session;
    pulse.sequence = number;
    pulse.atUs = Math.round(deviceTime(line, startUs));
    pulse.expiresUs = pulse.atUs + latestUs;
    pulse.durationUs = Math.round(durationUs);
    pulse.amplitude = Math.max(1, Math.round(this.#plan.amplitude * amplitudeOf(gainDb)));
    pulse.sham = condition === 'sham' ? 1 : 0;
    values[Value.untilUs] = startUs + latestUs + durationUs + overUs;
    values[Value.durationUs] = pulse.durationUs;
    Atomics.store(words, Word.pulse, number);
    this.#say(pulse);
    this.#awaitStart(number, startUs);
    if (Atomics.load(words, Word.begun) !== number) {
      return {
        atUs: monotonicUs(),
        evidence: `pulse ${number} brought to rest before its start, for command ${command}`,
      };
    }
    const begunUs = values[Value.begunUs] as number;
    const started = `asked for ${pulse.atUs} us of the device's clock and started at ${begunUs} us`;
    if (Math.abs(begunUs - pulse.atUs) > latestUs + tickUs) {
      this.rest();
      throw this.#error(`pulse ${number} was ${started}`);
    }
    const known = `known to ${Math.ceil(uncertainUs)} us`;
    return { atUs: hostTime(line, begunUs), evidence: `pulse ${number} ${started}, ${known}, for command ${command}` };
  }

  /** Whoever it is: rest goes out first, and then the device's word for it is waited for. */
  rest(): void {
    const { words } = this.#shared;
    Atomics.store(words, Word.cancelled, Atomics.load(words, Word.pulse));
    this.#shared.wake();
    let failure = '';
    try {
      this.#say(this.#rest);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    const untilUs = monotonicUs() + restUs;
    while (!this.isAtRest()) {
      const heard = Atomics.load(words, Word.heard);
      const leftUs = untilUs - monotonicUs();
      if (this.isAtRest()) return;
      if (leftUs <= 0) throw this.#error(`rest is not confirmed; without beats it comes by itself. ${failure}`.trim());
      this.#shared.waitBeyond(heard, leftUs);
    }
  }

  /** By the device's word; where there is none, when each pulse must be over. */
  isAtRest(): boolean {
    return this.#shared.isAtRest(monotonicUs());
  }

  close(): void {
    const { words } = this.#shared;
    try {
      this.rest();
    } finally {
      Atomics.compareExchange(words, Word.close, 0, 1);
      Atomics.notify(words, Word.close);
      Atomics.wait(words, Word.close, 1, closeMs);
      // A thread that hangs in the port keeps it: the end of the process closes it.
      if (Atomics.load(words, Word.close) === 2) closeSync(this.#descriptor);
    }
  }

  /** Waits a little for one: a heartbeat that was lost is followed by a new session within milliseconds. */
  #session(): { readonly session: number; readonly line: ClockLine } {
    const { words } = this.#shared;
    const untilUs = monotonicUs() + sessionUs;
    for (;;) {
      const heard = Atomics.load(words, Word.heard);
      const session = Atomics.load(words, Word.session) >>> 0;
      const line = this.#shared.readLine();
      if (Atomics.load(words, Word.fault) !== 0) throw this.#error(this.#shared.readLines().join('; '));
      if (session !== 0 && line) return { session, line };
      const leftUs = untilUs - monotonicUs();
      if (leftUs <= 0) throw this.#error(this.#shared.readLines().join('; ') || 'its clock is not known yet');
      this.#shared.waitBeyond(heard, leftUs);
    }
  }

  /** Until the pulse has started or was brought to rest. Throws what speaks against it, or that nothing came of it. */
  #awaitStart(number: number, startUs: number): void {
    const { words } = this.#shared;
    const untilUs = startUs + answerUs;
    for (;;) {
      const heard = Atomics.load(words, Word.heard);
      const isOver = Atomics.load(words, Word.over) === number;
      if (Atomics.load(words, Word.begun) === number || Atomics.load(words, Word.cancelled) === number) return;
      const reasons = Atomics.load(words, Word.reasons);
      if (Atomics.load(words, Word.judged) === number && reasons !== 0) {
        const names = reasonNames.filter((_, bit) => (reasons & (1 << bit)) !== 0);
        throw this.#error(`the device refused pulse ${number}: ${names.join(', ')}`);
      }
      if (isOver) throw this.#error(`pulse ${number} was taken and never started`);
      const leftUs = untilUs - monotonicUs();
      if (leftUs <= 0) {
        this.rest();
        throw this.#error(`pulse ${number} was not answered within ${answerUs / 1000} ms`);
      }
      this.#shared.waitBeyond(heard, leftUs);
    }
  }

  #say(message: Pulse | Rest): void {
    this.#writer.write(message);
    const { bytes, length } = this.#writer;
    this.#bytes[0] = 0;
    for (let i = 0; i < length; i++) this.#bytes[i + 1] = bytes[i] as number;
    if (!writeAll(this.#descriptor, this.#bytes, length + 1)) throw this.#error('the line is full');
  }

  #error(what: string): Error {
    return new Error(`${this.#plan.port}: ${what}`);
  }
}

/** A command comes so long before its time: what delays us or the line by less does not move its pulse. */
const leadUs = 5e3;
/** Of one that is to fire at once. */
const leastLeadUs = 3e3;
/** The device starts nothing that is later than this, … */
const latestUs = 1e3;
/** … counts time in these, … */
const tickUs = 100;
/** … and has ended each pulse so long after it is due, whatever the two clocks make of it. */
const overUs = 5e3;
const mostUncertainUs = 1e3;
const sessionUs = 15e3;
const answerUs = 50e3;
const restUs = 100e3;
const lossLastsUs = 10e6;
const closeMs = 200;
