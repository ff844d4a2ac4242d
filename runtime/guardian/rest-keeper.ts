import { ReceiptState, type Actuator, type guardianCauses } from '../contracts.js';
import { BeatWatch, tickUs, type Watch } from './beat-watch.js';
import { endedLine, silencedLine } from './delivery-lines.js';
import type { GuardianWord } from './receipts.js';
import { Time, Word, type FiringMessage } from './shared.js';

type Cause = (typeof guardianCauses)[number];

export interface RestPorts {
  readonly actuator: Actuator;
  /** Puts one line behind the others in the log of deliveries. Throws if it could not. */
  append(line: string): void;
  /** To the core. */
  say(word: GuardianWord): void;
  /** To the people: one line of the log. */
  complain(line: string): void;
}

/**
 * The resting side of the guardian: ends each stimulus at its time, watches the core's beats, and brings the actuator to
 * rest for whatever reason. No clock and no timer: the caller calls `tick` at least every `tickUs`, and `due` at `endsUs`.
 * Rest needs no disk and no core. `words` and `times` are those of `shared.ts`.
 */
export class RestKeeper {
  cause: Cause = 'starting';
  readonly #words: Int32Array;
  readonly #times: Float64Array;
  readonly #ports: RestPorts;
  readonly #watch = new BeatWatch();
  #lasting: { readonly command: number; readonly endUs: number } | undefined;
  #told = '';
  #complaint = '';

  /** Holds until the first beats: nothing fires for a core that has not shown that it lives. */
  constructor(words: Int32Array, times: Float64Array, ports: RestPorts) {
    this.#words = words;
    this.#times = times;
    this.#ports = ports;
    Atomics.store(words, Word.hold, 1);
  }

  get state(): Watch {
    return this.#watch.state;
  }

  /** When the stimulus that lasts must end; Infinity while none does. */
  get endsUs(): number {
    return this.#lasting?.endUs ?? Infinity;
  }

  tick(nowUs: number): void {
    const before = this.#watch.state;
    const now = this.#watch.tick(nowUs, this.#times[Time.beatUs] as number);
    if (now !== before) this.#turned(before, now, nowUs);
    // The caller's timer for `endsUs` is finer; this is for the case that it failed.
    if (nowUs >= this.endsUs + tickUs) this.#bringToRest(nowUs);
    if (this.#watch.state === 'latched' && !this.#ports.actuator.isAtRest()) this.#bringToRest(nowUs);
    this.#ports.actuator.tick?.(Atomics.load(this.#words, Word.hold) === 0);
  }

  /** Ends the stimulus that lasts if its time is over. */
  due(nowUs: number): void {
    if (nowUs >= this.endsUs) this.#bringToRest(nowUs);
  }

  /** What the command side says. */
  heard(message: FiringMessage, nowUs: number): void {
    if ('receipt' in message) this.#ports.say(message);
    else if ('started' in message) {
      this.#lasting = message.started;
      // Brought to rest before this message came, or over.
      if (this.#ports.actuator.isAtRest()) this.#ended(nowUs);
      else this.due(nowUs);
    } else {
      this.rest(nowUs);
      if (message.cause !== 'gone') this.latch(message.cause, message.broken);
    }
  }

  /**
   * Rest now, and until somebody arms anew. Written down, because a core that hangs hears nothing of it, and the run after
   * it would arm by itself.
   */
  silence(nowUs: number, by: string): void {
    this.rest(nowUs);
    const isNew = this.cause !== 'silenced';
    this.latch('silenced', by);
    if (!isNew) return;
    try {
      this.#ports.append(silencedLine(nowUs));
    } catch (error) {
      this.#ports.complain(messageOf(error));
    }
  }

  /** Raises the flag first and rests then: the command side looks at it after each firing. */
  rest(nowUs: number): void {
    Atomics.store(this.#words, Word.hold, 1);
    Atomics.notify(this.#words, Word.hold);
    this.#bringToRest(nowUs);
  }

  /** Nothing fires any more in the life of this guardian. */
  latch(cause: Cause, detail: string): void {
    this.#watch.state = 'latched';
    this.cause = cause;
    Atomics.store(this.#words, Word.hold, 1);
    const complaint = `at rest and latched: ${detail}`;
    if (complaint !== this.#complaint) this.#ports.complain(complaint);
    this.#complaint = complaint;
    this.#tell();
  }

  #bringToRest(nowUs: number): void {
    try {
      this.#ports.actuator.rest();
    } catch (error) {
      this.latch('actuator', messageOf(error));
      return;
    }
    this.#ended(nowUs);
  }

  #ended(nowUs: number): void {
    if (!this.#lasting) return;
    const { command, endUs } = this.#lasting;
    this.#lasting = undefined;
    this.#ports.say({ receipt: { command, state: ReceiptState.ended, atUs: nowUs, evidence: '' } });
    try {
      this.#ports.append(endedLine(command, endUs, nowUs));
    } catch (error) {
      this.latch('deliveries', messageOf(error));
    }
  }

  #turned(before: Watch, now: Watch, nowUs: number): void {
    if (now === 'ready') {
      this.cause = 'ready';
      Atomics.store(this.#words, Word.hold, 0);
      this.#tell();
      return;
    }
    this.rest(nowUs);
    if (now === 'latched' && before !== 'latched') {
      this.latch('latched', 'no beats from the core for a second, or three rests in ten minutes');
    } else if (this.#watch.state !== 'latched') {
      this.cause = 'beats-lost';
      this.#tell();
    }
  }

  #tell(): void {
    const ready = this.#watch.state === 'ready';
    const told = `${String(ready)} ${this.cause}`;
    if (told === this.#told) return;
    this.#told = told;
    this.#ports.say({ guardian: { state: ready ? 1 : 0, cause: this.cause } });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
