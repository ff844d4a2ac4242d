import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A line to a port of this machine that carries so many bytes a second each way, and that can be cut. */
export class ThinLine {
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  readonly #bytesPerSecond: () => number;
  /** Bytes towards the port, and back. */
  carried = 0;
  returned = 0;
  /** For who reads along, towards the port. */
  onCarried: (bytes: Buffer) => void = () => undefined;

  private constructor(to: number, bytesPerSecond: () => number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      this.#carry(near, far, (bytes) => {
        this.carried += bytes.length;
        this.onCarried(bytes);
      });
      this.#carry(far, near, (bytes) => (this.returned += bytes.length));
    });
  }

  static async to(port: number, bytesPerSecond: () => number = () => Infinity): Promise<ThinLine> {
    const line = new ThinLine(port, bytesPerSecond);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection; new ones can be made. */
  cut(): void {
    for (const end of this.#ends) end.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  /** What has not been carried yet waits in the socket that it came from, and so with the sender. */
  #carry(from: Socket, to: Socket, count: (bytes: Buffer) => void): void {
    this.#ends.add(from);
    // By the clock, and not by ticks: a busy machine ticks late, and its line would be thinner than it says.
    let lastMs = performance.now();
    let may = 0;
    const timer = setInterval(() => {
      const nowMs = performance.now();
      const perMs = this.#bytesPerSecond() / 1000;
      may = Math.min(may + (nowMs - lastMs) * perMs, Math.max(1, burstMs * perMs));
      lastMs = nowMs;
      const length = Math.min(Math.floor(may), from.readableLength);
      const bytes = length > 0 ? (from.read(length) as Buffer | null) : null;
      if (!bytes) return;
      may -= bytes.length;
      count(bytes);
      to.write(bytes);
    }, tickMs);
    from.on('readable', () => undefined);
    from.on('error', () => undefined);
    from.once('close', () => {
      clearInterval(timer);
      this.#ends.delete(from);
      to.destroy();
    });
    from.once('end', () => to.end());
  }
}

const tickMs = 20;
/** What a line that was not watched for so long has carried meanwhile at the most. */
const burstMs = 500;
