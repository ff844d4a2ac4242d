import { causes } from '../protocol/description.js';
import type { DeviceMessage } from '../protocol/messages.js';
import { BridgeSession, type SessionPlan } from './session.js';
import { Value, Word, type SharedLink } from './shared.js';

/**
 * The link thread's work but for its port: one session a connection, and what is heard goes into the shared words. A beat
 * means that the guardian lives: none goes out unless its main thread has ticked and does not hold.
 */
export class Link {
  readonly #plan: SessionPlan;
  readonly #shared: SharedLink;
  readonly #complain: (line: string) => void;
  #session: BridgeSession | undefined;
  #faults: string[] = [];
  #told = '';
  #boot = NaN;
  #hung = false;
  /** Of connections before this one. */
  #losses = 0;
  #stalls = 0;

  constructor(plan: SessionPlan, shared: SharedLink, complain: (line: string) => void) {
    this.#plan = plan;
    this.#shared = shared;
    this.#complain = complain;
  }

  /** A connection has been made: nothing of the last one is left. */
  connected(nonce: number): BridgeSession {
    this.#session = new BridgeSession(this.#plan, nonce, (message) => this.#hear(message));
    return this.#session;
  }

  /** `why` as of `BridgeSession.notice`. */
  disconnected(why: string): void {
    if (this.#session) {
      this.#losses += this.#session.losses;
      this.#stalls += this.#session.stalls;
    }
    this.#session = undefined;
    this.#publish([why]);
  }

  /** Returns when to come again at the latest. */
  step(nowUs: number): number {
    const session = this.#session;
    if (!session) return Infinity;
    const { words, values } = this.#shared;
    const ready = Atomics.load(words, Word.ready) === 1;
    const hung = ready && nowUs - (values[Value.tickUs] as number) >= tickMissedUs;
    if (hung && !this.#hung) {
      this.#complain(
        `the guardian's main thread has not ticked for ${tickMissedUs / 1000} ms: no beats until it does, and the output rests. ` +
          'See what else runs on this machine',
      );
    }
    this.#hung = hung;
    const dueUs = session.step(nowUs, ready && !hung);
    this.#count(session, nowUs);
    this.#publish(session.objections());
    return dueUs;
  }

  #hear(message: DeviceMessage): void {
    const { words, values } = this.#shared;
    switch (message.kind) {
      case 'welcome':
        if (message.boot !== this.#boot && !Number.isNaN(this.#boot)) this.#complain('the device has started anew');
        this.#boot = message.boot;
        break;
      case 'verdict':
        Atomics.store(words, Word.reasons, message.reasons | 0);
        Atomics.store(words, Word.judged, message.sequence | 0);
        if (message.reasons !== 0) Atomics.store(words, Word.over, message.sequence | 0);
        break;
      case 'edge':
        if (message.amplitude > 0) {
          values[Value.begunUs] = message.atUs;
          Atomics.store(words, Word.begun, message.sequence | 0);
        } else this.#ended(message.sequence | 0, message.atUs, message.cause);
        break;
      case 'synced':
        this.#shared.writeLine(this.#session?.clock.line);
        return;
      default:
        return;
    }
    this.#shared.wake();
  }

  #ended(pulse: number, atUs: number, cause: number): void {
    const { words, values } = this.#shared;
    if (Atomics.load(words, Word.begun) === pulse && Atomics.load(words, Word.pulse) === pulse) {
      const lastedUs = atUs - (values[Value.begunUs] as number);
      const askedUs = values[Value.durationUs] as number;
      if (lastedUs > askedUs + tooLongUs) {
        this.#fault(`a pulse of ${askedUs} us lasted ${lastedUs} us (${causes[cause] ?? cause})`);
      }
    }
    Atomics.store(words, Word.over, pulse);
  }

  #count(session: BridgeSession, nowUs: number): void {
    const { words, values } = this.#shared;
    values[Value.longestBeatUs] = Math.max(values[Value.longestBeatUs] as number, session.longestBeatUs);
    const losses = this.#losses + session.losses;
    const stalls = this.#stalls + session.stalls;
    if (losses === Atomics.load(words, Word.losses)) return;
    const why =
      stalls > Atomics.load(words, Word.stalls)
        ? `this machine stalled: up to ${Math.round(session.longestBeatUs / 1000)} ms between two beats`
        : 'the beats were sent in time: see to the line, or to the device';
    values[Value.lossUs] = nowUs;
    Atomics.store(words, Word.stalls, stalls);
    Atomics.store(words, Word.losses, losses);
    this.#complain(`the heartbeat was lost, and the output went to rest; ${why}`);
  }

  #fault(line: string): void {
    this.#faults = [...this.#faults, line].slice(-5);
    Atomics.store(this.#shared.words, Word.fault, 1);
    this.#complain(line);
  }

  #publish(objections: readonly string[]): void {
    const { words } = this.#shared;
    const session = this.#session?.session ?? 0;
    if (session === 0) this.#shared.writeLine(undefined);
    if (Atomics.exchange(words, Word.session, session | 0) !== (session | 0)) this.#shared.wake();
    const lines = [...objections, ...this.#faults];
    const told = lines.join('\n');
    if (told !== this.#told) this.#shared.writeLines(lines);
    this.#told = told;
  }
}

/** The guardian's main thread ticks every 4 ms. */
const tickMissedUs = 40e3;
/** Beyond what was asked. A microcontroller is late by a tick at most; the host port is a process, and waits for its turn. */
const tooLongUs = 2000;
