import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encode, joined, randomEvents, testHeight, testWidth } from './encoders.test.fixture.js';
import { EventFile, framesOfFile } from './event-file.js';
import { EventFileSource } from './event-file-source.js';
import { eventFormats } from './formats.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-event-file-'));
after(() => rmSync(folder, { recursive: true }));

async function read(path: string): Promise<{ times: number[]; file: EventFile }> {
  const times: number[] = [];
  const file = await EventFile.open(path, {});
  for await (const block of file.blocks()) times.push(...block.timeUs.subarray(0, block.events));
  return { times, file };
}

function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test('a file of any format tells what it is and gives its events', async () => {
  const events = randomEvents(3000, 5, testWidth, testHeight, 20);
  for (const format of eventFormats) {
    const { times, file } = await read(fileOf(format, encode(format, events)));
    assert.deepEqual(
      times,
      events.map(({ timeUs }) => timeUs),
    );
    assert.deepEqual(
      [file.format, file.decoder.width, file.decoder.height, file.decoder.counts.events],
      [format, testWidth, testHeight, 3000],
    );
  }
});

const millisecond = { window: { durationUs: 1000 }, columns: 1, rows: 1 };
/** In the middle of the sensor: a window for each number, with so many events. */
const windows = (...counts: readonly number[]): Uint8Array =>
  encode(
    'evt2',
    [...counts, 1].flatMap((count, window) =>
      Array.from({ length: count }, (_, i) => ({ x: 173, y: 130, polarity: 1, timeUs: 1e6 + 1000 * window + i })),
    ),
  );

test('each window of a file is a frame, also where many lie in one read; their times are the sensor’s', async () => {
  const seen: (number | undefined)[][] = [];
  const counts = Array.from({ length: 200 }, (_, window) => 1 + (window % 5));
  for await (const { pixels, frameUs, sequence } of framesOfFile(
    fileOf('windows.raw', windows(...counts)),
    millisecond,
  ))
    seen.push([pixels[0], frameUs, sequence]);
  assert.deepEqual(
    seen,
    counts.map((count, window) => [count, 1e6 + 1000 * window + 500, window]),
  );
});

test('a file is played as it was recorded: a frame comes when its window ends, and its end is told', async () => {
  const notices: string[] = [];
  const came: { readonly frameUs: number; readonly ms: number }[] = [];
  const source = new EventFileSource(
    { file: fileOf('played.raw', windows(...Array<number>(100).fill(1))), ...millisecond },
    () => {
      for (let frame = source.take(); frame; frame = source.take())
        came.push({ frameUs: frame.frameUs, ms: performance.now() });
    },
    ({ state, text }) => notices.push(`${state}: ${text}`),
  );
  source.start();
  const until = Date.now() + 20_000;
  while (notices.length < 2 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
  const path = join(folder, 'played.raw');
  assert.deepEqual(notices, [`delivering: ${path} is played.`, `over: ${path} is over.`]);
  assert.equal(came.length, 100);
  const [first, last] = [came[0], came[99]];
  assert.ok(first && last);
  assert.equal(last.frameUs - first.frameUs, 99_000);
  assert.ok(last.ms - first.ms >= 98, `${last.ms - first.ms} ms for what took 99`);
  await source.stop();
});

test('what cannot be read is refused by name; what came before damage is delivered', async () => {
  const none = join(folder, 'none.raw');
  await assert.rejects(read(none), /none\.raw: cannot be opened \(ENOENT/);
  await assert.rejects(read(fileOf('empty', new Uint8Array(0))), {
    message: `${join(folder, 'empty')}: is empty.`,
  });
  await assert.rejects(read(fileOf('text', Buffer.from('hello'))), {
    message: `${join(folder, 'text')}: its first bytes tell no format. Give it: evt2, evt21, evt3, aedat2, aedat31, aedat4.`,
  });
  const events = randomEvents(1000, 6, testWidth, testHeight, 20);
  const damaged = fileOf('damaged', joined([encode('aedat31', events), new Uint8Array(28).fill(255)]));
  let delivered = 0;
  await assert.rejects(async () => {
    const file = await EventFile.open(damaged, {});
    for await (const block of file.blocks()) delivered += block.events;
  }, /damaged: a packet says type 65535, -1 events of -1 bytes, room for -1\. The file is damaged here/);
  assert.equal(delivered, 1000);
});
