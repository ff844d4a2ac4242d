import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { CameraSource, type CameraNotice, type CameraOptions } from './source.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-camera-'));
after(() => rmSync(folder, { recursive: true }));
const child = fileURLToPath(new URL('./child.test.fixture.js', import.meta.url));
const node = process.execPath;

test('a tool that dies within a frame is told with its last words and started again; no frame is torn', async () => {
  await using camera = watched('die within a frame', 'dead');
  await camera.until(({ frames }) => frames.some((value) => value === 9));
  assert.deepEqual(camera.frames.slice(0, 4), [1, 2, 1, 2]);
  assert.deepEqual(camera.notices.slice(0, 3), [
    `delivering: ${node} delivers.`,
    `ended: ${node} has ended with exit code 1: "VIDIOC_DQBUF: No such device". Its last 10 bytes are no whole frame of 32 (grey, 8x4). It is started again. Is the device plugged in?`,
    `delivering: ${node} delivers.`,
  ]);
  const { partial, restarts, dropped } = camera.source.counts;
  assert.deepEqual({ partial, restarts, dropped }, { partial: 1, restarts: 1, dropped: 0 });
});

test('a tool that stalls is ended, by force if it does not listen, and started again', async () => {
  await using camera = watched('stall', 'stalled', { stallMs: 100 });
  await camera.until(({ frames }) => frames.some((value) => value === 9));
  assert.deepEqual(camera.frames.slice(0, 4), [1, 2, 1, 2]);
  assert.ok(
    camera.notices.includes(`stalled: ${node} has stopped delivering. It is ended and started again.`),
    camera.notices.join('\n'),
  );
  assert.ok(!camera.notices.some((text) => text.startsWith('ended')), 'the stall says it all');
});

test('a camera that delivers the same frame again and again is told once, and that it sees again', async () => {
  await using camera = watched('freeze', 'frozen', { stallMs: 100 });
  await camera.until(({ source, notices }) => notices.length === 2 && source.counts.frozen >= 50);
  assert.deepEqual(camera.frames, [1, 2]);
  writeFileSync(join(folder, 'frozen.uncovered'), '');
  await camera.until(({ frames }) => frames.length > 4);
  assert.deepEqual(camera.notices, [
    `delivering: ${node} delivers.`,
    `frozen: ${node} delivers the same frame again and again. Is the lens covered, or does the camera hang?`,
    `delivering: ${node} delivers new frames again.`,
  ]);
  assert.equal(camera.source.counts.restarts, 0);
});

test('who takes frames late loses the oldest ones whole, and the loss is counted', async () => {
  let due = false;
  const source = new CameraSource(
    options('burst', '', { waiting: 3 }),
    () => (due = true),
    () => undefined,
  );
  source.start();
  await condition(() => due && source.counts.frames === 102);
  const left = [source.take(), source.take(), source.take()].map((frame) => frame?.sequence);
  assert.deepEqual(left, [99, 100, 101]);
  assert.equal(source.counts.dropped, 99);
  await source.stop();
});

test('a program that is not there is told once, with the fix, however often it is tried', async () => {
  const notices: CameraNotice[] = [];
  const source = new CameraSource(
    { ...options('', ''), command: ['/nowhere/rpicam-vid'] },
    () => undefined,
    (notice) => notices.push(notice),
  );
  source.start();
  await condition(() => source.counts.restarts >= 2);
  await source.stop();
  assert.deepEqual(notices, [
    {
      state: 'missing',
      text: '/nowhere/rpicam-vid cannot be started (spawn /nowhere/rpicam-vid ENOENT). It is started again. Install it, or correct the command.',
    },
  ]);
});

function options(what: string, mark: string, more: Partial<CameraOptions> = {}): CameraOptions {
  const command: CameraOptions['command'] = [node, child, what, mark === '' ? '' : join(folder, mark)];
  return { command, width: 8, height: 4, pixels: 'grey', ...more };
}

interface Watched extends AsyncDisposable {
  readonly source: CameraSource;
  /** The value that fills each frame; a torn frame fails. */
  readonly frames: number[];
  readonly notices: string[];
  until(holds: (watched: Watched) => boolean): Promise<void>;
}

function watched(what: string, mark: string, more: Partial<CameraOptions> = {}): Watched {
  const frames: number[] = [];
  const notices: string[] = [];
  const source = new CameraSource(
    options(what, mark, more),
    () => {
      for (let frame = source.take(); frame !== undefined; frame = source.take()) {
        const [value = NaN] = frame.pixels;
        frames.push(frame.pixels.every((pixel) => pixel === value) ? value : NaN);
      }
    },
    ({ state, text }) => notices.push(`${state}: ${text}`),
  );
  source.start();
  return {
    source,
    frames,
    notices,
    until(holds) {
      return condition(() => holds(this));
    },
    [Symbol.asyncDispose]: () => source.stop(),
  };
}

async function condition(holds: () => boolean): Promise<void> {
  const until = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > until) throw new Error('it did not come about within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
