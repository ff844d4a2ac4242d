import { closeSync, readFileSync, readSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { nativeBytes, poll } from '../../drivers/serial/libc.js';
import { decodeFirmware } from './image-file.js';
import { connect, disconnect, openNothing, writeAll } from './port.js';
import { updateFirmware, type Updated, type UpdateLine } from './update.js';

/**
 * Updates the device on a port from a firmware file.
 * @throws Error that names the file or the port, with the fix; what ran before then still runs.
 */
export async function updatePort(
  port: string,
  baudRate: number,
  file: string,
  tell?: (sent: number, of: number) => void,
): Promise<Updated> {
  const images = decodeFirmware(readFile(file), file);
  const line = new PortLine(port, baudRate);
  try {
    line.open();
    return await updateFirmware(line, images, tell);
  } catch (error) {
    throw new Error(`${port}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    line.close();
  }
}

function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${file}: cannot be read (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  }
}

/** A device that starts anew may take its port away for a while, as those on USB do: then nothing comes until it is back. */
class PortLine implements UpdateLine {
  readonly #port: string;
  readonly #baudRate: number;
  readonly #descriptor = openNothing();
  readonly #bytes = new Uint8Array(4096);
  readonly #polled = nativeBytes(8);
  readonly #view = new DataView(this.#polled.bytes.buffer, this.#polled.bytes.byteOffset, 8);
  #isGone = false;

  constructor(port: string, baudRate: number) {
    this.#port = port;
    this.#baudRate = baudRate;
  }

  open(): void {
    connect(this.#descriptor, this.#port, this.#baudRate);
    this.#isGone = false;
  }

  write(bytes: Uint8Array): void {
    try {
      if (!this.#isGone) writeAll(this.#descriptor, bytes, bytes.length);
    } catch {
      this.#lose();
    }
  }

  read(): Uint8Array {
    try {
      if (this.#isGone) this.open();
      const length = readSync(this.#descriptor, this.#bytes);
      if (length === 0 && this.#hasHungUp()) this.#lose();
      return this.#bytes.subarray(0, length);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) this.#lose();
      return this.#bytes.subarray(0, 0);
    }
  }

  async pass(us: number): Promise<void> {
    await after(this.#isGone ? retryMs : us / 1000);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #hasHungUp(): boolean {
    this.#view.setInt32(0, this.#descriptor, true);
    this.#view.setInt32(4, 0, true);
    return poll(this.#polled.pointer, 1, 0) !== 0; // nothing is asked for but what is always told: error, hang-up
  }

  #lose(): void {
    if (!this.#isGone) disconnect(this.#descriptor);
    this.#isGone = true;
  }
}

const retryMs = 20;
