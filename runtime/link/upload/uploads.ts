import { Worker } from 'node:worker_threads';
import type { UploadPlan, UploadReport, UploadWork } from './options.js';

/** The upload thread as its process sees it. One that has died is begun anew after a pause. */
export class Uploads {
  readonly #go = new SharedArrayBuffer(4);
  readonly #plan: UploadPlan & Pick<UploadWork, 'node'>;
  readonly #onReport: (report: UploadReport) => void;
  readonly #thread: URL;
  readonly #againMs: number;
  #recording: string;
  #worker: Worker;
  #problem = '';
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    plan: UploadPlan,
    { recording, node }: Pick<UploadWork, 'recording' | 'node'>,
    onReport: (report: UploadReport) => void,
    { thread, againMs } = { thread: new URL('./upload-thread.js', import.meta.url), againMs: 60_000 },
  ) {
    this.#plan = { ...plan, node };
    this.#recording = recording;
    this.#onReport = onReport;
    this.#thread = thread;
    this.#againMs = againMs;
    this.#worker = this.#begin();
  }

  #begin(): Worker {
    const workerData: UploadWork = { ...this.#plan, recording: this.#recording, go: this.#go };
    const worker = new Worker(this.#thread, { workerData });
    worker.on('message', (report: UploadReport) => this.#report(report));
    worker.on('error', (error) => this.#report({ problem: error.message }));
    worker.on('exit', () => {
      if (!this.#closed) this.#again = setTimeout(() => (this.#worker = this.#begin()), this.#againMs);
    });
    return worker;
  }

  #report(report: UploadReport): void {
    if ('problem' in report && report.problem === this.#problem) return;
    if ('problem' in report) this.#problem = report.problem;
    this.#onReport(report);
  }

  /** Before anything was heard, nothing goes. */
  hear(armed: boolean): void {
    Atomics.store(new Int32Array(this.#go), 0, armed ? 0 : 1);
  }

  /** The run goes on in this one: the one before has ended. */
  follow(recording: string): void {
    this.#recording = recording;
    this.#worker.postMessage(recording);
  }

  /** What is under way goes on with the next run. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#again);
    await this.#worker.terminate();
  }
}
