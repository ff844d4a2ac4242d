import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EventBlock } from '../../runtime/contracts.js';
import { CountFrames } from './count-frames.js';
import { encode, generator, type TestEvent } from './encoders.test.fixture.js';
import { createEventBlock } from './event-block.js';
import { HotPixelFilter, RefractoryFilter } from './event-filters.js';
import { EventWindow, sampleCounts, timeSurface } from './event-window.js';
import { Evt3Decoder } from './evt3.js';
import { hotPixelsOf, readHotPixels, writeHotPixels } from './hot-pixel-file.js';
import { HotPixelSearch } from './hot-pixels.js';

function blockOf(events: readonly TestEvent[]): EventBlock {
  const block = createEventBlock(Math.max(32, events.length));
  events.forEach(({ x, y, polarity, timeUs }, at) => {
    block.x[at] = x;
    block.y[at] = y;
    block.polarity[at] = polarity;
    block.timeUs[at] = timeUs;
  });
  block.events = events.length;
  return block;
}

/** Events of a row of pixels, each as `[x, µs]`. */
const on = (...events: readonly (readonly [x: number, timeUs: number])[]): TestEvent[] =>
  events.map(([x, timeUs]) => ({ x, y: 0, polarity: 1, timeUs }));
const times = ({ timeUs, events }: EventBlock): number[] => [...timeUs.subarray(0, events)];

test('windows by time follow each other without a hole; an event on the border is of the next; empty ones are passed over', () => {
  const window = new EventWindow(4, 1, { durationUs: 100 });
  const block = blockOf([...on([0, 1000], [1, 1099], [2, 1100], [3, 1550]), { x: 3, y: 0, polarity: 0, timeUs: 1551 }]);
  assert.equal(window.add(block, 0), 2);
  assert.deepEqual(
    [window.complete, window.index, window.beginUs, window.endUs, ...window.on],
    [true, 0, 1000, 1100, 1, 1, 0, 0],
  );
  window.clear();
  assert.equal(window.add(block, 2), 3);
  assert.deepEqual([window.complete, window.index, window.beginUs, ...window.on], [true, 1, 1100, 0, 0, 1, 0]);
  window.clear();
  assert.equal(window.add(block, 3), 5);
  assert.deepEqual([window.complete, window.index, window.beginUs, ...window.on], [false, 5, 1500, 0, 0, 0, 1]);
  assert.deepEqual([...window.off], [0, 0, 0, 1]);
});

test('windows by count hold so many events; a pixel counts to 255 and no further', () => {
  const window = new EventWindow(2, 1, { events: 300 });
  const block = blockOf(on(...Array.from({ length: 301 }, (_, i) => [i % 300 === 0 ? 1 : 0, 5 * i] as const)));
  assert.equal(window.add(block, 0), 300);
  assert.deepEqual([window.complete, window.beginUs, window.endUs, ...window.on], [true, 0, 5 * 299, 255, 1]);
  window.clear();
  assert.equal(window.add(block, 300), 301);
  assert.deepEqual([window.complete, window.index, window.beginUs, ...window.on], [false, 1, 1500, 0, 1]);
});

test('a time surface falls in a straight line from now to its span ago', () => {
  const window = new EventWindow(4, 1, { durationUs: 100 });
  window.add(blockOf(on([0, 0], [1, 50], [2, 99], [0, 200])), 0);
  const surface = new Uint8Array(4);
  timeSurface(window, 200, surface); // at 100 µs
  assert.deepEqual([...surface], [Math.round(255 * 0.5), Math.round(255 * 0.75), Math.round(255 * 0.995), 0]);
});

test('tiny frames take the middle pixel of each part of the sensor, as LENS does on 80x80', () => {
  const window = new EventWindow(80, 80, { durationUs: 100 });
  const middle = { x: 8 * 3 + 4, y: 8 * 6 + 4, timeUs: 5 };
  const events = [
    { ...middle, polarity: 1 },
    { ...middle, polarity: 0 },
    { ...middle, x: middle.x + 1, polarity: 1 },
  ];
  window.add(blockOf(events), 0);
  const frame = new Uint8Array(100);
  sampleCounts(window, 10, 10, frame);
  assert.equal(frame[6 * 10 + 3], 2);
  assert.equal(
    frame.reduce((sum, count) => sum + count, 0),
    2,
  );
});

test('a refractory pixel is not heard, its neighbours are; a clock that went back silences nobody', () => {
  const filter = new RefractoryFilter(4, 1, 100);
  const block = blockOf(on([0, 1000], [0, 1099], [1, 1099], [0, 1100], [0, 1150], [0, 500]));
  filter.apply(block);
  assert.deepEqual(times(block), [1000, 1099, 1100, 500]);
  assert.equal(filter.struck, 2);
});

test('hot pixels are found among noise and moving edges, two side by side too, and struck out', () => {
  const random = generator(3);
  const events: TestEvent[] = [];
  for (let timeUs = 0; timeUs < 4e6; timeUs += 1000) {
    if (random() < 0.5)
      events.push({ x: Math.floor(random() * 32), y: Math.floor(random() * 32), polarity: 1, timeUs });
    // A bar that sweeps over the upper half, 10 times a second.
    for (let y = 0; y < 16; y++) events.push({ x: Math.floor(timeUs / 3125) % 32, y, polarity: 1, timeUs });
    if (timeUs % 10_000 === 0)
      for (const [x, y] of [
        [7, 20],
        [8, 20],
        [31, 31],
      ] as const)
        events.push({ x, y, polarity: 0, timeUs });
  }
  const search = new HotPixelSearch(32, 32);
  search.add(blockOf(events));
  const pixels = search.pixels();
  assert.deepEqual(pixels, [
    [7, 20],
    [8, 20],
    [31, 31],
  ]);
  const filter = new HotPixelFilter(32, 32, pixels);
  const block = blockOf(events);
  filter.apply(block);
  assert.ok(filter.struck >= 1200 && block.events === events.length - filter.struck);
  assert.throws(() => new HotPixelFilter(32, 32, [[32, 0]]), /hot pixel 32,0 is not on a sensor of 32x32/);
});

test('hot pixels are kept per sensor; a damaged file is refused by name', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-hot-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'dvs.json');
  const content = {
    sensor: 'DVS128 00042',
    width: 128,
    height: 128,
    seconds: 30,
    pixels: [[5, 6] as [number, number]],
  };
  writeHotPixels(path, content);
  assert.deepEqual(readHotPixels(path), content);
  writeFileSync(path, JSON.stringify({ ...content, pixels: [[128, 0]] }));
  assert.throws(() => readHotPixels(path), {
    message: `${path}: pixel 128,0 is not on a sensor of 128x128. Learn them anew.`,
  });
  writeFileSync(path, '{');
  assert.throws(() => readHotPixels(path), { message: `${path}: is no JSON. Learn the hot pixels anew.` });
  writeFileSync(path, '{"sensor":""}');
  assert.throws(() => readHotPixels(path), /holds no hot pixels \(sensor: /);
});

test('bytes become frames of counts; who is late loses whole windows, oldest first, counted', () => {
  const events: TestEvent[] = [];
  for (let at = 0; at < 6; at++)
    for (let i = 0; i <= at; i++) events.push({ x: 20, y: 30, polarity: 1, timeUs: 1000 * at + i });
  const frames = new CountFrames(new Evt3Decoder({ width: 40, height: 60 }), {
    window: { durationUs: 1000 },
    columns: 1,
    rows: 1,
    waiting: 3,
  });
  frames.push(encode('evt3', events).subarray(encode('evt3', []).length), 1e6);
  const taken = [frames.take(), frames.take(), frames.take(), frames.take()].map(
    (frame) => frame && [frame.sequence, ...frame.pixels],
  );
  // The sixth window is not yet over.
  assert.deepEqual(taken, [[2, 3], [3, 4], [4, 5], undefined]);
  assert.deepEqual(frames.counts, { frames: 5, dropped: 2 });
});

test('the time of a frame is the middle of its window, on the clock of the host', () => {
  const frames = new CountFrames(new Evt3Decoder({ width: 40, height: 60 }), {
    window: { durationUs: 1000 },
    columns: 1,
    rows: 1,
  });
  frames.push(
    encode(
      'evt3',
      [0, 1200].map((timeUs) => ({ x: 20, y: 30, polarity: 1, timeUs })),
    ).subarray(encode('evt3', []).length),
    1e6,
  );
  assert.equal(frames.take()?.frameUs, 1e6 - 700);
});

test('without a size, or with the hot pixels of another sensor, the reason is told', () => {
  const bytes = encode('evt3', [{ x: 1, y: 1, polarity: 1, timeUs: 0 }]).subarray(encode('evt3', []).length);
  const options = { window: { events: 1 }, columns: 1, rows: 1 };
  const unsized = new CountFrames(new Evt3Decoder(), options);
  unsized.push(bytes, 0);
  assert.equal(unsized.failure, 'the stream does not tell the size of the sensor. Set it: size: 1280x720.');
  const hotPixels = { sensor: 'a', width: 8, height: 8, seconds: 9, pixels: [] };
  const other = new CountFrames(new Evt3Decoder({ width: 40, height: 60 }), { ...options, hotPixels });
  other.push(bytes, 0);
  assert.equal(other.failure, 'the hot pixels are of a sensor of 8x8, this one has 40x60. Learn them anew.');
});

test('hot pixels are learned in the first ten seconds, in which there are no frames, and not heard from then on', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-hot-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'new.json');
  // A pixel that fires at 100 Hz, and an edge that runs over all others once a second.
  const eventsFor = (seconds: number): TestEvent[] =>
    Array.from({ length: seconds * 100 }, (_, i) => [
      { x: 1, y: 1, polarity: 1, timeUs: 10_000 * i },
      { x: Math.floor(i / 4) % 25, y: 4, polarity: 1, timeUs: 10_000 * i + 5 },
    ]).flat();
  const bytes = encode('evt3', eventsFor(14)).subarray(encode('evt3', []).length);
  const said: string[] = [];
  const rule = { window: { durationUs: 1e6 }, columns: 25, rows: 9, waiting: 20 };
  const framesWith = (sensor: string): CountFrames =>
    new CountFrames(new Evt3Decoder({ width: 25, height: 9 }), {
      ...rule,
      hotPixels: hotPixelsOf(path, sensor, (text) => said.push(text)),
    });
  const first = framesWith('sensor 42');
  for (let at = 0; at < bytes.length; at += 64) first.push(bytes.subarray(at, at + 64), 14e6);
  assert.ok(first.counts.frames === 2 || first.counts.frames === 3, `${first.counts.frames} frames`);
  const seen = first.take();
  assert.ok(seen && seen.pixels[25 + 1] === 0 && seen.pixels[4 * 25 + 7] === 4, 'the hot one alone is not heard');
  assert.deepEqual(said, [`${path}: hot pixels found in 10 s: 1. They are kept.`]);
  const kept = readHotPixels(path);
  assert.deepEqual([kept.sensor, kept.width, kept.height, kept.pixels], ['sensor 42', 25, 9, [[1, 1]]]);
  const next = framesWith('sensor 42');
  next.push(bytes, 14e6);
  assert.equal(next.counts.frames, 13, 'known ones need no time');
  assert.equal(next.take()?.pixels[25 + 1], 0);
});
