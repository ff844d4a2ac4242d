import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { WebSocket } from 'ws';
import { Allowance } from './access.js';
import { PageConnection } from './page-connection.js';

/** A socket whose other end reads when the test says so. */
class Socket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: unknown[] = [];
  closing: number | undefined;
  terminated = false;
  send(data: unknown): void {
    this.sent.push(data);
  }
  close(code: number): void {
    this.closing = code;
    this.readyState = 3;
    this.emit('close');
  }
  terminate(): void {
    this.terminated = true;
    this.close(1006);
  }
  ping(): void {
    this.sent.push('ping');
  }
}

const tokens = { operator: 'operator-token', blinded: 'blinded-token' };

function connect(t: TestContext, wrongTokens = new Allowance(20, 1000)) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const socket = new Socket();
  const told: string[] = [];
  const page = new PageConnection(socket as unknown as WebSocket, tokens, wrongTokens, {
    onReady: () => told.push('ready'),
    onAction: (_page, wanted) => told.push(wanted.do),
    onCaughtUp: () => told.push('caught up'),
    onClose: () => told.push('closed'),
  });
  const say = (text: string): boolean => socket.emit('message', Buffer.from(text), false);
  return { socket, page, told, say };
}

test('R-36 who shows no token within five seconds is let go', (t) => {
  const { socket, told } = connect(t);
  t.mock.timers.tick(4999);
  assert.equal(socket.closing, undefined);
  t.mock.timers.tick(1);
  assert.equal(socket.closing, 4401);
  assert.deepEqual(told, ['closed']);
});

test('wrong tokens are answered so many times a minute; a right one always', (t) => {
  const few = new Allowance(1, 1e9);
  const codes = ['wrong', 'wrong', 'wrong'].map((token) => {
    const { socket, say } = connect(t, few);
    say(JSON.stringify({ token }));
    t.mock.timers.reset();
    return socket.closing;
  });
  assert.deepEqual(codes, [4401, 4429, 4429]);
  const { told, say } = connect(t, few);
  say(JSON.stringify({ token: tokens.blinded }));
  assert.deepEqual(told, ['ready']);
});

test('a page that does not read misses frames, which are counted, and is brought up to date when it has caught up', (t) => {
  const { socket, page, told, say } = connect(t);
  say(JSON.stringify({ token: tokens.operator }));
  page.show(new Uint8Array(1));
  socket.bufferedAmount = 300 * 1024;
  for (let frame = 0; frame < 5; frame++) page.show(new Uint8Array(1));
  socket.bufferedAmount = 100 * 1024; // it reads again, but is still behind
  page.show(new Uint8Array(1));
  page.tell({ marks: [] });
  assert.equal(page.dropped, 6);
  assert.equal(socket.sent.length, 1);
  socket.bufferedAmount = 0;
  page.show(new Uint8Array(1));
  assert.deepEqual(told, ['ready', 'caught up']);
  assert.deepEqual([page.dropped, socket.sent.length], [6, 2]);
});

test('a page that answers no ping is gone after the second', (t) => {
  const { socket, say } = connect(t);
  say(JSON.stringify({ token: tokens.operator }));
  t.mock.timers.tick(10_000);
  socket.emit('pong');
  t.mock.timers.tick(10_000);
  assert.equal(socket.terminated, false);
  t.mock.timers.tick(10_000);
  assert.equal(socket.terminated, true);
});
