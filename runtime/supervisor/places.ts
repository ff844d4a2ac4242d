import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { giveToOwnerOf } from '../recording/owner.js';

/** Where a running axond is reached: sockets, FIFO and pid file, one folder a device name. */
export interface Places {
  readonly folder: string;
  readonly control: string;
  readonly silence: string;
  readonly fifo: string;
  readonly guardianPid: string;
  /** The page for a browser, beside its port. */
  readonly page: string;
  /** Where a run that recognises places tells each estimate. */
  readonly estimates: string;
}

/**
 * systemd's RUNTIME_DIRECTORY; else the folder of the service where one runs and we may write there, as root and its own
 * user may; else the user's runtime folder, else a folder of the user's in the temporary one. runtime/cli/axond knows
 * the same order.
 */
function root(): string {
  const { RUNTIME_DIRECTORY, XDG_RUNTIME_DIR } = process.env;
  if (RUNTIME_DIRECTORY !== undefined) return RUNTIME_DIRECTORY;
  if (mayWrite(serviceFolder)) return serviceFolder;
  const user = process.getuid?.() ?? 0;
  return XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'axond') : join(tmpdir(), `axond-${user}`);
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const serviceFolder = '/run/axond';

/** Names of the devices whose axond runs on this machine. A killed one leaves its socket, but nobody listens there. */
export async function runningDevices(): Promise<string[]> {
  const names = deviceNames();
  const alive = await Promise.all(names.map((name) => isRunning(name)));
  return names.filter((_, place) => alive[place]);
}

/** Of all that have run, whether they still do or not. */
export function foldersOfDevices(): string[] {
  return deviceNames().map((name) => placesOf(name).folder);
}

function deviceNames(): string[] {
  if (!existsSync(root())) return [];
  const all = readdirSync(root(), { withFileTypes: true });
  return all.filter((one) => one.isDirectory()).map(({ name }) => name);
}

export function isRunning(deviceName: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(placesOf(deviceName).control);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export function placesOf(deviceName: string): Places {
  const folder = join(root(), deviceName);
  return {
    folder,
    control: join(folder, 'control.sock'),
    silence: join(folder, 'silence.sock'),
    fifo: join(folder, 'commands.fifo'),
    guardianPid: join(folder, 'guardian.pid'),
    page: join(folder, 'http.sock'),
    estimates: join(folder, 'place.sock'),
  };
}

/** Only its user may reach a stimulator; what root runs in the folder of a service is that service's user's. */
export function createPlaces(deviceName: string): Places {
  const places = placesOf(deviceName);
  mkdirSync(places.folder, { recursive: true, mode: 0o700 });
  giveToOwnerOf(dirname(places.folder), places.folder);
  return places;
}
