import { closeSync, writeSync } from 'node:fs';
import { monotonicUs } from '../monotonic.js';
import { ServiceNotices, type Progress } from './service-notices.js';

/**
 * The run as a service of systemd (sd_notify): datagrams on the socket that NOTIFY_SOCKET names, which Node itself cannot
 * send. Where there is none nothing is told.
 */
export class Service {
  /** By socket: a run that follows another one goes on with what systemd was told. */
  static readonly #known = new Map<string, Service>();
  readonly #path: string;
  readonly #notices: ServiceNotices;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number, watchdogUs: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#notices = new ServiceNotices(watchdogUs);
  }

  /** Undefined outside a service, and where the socket cannot be opened, which `warn` is told. */
  static async find(environment: NodeJS.ProcessEnv, warn: (text: string) => void): Promise<Service | undefined> {
    const { NOTIFY_SOCKET: path, WATCHDOG_USEC, WATCHDOG_PID } = environment;
    if (path === undefined || path === '') return undefined;
    const known = Service.#known.get(path);
    if (known) return known;
    try {
      const descriptor = await connectDatagram(path);
      const watched = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
      const watchdogUs = watched ? Number(WATCHDOG_USEC ?? Infinity) : Infinity;
      const found = new Service(path, descriptor, watchdogUs > 0 ? watchdogUs : Infinity);
      Service.#known.set(path, found);
      return found;
    } catch (error) {
      warn(
        `systemd: NOTIFY_SOCKET ${path} cannot be used (${error instanceof Error ? error.message : String(error)}): it hears neither that axond is ready nor that it lives. With Type=exec and without WatchdogSec the unit starts all the same.`,
      );
      return undefined;
    }
  }

  beat(progress: Progress): void {
    this.#tell(this.#notices.beat(monotonicUs(), progress));
  }

  stop(): void {
    Service.#known.delete(this.#path);
    const lines = this.#notices.stop();
    this.#tell(lines);
    if (lines.length > 0) closeSync(this.#descriptor);
  }

  /** A socket that is full or gone gets the next one. */
  #tell(lines: readonly string[]): void {
    if (lines.length === 0) return;
    try {
      writeSync(this.#descriptor, lines.join('\n'));
    } catch {
      // systemd that is being replaced, or slow
    }
  }
}

/** A path, or with `@` in front a name in the abstract space. */
async function connectDatagram(path: string): Promise<number> {
  const { connect, errno, nativeBytes, socket } = await import('../../drivers/serial/libc.js');
  const name = Buffer.from(path);
  if (name.length > longestPath) throw new Error(`longer than ${longestPath} bytes`);
  if (path.startsWith('@')) name[0] = 0;
  const { pointer, bytes } = nativeBytes(2 + name.length + 1);
  const address = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  address.fill(0);
  address.writeUInt16LE(unixFamily);
  name.copy(address, 2);
  const descriptor = socket(unixFamily, datagram | nonBlocking | closeOnExec, 0);
  if (descriptor < 0) throw new Error(`no socket, error ${errno()}`);
  if (connect(descriptor, pointer, 2 + name.length + (path.startsWith('@') ? 0 : 1)) === 0) return descriptor;
  const failed = errno();
  closeSync(descriptor);
  throw new Error(`not reached, error ${failed}`);
}

const unixFamily = 1;
const datagram = 2;
const nonBlocking = 0o4000;
const closeOnExec = 0o2000000;
/** Of `sun_path`. */
const longestPath = 107;
