import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { RunDescription, RunSummary } from '../contracts.js';
import type { Left } from '../recorder/budget.js';
import type { Continuation, RecorderReport } from '../recorder/recorder.js';
import type { Head } from '../recording/table-chains.js';
import type { BudgetPlan, RecorderRequest, RecorderThreadData } from '../recorder/thread.js';
import type { RunMemory } from './memory.js';
import type { Status } from './status.js';

/** What a recorder reads, and what it tells the loop. */
export type RecordedMemory = Pick<RunMemory, 'samples' | 'decisions' | 'recorder' | 'times'>;

/** The recorder thread as the supervisor sees it. */
export class RecorderThread {
  /** Why it cannot go on, or the empty string. */
  problem = '';
  /** The problem is that the disk is full. */
  diskFull = false;
  /** Why nothing may be stimulated until somebody sees to the budget, or the empty string. */
  budgetProblem = '';
  readonly #worker: Worker;
  readonly #wake: Int32Array;
  #lagMs = 0;
  #left: Left | null = null;
  #head: Head | null = null;
  /** After a `commitNow`: what was in the rings is on disk. */
  onCommitted: () => void = () => undefined;
  /** After a `continueIn`: the recording before has ended, and this one is written. */
  onContinued: (recording: string) => void = () => undefined;
  #closed: () => void = () => undefined;

  private constructor(data: RecorderThreadData, log: Logger, ready: () => void, failed: (error: Error) => void) {
    this.#wake = new Int32Array(data.wake);
    this.#worker = new Worker(new URL('../recorder/thread.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (report: RecorderReport) => {
      if ('head' in report) this.#head = report.head;
      if ('ready' in report) ready();
      else if ('problem' in report) {
        this.problem = report.problem;
        this.diskFull = report.diskFull;
        failed(new Error(report.problem));
      } else if ('budgetProblem' in report) {
        this.budgetProblem = report.budgetProblem;
        log.error(report.budgetProblem);
      } else if ('notice' in report) log.warn(report.notice);
      else if ('closed' in report) this.#closed();
      else if ('committed' in report) this.onCommitted();
      else if ('continuedIn' in report) {
        this.#head = null;
        this.onContinued(report.continuedIn);
      } else if ('lagMs' in report) {
        this.#lagMs = report.lagMs;
        this.#left = report.left;
      }
    });
    this.#worker.once('error', (error: unknown) => {
      this.problem = `the recorder thread died: ${String(error)}`;
      log.error(this.problem);
      failed(new Error(this.problem));
      this.#closed();
    });
  }

  /** Resolves when the file is there. */
  static start(
    path: string,
    run: RunDescription,
    budget: BudgetPlan | undefined,
    memory: RecordedMemory,
    log: Logger,
  ): Promise<RecorderThread> {
    return new Promise((resolve, reject) => {
      const data: RecorderThreadData = {
        path,
        run,
        ...(budget ? { budget } : {}),
        samples: memory.samples.memory,
        decisions: memory.decisions.memory,
        mailbox: memory.recorder.memory,
        times: memory.times.buffer as SharedArrayBuffer,
        wake: new SharedArrayBuffer(4),
      };
      const recorder: RecorderThread = new RecorderThread(data, log, () => resolve(recorder), reject);
    });
  }

  get status(): Status['recorder'] {
    return { state: this.problem === '' ? 'recording' : this.problem, lagMs: this.#lagMs, head: this.#head };
  }

  /** What may still be given. */
  get budget(): NonNullable<Status['stimulation']>['budget'] {
    return { state: this.budgetProblem === '' ? 'known' : this.budgetProblem, left: this.#left };
  }

  /** The text of a marker, a label or a receipt: before its number is posted to the loop. */
  keepText(number: number, text: string): void {
    this.#ask({ number, text });
  }

  /** Before the first cycle: the map of places that the run begins with. */
  keepMap(name: string, bytes: Uint8Array): void {
    this.#ask({ map: name, bytes });
  }

  /** Does not wait for the next commit; `onCommitted` follows. */
  commitNow(): void {
    this.#ask({ commit: true });
  }

  /** After the last cycle of this recording is in the rings. `onContinued` follows. */
  continueIn(next: Continuation): void {
    this.#ask({ next });
  }

  /** Takes what is left in the rings, writes the summary, closes the file. */
  async stop(summary: RunSummary): Promise<void> {
    if (this.problem === '') {
      const closed = new Promise<void>((resolve) => (this.#closed = resolve));
      this.#ask({ close: summary });
      await closed;
    }
    await this.#worker.terminate();
  }

  #ask(request: RecorderRequest): void {
    this.#worker.postMessage(request);
    Atomics.store(this.#wake, 0, 1);
    Atomics.notify(this.#wake, 0);
    Atomics.store(this.#wake, 0, 0);
  }
}
