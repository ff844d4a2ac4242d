import assert from 'node:assert/strict';
import { closeSync, openSync, readSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { openPty } from '../../drivers/serial/pty.js';
import { connect, disconnect, openNothing, writeAll } from './port.js';

const chunk = new Uint8Array(65536);

/** Takes what has come out, without waiting. */
function taken(master: number): number {
  try {
    return readSync(master, chunk);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}

test('R-16 a thread that writes while another one does is heard all the same: each rest gets out', async (t) => {
  const pty = openPty();
  const descriptor = openNothing();
  connect(descriptor, pty.path, 921_600);
  const state = new Int32Array(new SharedArrayBuffer(8));
  const code = `
    const { writeSync } = require('node:fs');
    const { descriptor, state } = require('node:worker_threads').workerData;
    while (Atomics.load(state, 0) === 0) {
      try {
        Atomics.add(state, 1, writeSync(descriptor, 'beat'));
      } catch {}
      Atomics.wait(state, 0, 0, 0.05);
    }`;
  const thread = new Worker(code, { eval: true, workerData: { descriptor, state } });
  t.after(async () => {
    await thread.terminate();
    closeSync(descriptor);
    pty.close();
  });
  await new Promise((resolve) => thread.once('online', resolve));
  const rest = new TextEncoder().encode('rest');
  let came = 0;
  for (let n = 0; n < 5_000; n++) {
    assert.ok(writeAll(descriptor, rest, rest.length));
    came += taken(pty.master);
  }
  Atomics.store(state, 0, 1);
  await new Promise((resolve) => thread.once('exit', resolve));
  for (let more = taken(pty.master); more > 0; more = taken(pty.master)) came += more;
  assert.equal(came, 4 * 5_000 + Atomics.load(state, 1));
});

test('R-32 what was disconnected swallows what is written, and the port behind it gets none of it', () => {
  const pty = openPty();
  const descriptor = openNothing();
  const bytes = Uint8Array.of(1, 2, 3);
  assert.ok(writeAll(descriptor, bytes, 3)); // before there is a connection
  connect(descriptor, pty.path, 115_200);
  assert.equal(taken(pty.master), 0);
  assert.ok(writeAll(descriptor, bytes, 3));
  assert.equal(taken(pty.master), 3);
  disconnect(descriptor);
  assert.ok(writeAll(descriptor, bytes, 3));
  assert.equal(taken(pty.master), 0);
  // Whatever is opened next is not what the descriptor leads to.
  const other = openSync('/dev/null', 'r');
  assert.notEqual(other, descriptor);
  connect(descriptor, pty.path, 115_200);
  assert.equal(taken(pty.master), 0);
  for (const open of [other, descriptor]) closeSync(open);
  pty.close();
});

test('R-32 a line that is full is told, and nothing waits for it', () => {
  const pty = openPty();
  const descriptor = openNothing();
  connect(descriptor, pty.path, 115_200);
  const bytes = new Uint8Array(4096);
  let written = 0;
  while (written < 100 && writeAll(descriptor, bytes, bytes.length)) written++;
  assert.ok(written > 0 && written < 100);
  closeSync(descriptor);
  pty.close();
});
