import koffi from 'koffi';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { encode, generator, type TestEvent } from '../drivers/events/encoders.test.fixture.js';
import { createEventBlock } from '../drivers/events/event-block.js';
import { Evt3Decoder } from '../drivers/events/evt3.js';

/**
 * `npm run event-speed`: events a second of the EVT 3.0 decoder on one core, beside the same in C in the same run. Two
 * streams: single pixels, of which each needs two to three words, and rows of neighbours, for which the format is made.
 * Exit 1 below 20 million a second in the middle of five runs.
 */
const folder = mkdtempSync(join(tmpdir(), 'axond-event-speed-'));
const source = fileURLToPath(new URL('../../test/event-speed.c', import.meta.url));
const library = join(folder, 'event-speed.so');
const compiled = spawnSync('cc', ['-O3', '-march=native', '-shared', '-fPIC', '-o', library, source], {
  encoding: 'utf8',
});
if (compiled.status !== 0) throw new Error(`cc: ${compiled.stderr || 'there is no C compiler'}`);
const decodeInC: (...values: unknown[]) => unknown = koffi
  .load(library)
  .func(
    'int64_t decode(const uint8_t *bytes, int length, int times, uint16_t *xs, uint16_t *ys, uint8_t *ps, double *ts, int capacity, _Out_ int *events)',
  );
rmSync(folder, { recursive: true });

const least = 20e6;
const times = 20;
const chunk = 1 << 16;
const block = createEventBlock(8192);
let slow = false;

for (const [name, events] of [
  ['single pixels', scattered()],
  ['rows of neighbours', rows()],
] as const) {
  const bytes = encode('evt3', events);
  const data = bytes.subarray(encode('evt3', []).length);
  const runs = Array.from({ length: 5 }, () => {
    const counted = new Int32Array(1);
    const ns = z.coerce
      .number()
      .parse(
        decodeInC(data, data.length, times, block.x, block.y, block.polarity, block.timeUs, block.capacity, counted),
      );
    if (counted[0] !== events.length) throw new Error(`C decoded ${counted[0]} of ${events.length} events`);
    return { ours: ours(bytes, events.length), c: (events.length * times) / (ns / 1e9) };
  });
  const middle = runs.map((run) => run.ours).toSorted((a, b) => a - b)[2] ?? 0;
  slow ||= middle < least;
  const text = runs.map(
    ({ ours, c }) => `${(ours / 1e6).toFixed(1)} (C ${(c / 1e6).toFixed(1)}, ratio ${(c / ours).toFixed(2)})`,
  );
  process.stdout.write(
    `${name}, ${(bytes.length / events.length).toFixed(2)} bytes an event, million events/s: ${text.join(', ')}\n`,
  );
}
if (slow) process.stdout.write('below 20 million events a second\n');
process.exitCode = slow ? 1 : 0;

function ours(bytes: Uint8Array, expected: number): number {
  const decoder = new Evt3Decoder();
  const round = (): void => {
    decoder.reset();
    for (let from = 0; from < bytes.length;) {
      const end = Math.min(bytes.length, from + chunk);
      while (from < end) {
        block.events = 0;
        from = decoder.push(bytes, from, end, block);
      }
    }
    if (decoder.counts.events !== expected) throw new Error(`${decoder.counts.events} of ${expected} events`);
  };
  for (let i = 0; i < 3; i++) round();
  const began = performance.now();
  for (let i = 0; i < times; i++) round();
  return (expected * times) / ((performance.now() - began) / 1000);
}

function scattered(): TestEvent[] {
  const random = generator(1);
  return Array.from({ length: 300_000 }, (_, i) => ({
    x: Math.floor(random() * 346),
    y: Math.floor(random() * 260),
    polarity: random() < 0.5 ? 1 : 0,
    timeUs: Math.floor(i / 4),
  }));
}

function rows(): TestEvent[] {
  const random = generator(2);
  const events: TestEvent[] = [];
  for (let row = 0; events.length < 300_000; row++) {
    const from = Math.floor(random() * 320);
    const y = Math.floor(random() * 260);
    for (let x = from; x < from + 20; x++) if (random() < 0.6) events.push({ x, y, polarity: row & 1, timeUs: row });
  }
  return events;
}
