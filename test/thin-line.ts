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

  private constructor(to: number, bytesPerSecond: () => number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      this.#carry(near, far, (bytes) => (this.carried += bytes));
      this.#carry(far, near, (bytes) => (this.returned += bytes));
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
  #carry(from: Socket, to: Socket, count: (bytes: number) => void): void {
    this.#ends.add(from);
    const timer = setInterval(() => {
      const most = Math.max(1, Math.round((this.#bytesPerSecond() * tickMs) / 1000));
      const length = Math.min(most, from.readableLength);
      const bytes = length > 0 ? (from.read(length) as Buffer | null) : null;
      if (!bytes) return;
      count(bytes.length);
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
