import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { RunSummary } from '../contracts.js';
import { Control, type LoopThreadData, type LoopThreadMessage, type Rotated } from '../loop/shared.js';

export interface LoopThreadEvents {
  onPortLost(reason: string): void;
  onNotice(notice: string): void;
  onRotated(rotated: Rotated): void;
  /** The thread died: nothing may go on. */
  onDeath(error: Error): void;
}

type Ready = Extract<LoopThreadMessage, { ready: unknown }>['ready'];

/** The loop thread as the supervisor sees it. */
export class LoopThread {
  readonly #worker: Worker;
  readonly #control: Int32Array;
  #ended: Promise<RunSummary['latencyUs']>;
  readonly ready: Promise<Ready>;

  constructor(data: LoopThreadData, events: LoopThreadEvents, log: Logger) {
    this.#control = new Int32Array(data.control);
    this.#worker = new Worker(new URL('../loop/thread.js', import.meta.url), {
      workerData: data,
      // A small young generation keeps the rare scavenges short.
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 },
    });
    const worker = this.#worker;
    this.ready = new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.on('message', (message: LoopThreadMessage) => {
        if ('ready' in message) resolve(message.ready);
      });
    });
    this.#ended = new Promise((resolve) => {
      worker.on('message', (message: LoopThreadMessage) => {
        if ('ended' in message) resolve(message.ended.latencyUs);
        else if ('portLost' in message) events.onPortLost(message.portLost);
        else if ('notice' in message) events.onNotice(message.notice);
        else if ('rotated' in message) events.onRotated(message.rotated);
      });
      worker.once('exit', () => resolve(null));
    });
    worker.once('error', (error: unknown) => {
      const known = error instanceof Error ? error : new Error(String(error));
      log.error(known, 'the loop thread died');
      events.onDeath(known);
    });
  }

  /** Ends the loop after its cycle. A thread that does not end within 300 ms is taken down with the process. */
  async stop(): Promise<RunSummary['latencyUs']> {
    Atomics.store(this.#control, Control.stop, 1);
    Atomics.notify(this.#control, Control.port);
    const last = setTimeout(() => process.kill(process.pid, 'SIGKILL'), lastResortMs);
    const latencyUs = await this.#ended;
    clearTimeout(last);
    await this.#worker.terminate();
    return latencyUs;
  }
}

const lastResortMs = 300;
