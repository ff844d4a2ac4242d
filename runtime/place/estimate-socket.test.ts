import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { EstimateSocket } from './estimate-socket.js';

async function open(t: TestContext): Promise<{ path: string; socket: EstimateSocket; driven: number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-socket-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'place.sock');
  writeFileSync(path, 'of a run that was killed');
  const driven: number[] = [];
  const socket = await EstimateSocket.open(path, (metres) => driven.push(metres));
  t.after(() => socket.close());
  return { path, socket, driven };
}

async function connect(path: string): Promise<Socket> {
  const client = createConnection(path).setEncoding('utf8');
  await once(client, 'connect');
  return client;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('every listener hears every estimate as a line, and only its user may listen', async (t) => {
  const { path, socket } = await open(t);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const clients = await Promise.all([connect(path), connect(path)]);
  await until(() => socket.listeners === 2);
  const heard = clients.map((client) => {
    const texts = { text: '' };
    client.on('data', (chunk: string) => (texts.text += chunk));
    return texts;
  });
  for (const place of [7, 8]) socket.tell({ place, known: true });
  await until(() => heard.every(({ text }) => text.split('\n').length === 3));
  for (const { text } of heard) {
    assert.deepEqual(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      [
        { place: 7, known: true },
        { place: 8, known: true },
      ],
    );
  }
  clients[0].destroy();
  await until(() => socket.listeners === 1);
});

test('odometry comes in line by line, in whatever pieces; what is not understood is answered', async (t) => {
  const { path, driven } = await open(t);
  const client = await connect(path);
  let answers = '';
  client.on('data', (chunk: string) => (answers += chunk));
  client.write('{"odometry":{"metres":0.25}}\n{"odometry":{"me');
  await until(() => driven.length === 1);
  client.write('tres":-0.5}}\n{"odometry":{"metres":"1"}}\nforward!\n{"odometry":{"metres":1}}\n');
  await until(() => driven.length === 3 && answers.trim().split('\n').length === 2);
  assert.deepEqual(driven, [0.25, -0.5, 1]);
  assert.match(answers, /not understood\. Send \{\\"odometry/);
});

test('a listener that does not read is left out, and holds up nobody', async (t) => {
  const { path, socket } = await open(t);
  const asleep = await connect(path);
  asleep.pause();
  await until(() => socket.listeners === 1);
  const line = { text: 'x'.repeat(10_000) };
  for (let count = 0; count < 1000 && socket.left === 0; count++) {
    socket.tell(line);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(socket.left > 0);
  const awake = await connect(path);
  await until(() => socket.listeners === 2);
  const heard = once(awake, 'data');
  socket.tell({ place: 1 });
  assert.equal(String((await heard)[0]), '{"place":1}\n');
});

test('a line without end is no reason to keep it: the listener is let go', async (t) => {
  const { path } = await open(t);
  const client = await connect(path);
  client.on('error', () => undefined);
  client.write('x'.repeat(5000));
  await once(client, 'close');
});
