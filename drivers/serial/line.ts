import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SerialPort } from 'serialport';

/** A port that is open and configured; the loop thread reads it through a descriptor of its own. */
export interface SerialLine {
  close(): Promise<void>;
}

/**
 * Opens and configures a port through `serialport`, in the main thread, and never listens to it: whoever attached
 * `data` would take the bytes from the loop thread. `rtscts`: the device stops while nobody reads. Rejects with one line that names the port and the fix;
 * `key` is where the configuration names the port.
 */
export async function openSerialLine(
  path: string,
  baudRate: number,
  rtscts = false,
  key = 'source.port',
): Promise<SerialLine> {
  const port = new SerialPort({
    path,
    baudRate,
    rtscts,
    autoOpen: false,
    hupcl: false,
    lock: false,
    vmin: 0,
    vtime: 1,
  });
  port.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(new Error(explain(path, error.message, key))) : resolve()));
  });
  // A real FTDI line gains 15 ms by this; a pseudo-terminal has no such thing.
  await new Promise<void>((resolve) => port.set({ ...lineState }, () => resolve()));
  return {
    close: () => new Promise((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())),
  };
}

/** Ports that a device may be on: by the device's own name where the system gives one, otherwise by their place. */
export function portsHere(devices = '/dev'): string[] {
  const named = entries(join(devices, 'serial/by-id'));
  if (named.length > 0) return named;
  return entries(devices).filter((path) => /\/tty(USB|ACM|AMA)\d+$/.test(path));
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return []; // no such folder: no such device
  }
}

function explain(path: string, message: string, key: string): string {
  if (/No such file/i.test(message)) {
    const here = portsHere().join(', ') || 'none';
    return `${path}: there is no such port. Plug the device in, or correct ${key} (ports here: ${here}).`;
  }
  if (/Permission denied/i.test(message)) {
    return `${path}: permission denied. Add your user to the group dialout: sudo usermod -aG dialout $USER, then log in again.`;
  }
  return `${path}: ${message}.`;
}

/** `lowLatency` is missing in the package's types; not naming it would clear it. */
const lineState: Record<string, boolean> = { dtr: true, rts: true, lowLatency: true };
