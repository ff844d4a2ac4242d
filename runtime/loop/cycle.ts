import {
  guardianCauses,
  inhibitorStates,
  recordLength,
  ringNames,
  sessionStates,
  type SampleBlock,
  type SessionState,
} from '../contracts.js';
import { CommandWriter } from '../guardian/command.js';
import type { LoggedLoop } from './logged-loop.js';
import { createRecordList } from './loop.js';
import { MessageCode } from './records.js';
import type { SlotRing } from './ring.js';
import { Control, ControlTime } from './shared.js';

/** The loop's end of the FIFO to the guardian. Never blocks. */
export interface CommandChannel {
  /** False while nobody reads. */
  open(): boolean;
  /** All of it, or false: full, or closed by the other side. */
  write(bytes: Uint8Array, length: number): boolean;
  close(): void;
}

export interface CycleParts {
  readonly logged: LoggedLoop;
  /** The rings that `logged` writes to: here for their counts of losses. */
  readonly samples: SlotRing;
  readonly decisions: SlotRing;
  /** One for each producer, drained in this order. */
  readonly mailboxes: readonly SlotRing[];
  /** Words of `Control`. */
  readonly control: Int32Array;
  /** Doubles of `ControlTime`. */
  readonly times: Float64Array;
  /** Absent where nothing is stimulated. */
  readonly channel?: CommandChannel;
}

/**
 * One cycle of the loop thread around the loop itself: what the thread has noticed and what came through the mailboxes
 * goes in, commands and a beat go out. Reads no clock and does no input or output but through the channel; allocates
 * nothing per cycle.
 */
export class Cycle {
  readonly #parts: CycleParts;
  readonly #messages = createRecordList(1024);
  readonly #commands = new CommandWriter();
  #isOpen = false;
  /** Number of the guardian whose channel was opened last. Each one's is opened once. */
  #guardian = 0;
  #guardianLost = false;
  /** Place in `sessionStates` of the state that was told last. */
  #source = -1;
  #supervisorBeat = -1;
  #supervisorBeatUs: number;
  #supervisorFresh = -1;
  /** Place in `inhibitorStates`. */
  #recorder = -1;

  constructor(parts: CycleParts, nowUs: number) {
    this.#parts = parts;
    this.#supervisorBeatUs = nowUs;
  }

  /** `block` holds the frames of one read (none after a time-out), `source` is the state of the device that sent them. */
  run(nowUs: number, source: SessionState, block: SampleBlock): void {
    this.#messages.length = 0;
    this.#watch(nowUs, source);
    const { mailboxes, logged } = this.#parts;
    for (let place = 0; place < mailboxes.length; place++) this.#drain(mailboxes[place] as SlotRing);
    logged.step(nowUs, block, this.#messages);
    this.#command();
  }

  /** The next cycle is the first of another recording: it is told all that stands, as the first of a run is. */
  beginRecording(): void {
    this.#parts.logged.beginRecording();
    this.#source = -1;
    this.#supervisorFresh = -1;
    this.#recorder = -1;
  }

  /** Lets the channel go. */
  end(): void {
    if (this.#isOpen) this.#parts.channel?.close();
    this.#isOpen = false;
  }

  /** What the thread itself has to tell the loop: the state of source, supervisor, channel and rings. */
  #watch(nowUs: number, source: SessionState): void {
    const { control, times, logged, samples, decisions } = this.#parts;
    const state = sessionStates.indexOf(source);
    if (state !== this.#source) {
      this.#source = state;
      this.#add(MessageCode.source, state, 0);
    }
    const beat = Atomics.load(control, Control.supervisorBeat);
    if (beat !== this.#supervisorBeat) {
      this.#supervisorBeat = beat;
      this.#supervisorBeatUs = nowUs;
    }
    const fresh = nowUs - this.#supervisorBeatUs <= supervisorStaleUs ? 1 : 0;
    if (fresh !== this.#supervisorFresh) {
      this.#supervisorFresh = fresh;
      this.#add(MessageCode.supervisor, fresh, 0);
    }
    // Before the first commit this is no number, and nothing is known; a recorder that died or ended commits no more.
    const behindUs = nowUs - (times[ControlTime.committedUs] as number);
    const recorder = behindUs <= recorderBehindUs ? clear : behindUs > recorderBehindUs ? holds : unknown;
    if (recorder !== this.#recorder) {
      this.#recorder = recorder;
      this.#add(MessageCode.recorder, recorder, 0);
    }
    if (this.#guardianLost) {
      this.#add(MessageCode.guardian, 0, guardianCauses.indexOf('channel'));
      this.#guardianLost = false;
    }
    const losses = logged.takeLosses();
    if (losses & 1) this.#add(MessageCode.loss, ringNames.indexOf('samples'), samples.losses);
    if (losses & 2) this.#add(MessageCode.loss, ringNames.indexOf('decisions'), decisions.losses);
  }

  #add(kind: number, a: number, b: number): void {
    const { records } = this.#messages;
    const at = this.#messages.length++ * recordLength;
    records.fill(0, at, at + recordLength);
    records[at] = kind;
    records[at + 4] = a;
    records[at + 5] = b;
  }

  #drain(mailbox: SlotRing): void {
    const { records } = this.#messages;
    const waiting = Math.min(mailbox.waiting(), mailboxShare);
    for (let ahead = 0; ahead < waiting; ahead++) {
      const from = mailbox.oldest(ahead) * recordLength;
      const at = this.#messages.length++ * recordLength;
      for (let i = 0; i < recordLength; i++) records[at + i] = mailbox.doubles[from + i] as number;
    }
    if (waiting > 0) mailbox.release(waiting);
  }

  /** Commands of this cycle and a beat, in one write. A channel that refuses is a guardian fault. */
  #command(): void {
    const { channel, control, logged } = this.#parts;
    if (!channel) return;
    const { loop } = logged;
    if (!this.#isOpen) {
      const guardian = Atomics.load(control, Control.guardian);
      if (guardian === 0 || guardian === this.#guardian || !channel.open()) return;
      this.#isOpen = true;
      this.#guardian = guardian;
      this.#commands.restart();
    }
    const commands = this.#commands;
    for (let place = 0; place < loop.commandCount; place++) {
      const wanted = loop.commands[place];
      if (wanted) commands.fire(wanted);
    }
    commands.beat(loop.cycleNumber);
    if (!channel.write(commands.bytes, commands.length)) {
      channel.close();
      this.#isOpen = false;
      this.#guardianLost = true;
    }
    commands.clear();
  }
}

const supervisorStaleUs = 500e3;
/** Longer than a commit takes on a slow card. */
const recorderBehindUs = 1e6;
const clear = inhibitorStates.indexOf('clear');
const holds = inhibitorStates.indexOf('holds');
const unknown = inhibitorStates.indexOf('unknown');
/** Messages that one mailbox may bring into one cycle; the rest waits for the next. */
const mailboxShare = 64;
