import {
  inhibitorStates,
  type InhibitorState,
  type MessageKind,
  type RunDescription,
  type RunSummary,
} from '../contracts.js';
import { DiskFull } from '../recording/disk-full.js';
import { clearAgain, leastFreeBytes, wantedSeconds } from '../recording/room.js';
import type { Lease } from '../recording/rows.js';
import type { Head } from '../recording/table-chains.js';
import type { Left } from './budget.js';
import type { LeaseKeeper } from './lease-keeper.js';

/** The budget cannot be written: nothing more may be granted, but the recording goes on. */
export class BudgetFailure extends Error {}

/** Where the recorder keeps things: the recording, and the budget beside it. Any call may take as long as a disk does. */
export interface RecordingStore {
  /** Takes what waits in the rings for this recording; `seen` gets every event and message among it, in order. */
  drain(seen: (record: Float64Array) => void): void;
  /** Time of the newest cycle that was drained; NaN before the first. All events of the cycles before it were drained. */
  readonly drainedUs: number;
  /** NaN if nothing waits for a commit. */
  readonly oldestUncommittedUs: number;
  readonly committedEvents: number;
  /** The newest seal that is committed; null before the first. */
  readonly head: Head | null;
  /** What was drained so far now outlives this process. */
  commit(): void;
  /** Pairs the two clocks, and seals what was written. */
  anchor(us: number, wallMs: number): void;
  /**
   * Reserves in the budget, then enters the lease in the recording: both outlive a power cut once this has returned.
   * Throws a `BudgetFailure` if the budget cannot be written.
   */
  grant(lease: Lease, budget: string): void;
  saveBudget(budget: string): void;
  /** Bytes left on the disk of the recording, and bytes of what waits to be merged into it. */
  room(): { readonly freeBytes: number; readonly walBytes: number };
  /** Ends the recording, of which all was drained, and begins the one in which its run goes on. */
  continueIn(next: Continuation): void;
  /** Ends the recording as a whole file; returns what to throw. */
  endForWantOfSpace(): Error;
  /** Ends the recording and lets go of the budget. */
  close(summary: RunSummary): void;
}

/** The recording in which a run goes on. */
export interface Continuation {
  readonly path: string;
  readonly run: RunDescription;
  /** Of places, that it begins with. */
  readonly maps?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Of the one that ends. */
  readonly summary: RunSummary;
}

/** `closed` is the last word in every case, also after a `problem`, with which the recording has ended early. */
export type RecorderReport =
  | { readonly ready: true }
  | {
      /** The greatest age of a cycle when it was committed, since the last report. */
      readonly lagMs: number;
      readonly committedEvents: number;
      readonly freeBytes: number;
      readonly walBytes: number;
      readonly head: Head | null;
      /** What may still be given; null where nothing is stimulated, or nobody knows. */
      readonly left: Left | null;
    }
  | { readonly committed: true }
  /** Path of the recording in which the run goes on now; the one before has ended. */
  | { readonly continuedIn: string }
  /** The last one of a recording that was closed. */
  | { readonly head: Head | null }
  /** What a person should know. */
  | { readonly notice: string }
  /** Why nothing may be stimulated until somebody acts. */
  | { readonly budgetProblem: string }
  | { readonly problem: string; readonly diskFull: boolean }
  | { readonly closed: true };

export interface RecorderPorts {
  readonly store: RecordingStore;
  readonly nowUs: () => number;
  readonly wallMs: () => number;
  readonly tell: (report: RecorderReport) => void;
  /** Into the loop's mailbox; false if it is full. */
  readonly post: (kind: MessageKind, ...fields: number[]) => boolean;
}

/**
 * What the recorder does, and when: drains the rings, commits, pairs the clocks, reports, grants leases, and ends the
 * recording before its disk is full. Pure but for its ports; `step` is called at least every 40 ms.
 */
export class Recorder {
  /** Every cycle up to this time outlives this process. NaN before the first commit. */
  committedUs = NaN;
  /** No further step does anything. */
  ended = false;
  readonly #ports: RecorderPorts;
  #keeper: LeaseKeeper | undefined;
  /** What waits for room in the loop's mailbox, in order. */
  readonly #outbox: (readonly [MessageKind, ...number[]])[] = [];
  readonly #wantedBytes: number;
  readonly #seen: (record: Float64Array) => void;
  #committed: number;
  #reported: number;
  #anchored: number;
  #lagUs = 0;
  #disk: InhibitorState = 'unknown';
  #budget: InhibitorState = 'unknown';

  /**
   * `bytesPerSecond` is what the recording may grow by. `budget` is absent where nothing is stimulated; where it is a
   * problem, nothing is granted and all is recorded.
   */
  constructor(
    ports: RecorderPorts,
    bytesPerSecond: number,
    budget: LeaseKeeper | { readonly problem: string } | undefined,
  ) {
    this.#ports = ports;
    this.#wantedBytes = bytesPerSecond * wantedSeconds;
    this.#committed = this.#anchored = ports.nowUs();
    this.#reported = this.#committed;
    ports.tell({ ready: true });
    this.#judgeDisk(ports.store.room().freeBytes);
    if (budget && 'problem' in budget) this.#withoutBudget(budget.problem);
    else if (budget) {
      this.#keeper = budget;
      for (const { atUs, stimuli, night } of budget.budget.past(ports.nowUs())) {
        this.#outbox.push(['past', atUs, stimuli, night ? 1 : 0]);
      }
      this.#tellBudget('clear');
    }
    this.#seen = (record) => this.#keeper?.observe(record);
  }

  /** `commits`: at once, and tells it. */
  step(commits = false): void {
    this.#orEnd(() => this.#step(commits));
  }

  /** Who asks for it has seen the last cycle of this recording before: all that belongs to it waits in the rings. */
  continueIn(next: Continuation): void {
    this.#orEnd(() => {
      const { store, nowUs, tell } = this.#ports;
      store.drain(this.#seen);
      store.continueIn(next);
      this.#anchored = this.#committed = nowUs();
      tell({ continuedIn: next.path });
    });
  }

  /** Who asks to close has stopped the loop before: nothing comes after this. */
  close(summary: RunSummary): void {
    this.#orEnd(() => {
      const { store, nowUs } = this.#ports;
      store.drain(this.#seen);
      this.#keeper?.budget.finish(nowUs());
      try {
        if (this.#keeper) store.saveBudget(this.#keeper.budget.toText());
      } catch (error) {
        // The next run finds this one unfinished, and counts what its recording says.
        this.#withoutBudget(messageOf(error));
      }
      store.close(summary);
      this.#ports.tell({ head: store.head });
      this.#end();
    });
  }

  #step(commits: boolean): void {
    const { store, nowUs, wallMs } = this.#ports;
    store.drain(this.#seen);
    this.#post();
    const now = nowUs();
    if (now - this.#anchored >= anchorUs) {
      store.anchor(now, wallMs());
      this.#anchored = now;
    }
    if (commits || now - this.#committed >= commitUs) this.#commit(now);
    if (commits) this.#ports.tell({ committed: true });
    this.#lease();
    if (now - this.#reported >= reportUs) this.#report(now);
  }

  #commit(now: number): void {
    const { store, nowUs } = this.#ports;
    const { oldestUncommittedUs, drainedUs } = store;
    store.commit();
    this.#committed = now;
    if (!Number.isNaN(drainedUs)) this.committedUs = drainedUs;
    if (!Number.isNaN(oldestUncommittedUs)) this.#lagUs = Math.max(this.#lagUs, nowUs() - oldestUncommittedUs);
  }

  /** Only what is on disk is posted. */
  #lease(): void {
    const { store, nowUs } = this.#ports;
    const keeper = this.#keeper;
    if (!keeper || this.#budget !== 'clear') return;
    const lease = keeper.due(nowUs(), store.drainedUs);
    if (!lease) return;
    try {
      store.grant(lease, keeper.budget.toText());
      this.#outbox.push(['lease', lease.lease, lease.stimuli, lease.untilUs]);
    } catch (error) {
      if (!(error instanceof BudgetFailure)) throw error;
      this.#withoutBudget(error.message);
    }
    this.#post();
  }

  #withoutBudget(problem: string): void {
    this.#ports.tell({ budgetProblem: problem });
    this.#tellBudget('holds');
  }

  #tellBudget(state: InhibitorState): void {
    this.#budget = state;
    this.#outbox.push(['budget', inhibitorStates.indexOf(state)]);
  }

  #post(): void {
    for (let next = this.#outbox[0]; next && this.#ports.post(...next); next = this.#outbox[0]) this.#outbox.shift();
  }

  #report(now: number): void {
    const { store, tell } = this.#ports;
    const { freeBytes, walBytes } = store.room();
    const left = (this.#budget === 'clear' && this.#keeper?.left(now)) || null;
    const { committedEvents, head } = store;
    tell({ lagMs: this.#lagUs / 1000, committedEvents, freeBytes, walBytes, head, left });
    if (freeBytes < leastFreeBytes) {
      store.commit();
      throw store.endForWantOfSpace();
    }
    this.#judgeDisk(freeBytes);
    this.#reported = now;
    this.#lagUs = 0;
  }

  #judgeDisk(freeBytes: number): void {
    const wanted = this.#disk === 'holds' ? this.#wantedBytes * clearAgain : this.#wantedBytes;
    const disk: InhibitorState = freeBytes < wanted ? 'holds' : 'clear';
    if (disk !== this.#disk) this.#outbox.push(['disk', inhibitorStates.indexOf(disk)]);
    this.#disk = disk;
  }

  #orEnd(act: () => void): void {
    if (this.ended) return;
    try {
      act();
    } catch (error) {
      this.#ports.tell({ problem: messageOf(error), diskFull: error instanceof DiskFull });
      this.#end();
    }
  }

  #end(): void {
    this.ended = true;
    this.#ports.tell({ closed: true });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const commitUs = 200e3;
const reportUs = 1e6;
const anchorUs = 60e6;
