import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { createGpioPort, type GpioPort } from '../gpio/port.js';
import { openSerialLine } from '../serial/line.js';

/** Where another recorder is told the time. It stimulates nobody, and shares no line with what does. */
export type SyncPlan = (
  | { readonly use: 'gpio'; readonly line: number; readonly chip?: string; readonly activeLow: boolean }
  | { readonly use: 'serial'; readonly port: string; readonly baudRate: number }
) & { readonly everySeconds: number };

export interface SyncOutput {
  /** False while it is being opened. */
  readonly ready: boolean;
  /** Pulse `number`: a line goes high, a port gets the byte `number` modulo 256. Throws one line where it is gone. */
  raise(number: number): void;
  /** A port gets nothing. */
  lower(): void;
  /** Low, and let go. */
  close(): void;
}

/** Throws one line where it cannot be opened. */
export function openSyncOutput(plan: SyncPlan, gpio: GpioPort = createGpioPort()): SyncOutput {
  return plan.use === 'gpio' ? openLine(plan, gpio) : new SerialSync(plan.port, plan.baudRate);
}

function openLine(plan: Extract<SyncPlan, { use: 'gpio' }>, gpio: GpioPort): SyncOutput {
  const { line, chip, activeLow } = plan;
  const consumer = 'axond sync';
  const lines = gpio.openOutputs({ lines: [line], activeLow, consumer, ...(chip === undefined ? {} : { chip }) });
  const write = gpio.writer(lines);
  return {
    ready: true,
    raise: () => write(1),
    lower: () => write(0),
    close() {
      try {
        write(0);
      } finally {
        gpio.close(lines);
      }
    },
  };
}

class SerialSync implements SyncOutput {
  readonly #port: string;
  #descriptor = -1;
  #failure = '';
  #closed = false;
  #close: () => void = () => undefined;

  constructor(port: string, baudRate: number) {
    this.#port = port;
    this.#open(baudRate).catch((error: unknown) => {
      this.#failure = error instanceof Error ? error.message : String(error);
    });
  }

  /** A failure is told by the next pulse. */
  get ready(): boolean {
    return this.#descriptor >= 0 || this.#failure !== '';
  }

  raise(number: number): void {
    if (this.#failure !== '') throw new Error(this.#failure);
    try {
      writeSync(this.#descriptor, Uint8Array.of(number % 256));
    } catch (error) {
      throw new Error(`${this.#port}: the sync output is gone. Plug it in, or correct device.sync.port.`, {
        cause: error,
      });
    }
  }

  lower(): void {
    // A byte ends by itself.
  }

  close(): void {
    this.#closed = true;
    this.#close();
  }

  async #open(baudRate: number): Promise<void> {
    const line = await openSerialLine(this.#port, baudRate, false, 'device.sync.port');
    const descriptor = this.#closed
      ? -1
      : openSync(this.#port, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
    this.#descriptor = descriptor;
    this.#close = () => {
      this.#close = () => undefined;
      if (descriptor >= 0) closeSync(descriptor);
      this.#descriptor = -1;
      void line.close();
    };
    if (this.#closed) this.#close();
  }
}
