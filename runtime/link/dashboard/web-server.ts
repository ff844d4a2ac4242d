import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { isOwnHost, isOwnOrigin } from './access.js';
import type { Asset } from './assets.js';

export interface WebServerEvents {
  /** A connection that has shown no token yet. */
  onPage(page: WebSocket): void;
}

export interface Listening {
  readonly address: string;
  readonly port: number;
  readonly socket: string;
}

/**
 * The HTTP side of the page: files that are known beforehand, nothing else, and one path that becomes a WebSocket. It
 * changes nothing and tells nothing of a run; whatever asks from elsewhere, under another name or in another way is
 * refused with one line.
 */
export class WebServer {
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #hosts: readonly string[];
  readonly #events: WebServerEvents;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessage,
    perMessageDeflate: false,
    clientTracking: false,
  });
  readonly #servers = new Set<Server>();

  constructor(assets: ReadonlyMap<string, Asset>, hosts: readonly string[], events: WebServerEvents) {
    this.#assets = assets;
    this.#hosts = hosts;
    this.#events = events;
  }

  /** Resolves with the port; rejects with one line where it cannot listen. */
  async listen({ address, port, socket }: Listening): Promise<number> {
    const [network, local] = [this.#server(), this.#server()];
    try {
      const fix = 'Choose another device.dashboard.port, or end what listens there';
      await listening(network, () => network.listen(port, address), `${address}:${port}`, fix);
      // Whoever had it has let go of the port, or has been killed.
      rmSync(socket, { force: true });
      await listening(local, () => local.listen(socket), socket);
      chmodSync(socket, 0o600);
    } catch (error) {
      for (const server of [network, local]) {
        server.close();
        this.#servers.delete(server);
      }
      throw error;
    }
    const bound = network.address();
    return typeof bound === 'object' && bound ? bound.port : port;
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #server(): Server {
    const server = createServer(
      {
        headersTimeout: slowestMs,
        requestTimeout: slowestMs,
        keepAliveTimeout: slowestMs,
        connectionsCheckingInterval: 1000,
        maxHeaderSize: 8192,
      },
      (request, response) => this.#answer(request, response),
    );
    server.maxConnections = mostConnections;
    server.maxRequestsPerSocket = 100;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      // A browser opens connections ahead: one that was let go unused must not be the answer to what it asks next.
      if (socket.bytesWritten > 0 || error.code === 'ERR_HTTP_REQUEST_TIMEOUT') socket.destroy();
      else refuse(socket, 400);
    });
    this.#servers.add(server);
    return server;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers } = request;
    const foreign = headers.origin !== undefined && !isOwnOrigin(headers.origin, headers.host);
    if (!isOwnHost(headers.host, this.#hosts)) send(response, 421);
    else if (foreign) send(response, 403);
    else if (method !== 'GET' && method !== 'HEAD') send(response, 405);
    else {
      const asset = this.#assets.get(url ?? '');
      if (asset) send(response, 200, asset, method === 'HEAD');
      else send(response, 404);
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { url, headers } = request;
    if (!isOwnHost(headers.host, this.#hosts)) refuse(socket, 421);
    else if (!isOwnOrigin(headers.origin, headers.host)) refuse(socket, 403);
    else if (url !== '/live') refuse(socket, 404);
    else {
      if (socket instanceof Socket) socket.setNoDelay(true);
      this.#sockets.handleUpgrade(request, socket, head, (page) => this.#events.onPage(page));
    }
  }
}

function listening(server: Server, listen: () => void, where: string, fix = 'See who may write there'): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`${where}: the page cannot be served there (${error.code ?? error.message}). ${fix}.`)),
    );
    server.once('listening', resolve);
    listen();
  });
}

function send(response: ServerResponse, status: keyof typeof texts | 200, asset?: Asset, headOnly = false): void {
  const body = asset?.body ?? Buffer.from(`${texts[status as keyof typeof texts]}\n`);
  response.writeHead(status, {
    ...security,
    'content-type': asset?.type ?? 'text/plain; charset=utf-8',
    'content-length': body.length,
    // What was refused may have a body that nobody reads.
    ...(status === 200 ? {} : { connection: 'close' }),
  });
  response.end(headOnly ? undefined : body);
}

function refuse(socket: Duplex, status: keyof typeof texts): void {
  if (socket.writable)
    socket.end(`HTTP/1.1 ${status} ${texts[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  else socket.destroy();
}

const texts = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  421: 'Misdirected Request',
};
const security = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
};
const largestMessage = 4096;
const mostConnections = 64;
const slowestMs = 5000;
