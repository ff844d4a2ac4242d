import { recordLength, type MessageKind, type RunSummary } from '../../runtime/contracts.js';
import { encodeMessage } from '../../runtime/loop/records.js';
import { ControlTime } from '../../runtime/loop/shared.js';
import { Recorder, type RecorderReport } from '../../runtime/recorder/recorder.js';
import { SimulatedStore, type StoredRecording, type StoreUser } from './disk.js';
import type { LoopMemory } from './loop-thread.js';
import { Thread, type Task } from './schedule.js';
import type { World } from './world.js';

/**
 * The recorder thread on virtual time: what `recorder/thread.ts` is around `Recorder`. What it posts or tells after a slow
 * write is seen when the write has ended. In the quiet it steps with its commits, every 200 ms instead of 40: what it drains
 * and writes is the same.
 */
export class RecorderThread {
  readonly thread: Thread;
  readonly recording: StoredRecording;
  readonly #world: World;
  readonly #memory: LoopMemory;
  readonly #told: (report: RecorderReport) => void;
  readonly #recorder: Recorder;
  /** True time up to which every cycle outlives the process, as the loop may know it. */
  committedUs = NaN;
  #spentUs = 0;
  #posting = 0;
  #next: Task | undefined;
  #closing: RunSummary | undefined;

  constructor(world: World, run: number, memory: LoopMemory, night: string, told: (report: RecorderReport) => void) {
    this.#world = world;
    this.#memory = memory;
    this.#told = told;
    this.thread = new Thread(world.schedule);
    const { thread } = this;
    const user: StoreUser = {
      get isAlive() {
        return thread.isAlive;
      },
      nowUs: () => world.schedule.nowUs + this.#spentUs,
      spend: (us) => void (this.#spentUs += us),
      monotonicUs: () => this.#monotonicUs(),
    };
    const store = new SimulatedStore(world.disk, user, run, memory.samples, memory.decisions);
    this.recording = store.recording;
    const budget = store.beginBudget(world.clocks.bootId, night, world.plants.forgetsBudget);
    this.#recorder = new Recorder(
      {
        store,
        nowUs: () => this.#monotonicUs(),
        wallMs: () => world.clocks.wallMs,
        tell: (report) => this.#tell(report),
        post: (kind, ...fields) => this.#post(kind, fields),
      },
      bytesPerSecond,
      budget,
    );
    this.#stepped();
  }

  close(summary: RunSummary): void {
    this.#closing = summary;
    this.wake();
  }

  /** From the quiet into exact time. */
  wake(): void {
    const soonUs = this.#world.schedule.nowUs + wakeUs;
    if (this.#next && this.#next.atUs > soonUs) this.#await(wakeUs);
  }

  #step(): void {
    if (this.#closing) this.#recorder.close(this.#closing);
    else this.#recorder.step();
    this.#stepped();
  }

  #stepped(): void {
    const { schedule } = this.#world;
    const { committedUs } = this.#recorder;
    const doneUs = schedule.nowUs + this.#spentUs;
    this.thread.stopUntil(doneUs);
    const show = (): void => {
      this.#memory.times[ControlTime.committedUs] = committedUs;
      this.committedUs = this.#world.clocks.trueAt(committedUs);
    };
    if (this.#spentUs === 0) show();
    else this.thread.at(doneUs, show);
    if (!this.#recorder.ended) this.#await(this.#spentUs + (this.#world.isExact ? wakeUs : commitUs));
    this.#spentUs = 0;
  }

  #await(us: number): void {
    if (this.#next) this.#next.act = undefined;
    this.#next = this.thread.after(us, () => this.#step());
  }

  #post(kind: MessageKind, fields: readonly number[]): boolean {
    const mailbox = this.#memory.mailboxes[2];
    if (!mailbox || mailbox.free() - this.#posting < 1 || this.#world.mailboxesFull) return false;
    const put = (): void => {
      mailbox.doubles.set(encodeMessage(kind, fields), mailbox.slot(0) * recordLength);
      mailbox.publish(1);
      this.#world.exact(50e3);
      if (kind === 'lease') this.#world.came('lease');
    };
    if (this.#spentUs === 0) {
      put();
      return true;
    }
    this.#posting++;
    this.thread.after(this.#spentUs, () => {
      this.#posting--;
      put();
    });
    return true;
  }

  #tell(report: RecorderReport): void {
    if (!this.thread.isAlive) return;
    this.#world.schedule.after(this.#spentUs + 60, () => this.#told(report));
  }

  #monotonicUs(): number {
    return this.#world.clocks.monotonicAt(this.#world.schedule.nowUs + this.#spentUs);
  }
}

const wakeUs = 40e3;
/** A little more than the recorder's own, so that each step commits. */
const commitUs = 201e3;
const bytesPerSecond = 4000;
