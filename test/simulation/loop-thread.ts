import type { SampleBlock } from '../../runtime/contracts.js';
import { Cycle, type CommandChannel } from '../../runtime/loop/cycle.js';
import { LoggedLoop } from '../../runtime/loop/logged-loop.js';
import type { Loop } from '../../runtime/loop/loop.js';
import type { SlotRing } from '../../runtime/loop/ring.js';
import { createSampleBlock } from '../../runtime/loop/sample-block.js';
import type { Port } from './head.js';
import { Thread, type Task } from './schedule.js';
import type { World } from './world.js';

export interface LoopMemory {
  readonly samples: SlotRing;
  readonly decisions: SlotRing;
  readonly mailboxes: readonly SlotRing[];
  readonly control: Int32Array;
  readonly times: Float64Array;
}

/**
 * The loop thread on virtual time: what `loop/thread.ts` is around `Cycle`. Its read comes back with frames as they arrive,
 * and every 10 ms without. In the quiet a cycle without frames changes nothing that a decision depends on (decisions are
 * made where frames come), so only the last one before anything happens is run, and those from 110 ms after the last
 * frames on, when the signal is stale.
 */
export class LoopThread {
  readonly thread: Thread;
  readonly loop: Loop;
  readonly #world: World;
  readonly #port: Port;
  readonly #memory: LoopMemory;
  readonly #cycle: Cycle;
  readonly #block: SampleBlock;
  #poll: Task | undefined;
  #lastUs: number;
  #isRunning = true;

  constructor(world: World, port: Port, loop: Loop, channels: number, memory: LoopMemory, channel: CommandChannel) {
    this.#world = world;
    this.thread = new Thread(world.schedule);
    this.loop = loop;
    this.#port = port;
    this.#memory = memory;
    this.#block = createSampleBlock(channels, capacity);
    const logged = new LoggedLoop(loop, memory.samples, memory.decisions);
    this.#cycle = new Cycle({ ...memory, logged, channel }, world.clocks.monotonicUs);
    this.#lastUs = world.schedule.nowUs;
    this.#awaitPoll();
  }

  /** Nothing waits for a cycle. */
  get isCalm(): boolean {
    const { state } = this.#port;
    if (state !== 'streaming' && state !== 'closed') return false;
    return !this.thread.standsStill && !this.#memory.mailboxes.some((mailbox) => mailbox.waiting() > 0);
  }

  /** Frames have arrived. */
  arrived(): void {
    this.thread.after(0, () => {
      if (this.#port.waits) this.#read();
    });
  }

  /** From the quiet into exact time. */
  wake(): void {
    if (!this.#isRunning || !this.thread.isAlive || this.thread.standsStill) return;
    const now = this.#world.schedule.nowUs;
    const missed = Math.floor((now - this.#lastUs) / pollUs);
    if (missed < 1) {
      if (this.#poll && this.#poll.atUs > this.#lastUs + pollUs) this.#awaitPoll();
      return;
    }
    this.#lastUs += missed * pollUs;
    this.#block.frames = 0;
    this.#run(this.#lastUs);
    this.#world.guardian?.readEarlier(Math.min(now, this.#lastUs + 100));
    this.#awaitPoll();
  }

  /** Ends after its cycle, and lets the channel go. */
  stop(): void {
    this.#isRunning = false;
    this.#cycle.end();
  }

  #read(): void {
    if (!this.#isRunning) return;
    const { nowUs } = this.#world.schedule;
    this.#lastUs = nowUs;
    do {
      this.#port.take(this.#block, (truth) => this.#world.checker.frame(nowUs, truth));
      this.#run(nowUs);
    } while (this.#port.waits && this.thread.isAlive);
    this.#awaitPoll();
  }

  #run(trueUs: number): void {
    const world = this.#world;
    const { loop } = this;
    world.beatOfSupervisor(trueUs);
    const nowUs = world.clocks.monotonicAt(trueUs);
    this.#block.arrivalUs = nowUs;
    world.checker.cycle(trueUs);
    this.#cycle.run(nowUs, this.#port.state, this.#block);
    if (!this.thread.isAlive) return;
    if (loop.events.length > 0) world.heard(loop);
    const { samples, decisions } = this.#memory;
    world.checker.ran(trueUs, loop.isArmed, samples.losses + decisions.losses);
  }

  /** It is about to send the commands of its cycle. */
  sends(): void {
    const world = this.#world;
    for (let place = 0; place < this.loop.commandCount; place++) {
      const command = this.loop.commands[place];
      if (!command) continue;
      world.checker.permitted(world.schedule.nowUs, command);
      world.exact(command.durationUs + 150e3);
      world.came('permit');
    }
  }

  #awaitPoll(): void {
    if (this.#poll) this.#poll.act = undefined;
    if (!this.#isRunning) return;
    const world = this.#world;
    const quiet = !world.isExact && world.isCalm;
    this.#poll = this.thread.at(this.#lastUs + (quiet ? staleUs : pollUs), () => this.#read());
  }
}

const pollUs = 10e3;
/** The first poll after the signal has become stale. */
const staleUs = 110e3;
const capacity = 256;
