import { ReceiptState, guardianCauses, inhibitorStates, recordLength, type Command } from '../contracts.js';
import type { Loop, RecordList } from '../loop/loop.js';
import { MessageCode } from '../loop/records.js';

/**
 * Stands in for the guardian where a file is played: says `accepted` and `started` at the cycle after a command and
 * `ended` when its duration has passed, in the time of the file. So a file gives the same receipts at every speed.
 */
export class SimulatedGuardian {
  readonly #command = new Float64Array(capacity);
  readonly #startUs = new Float64Array(capacity);
  readonly #endUs = new Float64Array(capacity);
  readonly #started = new Uint8Array(capacity);
  #count = 0;

  /** Takes the commands of the cycle that has just run. */
  take(loop: Loop, nowUs: number): void {
    for (let place = 0; place < loop.commandCount && this.#count < capacity; place++) {
      const { command, fireAtUs, durationUs } = loop.commands[place] as Command;
      const startUs = fireAtUs > nowUs ? fireAtUs : nowUs;
      this.#command[this.#count] = command;
      this.#startUs[this.#count] = startUs;
      this.#endUs[this.#count] = startUs + durationUs;
      this.#started[this.#count] = 0;
      this.#count++;
    }
  }

  /** Adds the receipts that are due by `nowUs` to the messages of the next cycle. */
  report(nowUs: number, messages: RecordList): void {
    let kept = 0;
    for (let place = 0; place < this.#count; place++) {
      const command = this.#command[place] as number;
      const startUs = this.#startUs[place] as number;
      const endUs = this.#endUs[place] as number;
      let started = this.#started[place] as number;
      if (started === 0 && startUs <= nowUs) {
        add(messages, MessageCode.receipt, command, ReceiptState.accepted, startUs);
        add(messages, MessageCode.receipt, command, ReceiptState.started, startUs);
        started = 1;
      }
      if (started === 1 && endUs <= nowUs) {
        add(messages, MessageCode.receipt, command, ReceiptState.ended, endUs);
        continue;
      }
      this.#command[kept] = command;
      this.#startUs[kept] = startUs;
      this.#endUs[kept] = endUs;
      this.#started[kept] = started;
      kept++;
    }
    this.#count = kept;
  }
}

/** Where a file is played there is no disk that could lose what was given: one lease stands for the whole of it. */
export const simulatedLease = { lease: 1, stimuli: 1e9, grantedUs: 0, untilUs: Number.MAX_SAFE_INTEGER };

/**
 * What the loop must know before it may permit anything: everything else in order, and armed if wanted. The seed is the
 * same each time: a file gives the same stimuli whenever it is played.
 */
export function openingMessages(messages: RecordList, arm: boolean): void {
  add(messages, MessageCode.source, 2, 0, 0);
  add(messages, MessageCode.supervisor, 1, 0, 0);
  add(messages, MessageCode.guardian, 1, guardianCauses.indexOf('ready'), 0);
  add(messages, MessageCode.seed, 1, 0, 0);
  const clear = inhibitorStates.indexOf('clear');
  for (const kind of [MessageCode.budget, MessageCode.recorder, MessageCode.disk]) add(messages, kind, clear, 0, 0);
  if (!arm) return;
  add(messages, MessageCode.arm, Infinity, NaN, NaN, NaN, NaN, NaN);
  add(messages, MessageCode.lease, simulatedLease.lease, simulatedLease.stimuli, simulatedLease.untilUs);
}

function add(messages: RecordList, kind: number, a: number, b: number, c: number, d = 0, e = 0, f = 0): void {
  const at = messages.length++ * recordLength;
  const { records } = messages;
  records.fill(0, at, at + recordLength);
  records[at] = kind;
  records[at + 4] = a;
  records[at + 5] = b;
  records[at + 6] = c;
  records[at + 7] = d;
  records[at + 8] = e;
  records[at + 9] = f;
}

const capacity = 64;
