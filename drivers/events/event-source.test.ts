import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EventSource, type EventSourceOptions } from './event-source.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-events-'));
after(() => rmSync(folder, { recursive: true }));
const child = fileURLToPath(new URL('./child.test.fixture.js', import.meta.url));
const node = process.execPath;

interface Seen {
  readonly source: EventSource;
  readonly frames: number[];
  readonly notices: string[];
}

function watched(what: string, more: Partial<EventSourceOptions> = {}): Seen {
  const frames: number[] = [];
  const notices: string[] = [];
  const source = new EventSource(
    {
      from: { command: [node, child, what, join(folder, what)] },
      format: 'evt3',
      window: { durationUs: 1000 },
      columns: 1,
      rows: 1,
      ...more,
    },
    () => {
      for (let frame = source.take(); frame; frame = source.take()) frames.push(frame.pixels[0] ?? NaN);
    },
    ({ state, text }) => notices.push(`${state}: ${text}`),
  );
  source.start();
  return { source, frames, notices };
}

test('a tool that dies is told with its last words and started again; its time begins anew', async () => {
  const { source, frames, notices } = watched('die', { waiting: 20 });
  await condition(() => frames.length === 18);
  await source.stop();
  assert.ok(frames.every((count) => count === 1));
  assert.deepEqual(notices, [
    `delivering: ${node} delivers.`,
    `ended: ${node} has ended with exit code 1: "LIBUSB_ERROR_NO_DEVICE". It is started again. Is the device plugged in?`,
    `delivering: ${node} delivers.`,
  ]);
  const { restarts, dropped, timeErrors } = source.counts;
  assert.deepEqual({ restarts, dropped, timeErrors }, { restarts: 1, dropped: 0, timeErrors: 0 });
});

test('a tool that stalls is ended, by force if it does not listen, and started again', async () => {
  const { source, frames, notices } = watched('stall', { waiting: 20, stallMs: 200 });
  await condition(() => frames.length >= 18);
  await source.stop();
  assert.ok(
    notices.includes(`stalled: ${node} has stopped delivering. It is ended and started again.`),
    notices.join('\n'),
  );
});

test('a stream of another format is told once, with the fix', async () => {
  const { source, notices } = watched('wrong format');
  await condition(() => notices.length >= 2);
  await source.stop();
  assert.deepEqual(notices, [
    `delivering: ${node} delivers.`,
    `stalled: ${node} (evt3): the header says EVT2, the format set is evt3. Set it to evt2.`,
  ]);
});

async function condition(holds: () => boolean): Promise<void> {
  const until = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > until) throw new Error('it did not come about within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
