import { Worker } from 'node:worker_threads';
import type { UploadPlan, UploadReport, UploadWork } from './options.js';

/** The upload thread as the link process sees it. */
export class Uploads {
  readonly #go = new SharedArrayBuffer(4);
  readonly #worker: Worker;

  constructor(plan: UploadPlan, recording: string, node: string, onReport: (report: UploadReport) => void) {
    const workerData: UploadWork = { ...plan, recording, node, go: this.#go };
    this.#worker = new Worker(new URL('./upload-thread.js', import.meta.url), { workerData });
    let problem = '';
    this.#worker.on('message', (report: UploadReport) => {
      if ('problem' in report && report.problem === problem) return;
      if ('problem' in report) problem = report.problem;
      onReport(report);
    });
    this.#worker.on('error', (error) => onReport({ problem: error.message }));
  }

  /** Before anything was heard, nothing goes. */
  hear(armed: boolean): void {
    Atomics.store(new Int32Array(this.#go), 0, armed ? 0 : 1);
  }

  /** The run goes on in this one: the one before has ended. */
  follow(recording: string): void {
    this.#worker.postMessage(recording);
  }

  /** What is under way goes on with the next run. */
  close(): void {
    void this.#worker.terminate();
  }
}
