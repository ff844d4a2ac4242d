import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import pino from 'pino';
import { awaitRoom, type RoomWanted } from './await-room.js';
import { askControl } from './control-socket.js';
import { placesOf } from './places.js';

const log = pino({ level: 'silent' });
let beats = 0;

function wanted(t: TestContext, signal: AbortSignal): RoomWanted {
  const folder = mkdtempSync(join(tmpdir(), 'axond-room-'));
  process.env['RUNTIME_DIRECTORY'] = folder;
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { device: 'bed-1', folder: '/var/lib/axond', bytes: 43e6, signal, log, beat: () => beats++ };
}

const never = new AbortController().signal;

test('it waits for as long as there is too little room', async (t) => {
  // The first look is for the message.
  const free = [0, 42e6, 43e6];
  const room = await awaitRoom(wanted(t, never), () => free.shift() ?? 0);
  assert.deepEqual([room, free, beats], [true, [], 1]);
});

test('R-40 whoever asks meanwhile is told what it waits for; arming is refused; a stop ends it', async (t) => {
  const waiting = awaitRoom(wanted(t, never), () => 11e6);
  const { control } = placesOf('bed-1');
  while (!existsSync(control)) await new Promise((resolve) => setImmediate(resolve));
  const told = /^\/var\/lib\/axond: the disk is full, .* Make room: 11 MB of the 43 MB are free/;
  for (const request of [{ verb: 'status' }, { verb: 'arm', device: 'bed-1', forSeconds: 60 }] as const) {
    const answer = await askControl(control, request);
    assert.ok(!answer.ok);
    assert.match(answer.reasons.join(), told);
  }
  assert.ok((await askControl(control, { verb: 'disarm' })).ok);
  assert.ok((await askControl(control, { verb: 'stop' })).ok);
  assert.equal(await waiting, false);
});

test('a signal ends it at once', async (t) => {
  const stopping = new AbortController();
  const waiting = awaitRoom(wanted(t, stopping.signal), () => 0);
  stopping.abort();
  assert.equal(await waiting, false);
});
