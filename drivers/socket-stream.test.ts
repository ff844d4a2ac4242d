import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { SocketStream, socketAddress, type SocketAddress } from './socket-stream.js';

async function condition(holds: () => boolean): Promise<void> {
  const until = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > until) throw new Error('it did not come about within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-socket-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

interface Heard {
  readonly stream: SocketStream;
  readonly notices: string[];
  text: string;
  starts: number;
}

function listen(t: TestContext, address: SocketAddress, stallUs = 10_000_000): Heard {
  const notices: string[] = [];
  const stream = new SocketStream(
    address,
    { startUs: 10_000_000, stallUs },
    {
      onStart: () => heard.starts++,
      onBytes: (bytes) => (heard.text += Buffer.from(bytes).toString()),
      onEnd: () => '',
      onNotice: ({ state, text }) => notices.push(`${state}: ${text}`),
    },
  );
  const heard: Heard = { stream, notices, text: '', starts: 0 };
  t.after(() => stream.stop());
  stream.start();
  return heard;
}

/** Serves at `at`, and keeps the last who came. */
async function serve(t: TestContext, at: string | number): Promise<{ server: Server; last: () => Socket | undefined }> {
  let last: Socket | undefined;
  const server = createServer((socket) => (last = socket.on('error', () => undefined)));
  t.after(() => {
    last?.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(at, resolve));
  return { server, last: () => last };
}

test('a socket of this machine is waited for, read, and read again when its program is back', async (t) => {
  const path = join(folderFor(t), 'camera.sock');
  const heard = listen(t, { path });
  await condition(() => heard.notices.length === 1);
  assert.equal(
    heard.notices[0],
    `missing: ${path} cannot be opened (ENOENT). It is opened again. Start what writes to it, or correct the name.`,
  );
  const first = await serve(t, path);
  await condition(() => first.last() !== undefined);
  first.last()?.end('one ');
  await condition(() => heard.text === 'one ' && heard.notices.length === 3);
  await condition(() => first.last()?.destroyed === false);
  first.last()?.write('two');
  await condition(() => heard.text === 'one two');
  assert.deepEqual(heard.notices.slice(1), [
    `delivering: ${path} delivers.`,
    `ended: ${path} has ended. It is opened again.`,
    `delivering: ${path} delivers.`,
  ]);
  assert.ok(heard.stream.restarts >= 2);
  assert.equal(heard.starts, heard.stream.restarts + 1);
});

test('a server that stalls is told, and connected to again', async (t) => {
  const { server, last } = await serve(t, 0);
  const { port } = server.address() as { port: number };
  const heard = listen(t, { host: '127.0.0.1', port }, 100_000);
  await condition(() => last() !== undefined);
  const before = last();
  before?.write('one');
  await condition(() => last() !== before);
  assert.deepEqual(heard.notices, [
    `delivering: 127.0.0.1:${port} delivers.`,
    `stalled: 127.0.0.1:${port} has stopped delivering. It is opened again.`,
  ]);
});

test('a named pipe is waited at without a writer, and again when one has ended; ending waits for nobody', async (t) => {
  const pipe = join(folderFor(t), 'events.fifo');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const heard = listen(t, { pipe });
  createWriteStream(pipe).end('one ');
  await condition(() => heard.text === 'one ' && heard.notices.length === 2);
  createWriteStream(pipe).end('two');
  await condition(() => heard.text === 'one two' && heard.notices.length === 4);
  assert.deepEqual(heard.notices, [
    `delivering: ${pipe} delivers.`,
    `ended: ${pipe} has ended. It is opened again.`,
    `delivering: ${pipe} delivers.`,
    `ended: ${pipe} has ended. It is opened again.`,
  ]);
  await heard.stream.stop();
});

test('an address is a path, or host and port', () => {
  assert.deepEqual(socketAddress('/run/x.sock'), { path: '/run/x.sock' });
  assert.deepEqual(socketAddress('camera.local:7777'), { host: 'camera.local', port: 7777 });
  assert.deepEqual(socketAddress('[::1]:7777'), { host: '::1', port: 7777 });
  for (const wrong of ['x.sock', 'host:', 'host:0', 'host:65536', ':80', ''])
    assert.equal(socketAddress(wrong), undefined);
});
