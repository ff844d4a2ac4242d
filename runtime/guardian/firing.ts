import { ReceiptState, type Actuator, type Command, type HardLimits } from '../contracts.js';
import { CommandReader } from './command.js';
import type { ConditionSource } from './condition.js';
import { aboutLine, droppedLine, startedLine, type DeliveryLog } from './delivery-lines.js';
import { FireRules, latestUs } from './fire-rules.js';
import { Time, Word, type FiringMessage } from './shared.js';

export interface FiringPorts {
  readonly actuator: Actuator;
  readonly condition: ConditionSource;
  /** Puts one line behind the others, whole and at once. Throws if it could not: then nothing fires. */
  append(line: string): void;
  tell(message: FiringMessage): void;
}

/**
 * The command side of the guardian: bytes of the channel come in; each command is judged, and fired, dropped or refused.
 * No clock and no wait: a command that is due later stays in `dueUs`, and the caller calls `fireDue` then, or as soon as
 * `hold` is raised. `words` and `times` are those of `shared.ts`; another thread may write them meanwhile.
 */
export class Firing {
  /** When the command that waits must be fired; Infinity while none does. */
  dueUs = Infinity;
  /** Nothing more is taken from this channel. */
  stopped = false;
  readonly #words: Int32Array;
  readonly #times: Float64Array;
  readonly #ports: FiringPorts;
  readonly #rules: FireRules;
  readonly #leadUs: number;
  readonly #reader = new CommandReader();
  #receivedUs = 0;

  /** `past` is the log of this run so far: a guardian that was restarted goes on with its limits where it was. */
  constructor(
    limits: HardLimits,
    words: Int32Array,
    times: Float64Array,
    ports: FiringPorts,
    past: DeliveryLog,
    nowUs: number,
  ) {
    this.#words = words;
    this.#times = times;
    this.#ports = ports;
    this.#rules = new FireRules(limits);
    this.#leadUs = ports.actuator.leadUs ?? 0;
    this.#rules.remember(past, nowUs);
  }

  /** Takes `length` bytes of the channel. While a command waits, what came behind it waits too. */
  push(bytes: Uint8Array, length: number, nowUs: number): void {
    this.#reader.push(bytes, length);
    this.#obeyAll(nowUs);
  }

  /** Fires the command that waits if it is due; drops it if the guardian is at rest or it is too late. */
  fireDue(nowUs: number): void {
    if (this.dueUs === Infinity) return;
    const { command } = this.#reader;
    if (this.#isHeld()) this.#answer(command, ReceiptState.dropped, nowUs, 'brought to rest');
    else if (nowUs < this.dueUs) return;
    else if (nowUs - command.fireAtUs > latestUs) this.#answer(command, ReceiptState.dropped, nowUs, 'late');
    else this.#fire(command, nowUs);
    this.dueUs = Infinity;
    this.#obeyAll(nowUs);
  }

  /** The channel is at its end: the core is gone. */
  end(): void {
    this.#stop('the core is gone', 'gone');
  }

  #obeyAll(nowUs: number): void {
    while (!this.stopped && this.dueUs === Infinity && this.#reader.next()) this.#obey(this.#reader.command, nowUs);
    const { fault } = this.#reader;
    if (fault !== '' && !this.stopped) this.#stop(`the command channel brought ${fault}`, 'channel');
  }

  #obey(command: Command, nowUs: number): void {
    this.#times[Time.beatUs] = nowUs;
    if (command.kind === 'rest') this.#rest();
    else if (command.kind === 'fire') this.#judge(command, nowUs);
  }

  #judge(command: Command, nowUs: number): void {
    this.#receivedUs = nowUs;
    const verdict = this.#rules.judge(command, nowUs);
    if (verdict !== '') this.#answer(command, ReceiptState.refused, nowUs, verdict);
    else if (command.fireAtUs - this.#leadUs > nowUs) this.dueUs = command.fireAtUs - this.#leadUs;
    else this.#fire(command, nowUs);
  }

  #fire(command: Command, nowUs: number): void {
    const ports = this.#ports;
    if (this.#isHeld()) {
      this.#answer(command, ReceiptState.dropped, nowUs, 'at rest');
      return;
    }
    const real = this.#trying(command, nowUs, 'condition', () => ports.condition.condition(nowUs));
    if (real === undefined) return;
    // Before the device: a stimulus that no line announces cannot have been given.
    const logged = this.#trying(command, nowUs, 'deliveries', () => {
      ports.append(aboutLine(command.command, nowUs));
      return true;
    });
    if (logged === undefined) return;
    if (this.#isHeld()) {
      this.#trying(command, nowUs, 'deliveries', () => ports.append(droppedLine(command.command, nowUs)));
      this.#answer(command, ReceiptState.dropped, nowUs, 'at rest');
      return;
    }
    // Counted before it is tried: one that failed half way may have been felt.
    this.#rules.fired(Math.max(nowUs, command.fireAtUs), command.durationUs);
    const started = this.#trying(command, nowUs, 'actuator', () => ports.actuator.fire(command, real));
    if (started === undefined) return;
    const endUs = started.atUs + command.durationUs;
    this.#rules.lasts(endUs);
    let trying: 'actuator' | 'deliveries' = 'actuator';
    try {
      // The other side raises `hold` before it rests: whichever of us comes later brings the stimulus to its end.
      if (this.#isHeld()) ports.actuator.rest();
      trying = 'deliveries';
      ports.append(startedLine(command.command, started.atUs));
    } catch (error) {
      this.#stop(messageOf(error), trying);
    }
    this.#answer(command, ReceiptState.accepted, this.#receivedUs, '');
    this.#answer(command, ReceiptState.started, started.atUs, started.evidence);
    ports.tell({ started: { command: command.command, endUs } });
  }

  /** Undefined if `act` threw: then everything stops, and the command is refused. */
  #trying<T>(
    command: Command,
    nowUs: number,
    cause: 'actuator' | 'deliveries' | 'condition',
    act: () => T,
  ): T | undefined {
    try {
      return act();
    } catch (error) {
      this.#stop(messageOf(error), cause);
      this.#answer(command, ReceiptState.refused, nowUs, refusals[cause]);
      return undefined;
    }
  }

  #isHeld(): boolean {
    return this.stopped || Atomics.load(this.#words, Word.hold) === 1;
  }

  #rest(): void {
    Atomics.store(this.#words, Word.hold, 1);
    this.#ports.actuator.rest();
  }

  #stop(reason: string, cause: Extract<FiringMessage, { broken: string }>['cause']): void {
    this.stopped = true;
    this.dueUs = Infinity;
    Atomics.store(this.#words, Word.hold, 1);
    try {
      this.#ports.actuator.rest();
    } catch {
      // The resting side tries again for as long as the process lives.
    }
    this.#ports.tell({ broken: reason, cause });
  }

  #answer({ command }: Command, state: ReceiptState, atUs: number, evidence: string): void {
    this.#ports.tell({ receipt: { command, state, atUs, evidence } });
  }
}

const refusals = {
  actuator: 'the actuator failed',
  deliveries: 'the log of deliveries took no line',
  condition: 'the condition is not known',
} as const;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
