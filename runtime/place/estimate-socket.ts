import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { z } from 'zod';

/** What a listener may say: how far the robot has driven since its last word, in metres, backwards below 0. */
const line = z.strictObject({ odometry: z.strictObject({ metres: z.number() }) });

/**
 * A socket of this machine that tells every estimate as one JSON object a line, at once, and takes odometry. A listener
 * that does not read is left out until it does; it never holds up the loop.
 */
export class EstimateSocket {
  /** Lines that a listener was too slow for. */
  left = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #onOdometry: (metres: number) => void;

  private constructor(onOdometry: (metres: number) => void) {
    this.#onOdometry = onOdometry;
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  /** The control socket is held by this run: what lies at `path` is of a run that is gone. */
  static open(path: string, onOdometry: (metres: number) => void): Promise<EstimateSocket> {
    rmSync(path, { force: true });
    const socket = new EstimateSocket(onOdometry);
    return new Promise((resolve, reject) => {
      socket.#server.once('error', reject);
      socket.#server.listen(path, () => {
        chmodSync(path, 0o600);
        resolve(socket);
      });
    });
  }

  get listeners(): number {
    return this.#sockets.size;
  }

  tell(estimate: object): void {
    if (this.#sockets.size === 0) return;
    const text = `${JSON.stringify(estimate)}\n`;
    for (const socket of this.#sockets) {
      if (socket.writableLength > mostWaitingBytes) this.left++;
      else socket.write(text);
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #welcome(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    let text = '';
    socket.on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        this.#hear(socket, text.slice(0, end));
        text = text.slice(end + 1);
      }
      if (text.length > longestLine) socket.destroy();
    });
  }

  #hear(socket: Socket, text: string): void {
    const parsed = line.safeParse(jsonOf(text));
    if (parsed.success) this.#onOdometry(parsed.data.odometry.metres);
    else socket.write(`${JSON.stringify({ error: refused })}\n`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const refused = 'not understood. Send {"odometry":{"metres":0.1}}: driven since the last line, backwards below 0.';
const mostWaitingBytes = 64 * 1024;
const longestLine = 4096;
