import { closeSync, constants, openSync } from 'node:fs';
import { createConnection, Socket } from 'node:net';
import { KeptStream, type StreamListener } from './kept-stream.js';
import type { StreamLimits } from './stream-watch.js';

/** A socket of this machine, a server, or a named pipe: whoever writes into it next is read. */
export type SocketAddress =
  { readonly path: string } | { readonly host: string; readonly port: number } | { readonly pipe: string };

/** `/run/camera.sock` or `host:port`. Undefined for what is neither. */
export function socketAddress(text: string): SocketAddress | undefined {
  if (text.startsWith('/')) return { path: text };
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host !== undefined && Number(port) >= 1 && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined;
}

export function addressText(address: SocketAddress): string {
  if ('host' in address) return `${address.host}:${address.port}`;
  return 'path' in address ? address.path : address.pipe;
}

/** What another program writes to a socket or into a named pipe. */
export class SocketStream extends KeptStream {
  protected readonly name: string;
  protected readonly remedy = 'It is opened again.';
  readonly #address: SocketAddress;
  #socket: Socket | undefined;

  constructor(address: SocketAddress, limits: StreamLimits, listener: StreamListener) {
    super(limits, listener);
    this.#address = address;
    this.name = addressText(address);
  }

  protected open(): void {
    let socket: Socket;
    try {
      socket = this.#connect();
    } catch (error) {
      // As every other end, it comes after the start.
      setImmediate(() => this.#end(codeOf(error)));
      return;
    }
    this.#socket = socket;
    let cause = '';
    socket.on('error', (error) => (cause = codeOf(error)));
    socket.on('data', (bytes: Uint8Array) => this.deliver(bytes));
    socket.once('close', () => this.#end(cause));
  }

  protected close(): void {
    this.#socket?.destroy();
  }

  #connect(): Socket {
    if (!('pipe' in this.#address)) return createConnection(this.#address);
    // Waits for nobody: there may be no writer yet.
    const descriptor = openSync(this.#address.pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return new Socket({ fd: descriptor, readable: true, writable: false });
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  #end(cause: string): void {
    this.#socket = undefined;
    this.ended((why) => {
      const ended = cause === '' || cause === 'ECONNRESET' || cause === 'EPIPE';
      const what = ended ? `${this.name} has ended.` : `${this.name} cannot be opened (${cause}).`;
      const fix = ended ? '' : 'Start what writes to it, or correct the name.';
      this.tell(ended ? 'ended' : 'missing', [what, why, this.remedy, fix].filter((part) => part !== '').join(' '));
    });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
