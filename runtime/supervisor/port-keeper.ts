import type { Logger } from 'pino';
import type { SerialLine } from '../../drivers/serial/line.js';
import { openLine } from '../../drivers/transports.js';
import type { SourcePlan } from '../config/source.js';
import { Control } from '../loop/shared.js';

/**
 * Keeps the device's port open and configured for the loop thread, which reads it through a descriptor of its own. An
 * absent device is waited for; each connection is a new `SerialPort`.
 */
export class PortKeeper {
  /** What is wrong with the port now, or the empty string. */
  problem = '';
  readonly #source: SourcePlan;
  readonly #control: Int32Array;
  readonly #log: Logger;
  #line: SerialLine | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(source: SourcePlan, control: Int32Array, log: Logger) {
    this.#source = source;
    this.#control = control;
    this.#log = log;
  }

  async open(): Promise<void> {
    const { device, port, baudRate } = this.#source;
    try {
      const line = await openLine(device, port, baudRate);
      if (this.#stopped) {
        await line.close();
        return;
      }
      this.#line = line;
      this.problem = '';
      this.#log.info(`${port}: open`);
      Atomics.store(this.#control, Control.port, 1);
      Atomics.notify(this.#control, Control.port);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.problem) this.#log.warn(`${problem} Waiting for it.`);
      this.problem = problem;
      this.#retry();
    }
  }

  /** The loop thread has let go of the port. */
  async lost(reason: string): Promise<void> {
    this.#log.warn(reason);
    this.problem = reason;
    await this.#close();
    this.#retry();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#close();
  }

  #retry(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.open(), retryMs);
  }

  async #close(): Promise<void> {
    const line = this.#line;
    this.#line = undefined;
    await line?.close();
  }
}

const retryMs = 250;
