import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder, until } from './axond-process.js';

const program = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find((path) =>
  existsSync(path),
);
export const hasMosquitto = program !== undefined;

/** A real broker on a free port of this machine. */
export class Mosquitto {
  readonly port: number;
  readonly #file: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, file: string) {
    this.port = port;
    this.#file = file;
  }

  static async start(
    t: Pick<TestContext, 'after'>,
    lines: readonly string[] = ['allow_anonymous true'],
  ): Promise<Mosquitto> {
    const port = await freePort();
    const file = join(temporaryFolder(), 'mosquitto.conf');
    writeFileSync(file, [`listener ${port} 127.0.0.1`, ...lines, ''].join('\n'));
    const broker = new Mosquitto(port, file);
    t.after(() => broker.#child?.kill('SIGKILL'));
    await broker.restart();
    return broker;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async restart(): Promise<void> {
    this.#child = spawn(program ?? 'mosquitto', ['-c', this.#file], { stdio: 'ignore' });
    await until('mosquitto to listen', () => listens(this.port));
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** A certificate authority, and a server's key signed by it: paths of the files. */
export function selfSigned(folder: string): { ca: string; cert: string; key: string } {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  spawnSync('cp', [cert, ca]);
  return { ca, cert, key };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
