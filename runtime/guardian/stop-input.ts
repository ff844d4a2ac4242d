import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, read } from 'node:fs';
import { ReadStream } from 'node:tty';
import { createGpioPort, type GpioPort, type InputLine, type InputRequest } from '../../drivers/gpio/port.js';
import { eventBytes, readEdges } from '../../drivers/gpio/protocol.js';

/** A button, a pedal, a switch that ends everything: wired to the guardian, so that no core stands between. */
export interface SerialStopInputPlan {
  readonly use: 'serial';
  readonly port: string;
  readonly baudRate: number;
  /** The byte that it sends when it is pressed; without it every byte counts. */
  readonly byte?: number;
}
/**
 * A line that goes high (low, if it is active low) when it is pressed. A switch that is closed at rest and a pull make a
 * cut cable look like one that is pressed.
 */
export interface GpioStopInputPlan extends Omit<InputRequest, 'consumer' | 'edges'> {
  readonly use: 'gpio';
}
export type StopInputPlan = SerialStopInputPlan | GpioStopInputPlan;

export interface StopInput {
  /** What speaks against arming. An input that could not be opened is tried again here. */
  check(): readonly string[];
}

/** Watches it from now on; one that is unplugged has been pressed. `pressed` gets one line that says so. */
export function openStopInput(
  plan: StopInputPlan,
  pressed: (what: string) => void,
  gpio: GpioPort = createGpioPort(),
): StopInput {
  return plan.use === 'serial' ? new SerialStopInput(plan, pressed) : new GpioStopInput(plan, pressed, gpio);
}

class SerialStopInput implements StopInput {
  readonly #plan: SerialStopInputPlan;
  readonly #pressed: (what: string) => void;
  #stream: ReadStream | undefined;

  constructor(plan: SerialStopInputPlan, pressed: (what: string) => void) {
    this.#plan = plan;
    this.#pressed = pressed;
    this.check();
  }

  check(): readonly string[] {
    if (this.#stream) return [];
    try {
      this.#open();
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  #open(): void {
    const { port, baudRate } = this.#plan;
    let descriptor = -1;
    try {
      execFileSync('stty', ['-F', port, String(baudRate), 'raw', '-echo', '-hupcl', 'clocal'], { stdio: 'pipe' });
      descriptor = openSync(port, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
      this.#watch(new ReadStream(descriptor));
    } catch (error) {
      if (descriptor >= 0) closeSync(descriptor);
      const detail = error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error);
      throw new Error(
        `${port}: the stop input cannot be opened (${detail}). Plug it in, or correct device.stopInput.port.`,
      );
    }
  }

  #watch(stream: ReadStream): void {
    const { port, byte } = this.#plan;
    const gone = (): void => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      stream.destroy();
      this.#pressed(`the stop input ${port} is gone, which counts as pressed`);
    };
    stream.on('data', (bytes: Buffer) => {
      if (byte === undefined || bytes.includes(byte)) this.#pressed(`by the stop input ${port}`);
    });
    stream.on('error', gone).on('end', gone).on('close', gone);
    this.#stream = stream;
  }
}

class GpioStopInput implements StopInput {
  readonly #plan: GpioStopInputPlan;
  readonly #pressed: (what: string) => void;
  readonly #gpio: GpioPort;
  readonly #events = new Uint8Array(16 * eventBytes);
  #line: InputLine | undefined;

  constructor(plan: GpioStopInputPlan, pressed: (what: string) => void, gpio: GpioPort) {
    this.#plan = plan;
    this.#pressed = pressed;
    this.#gpio = gpio;
    this.check();
  }

  check(): readonly string[] {
    try {
      if (!this.#line) {
        this.#line = this.#gpio.openInput({ ...this.#plan, consumer: 'axond stop input' });
        this.#watch(this.#line.descriptor);
      }
      const { line } = this.#plan;
      return this.#line.isHigh()
        ? [`gpio: the stop input on line ${line} is pressed. Release it, or see to its cable.`]
        : [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  /** The read blocks, in a thread of Node's own, until there is an edge. */
  #watch(descriptor: number): void {
    read(descriptor, this.#events, 0, this.#events.length, null, (error, length) => {
      const { line } = this.#plan;
      if (error || length === 0) {
        this.#line = undefined;
        this.#pressed(`the stop input on GPIO line ${line} is gone, which counts as pressed`);
        return;
      }
      if (readEdges(this.#events, length).some(({ rising }) => rising)) {
        this.#pressed(`by the stop input on GPIO line ${line}`);
      }
      this.#watch(descriptor);
    });
  }
}
