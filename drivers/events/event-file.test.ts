import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encode, joined, randomEvents, testHeight, testWidth } from './encoders.test.fixture.js';
import { eventsOfFile, type EventFileOptions, type EventFileState } from './event-file.js';
import { eventFormats } from './formats.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-event-file-'));
after(() => rmSync(folder, { recursive: true }));

async function read(path: string, options: EventFileOptions): Promise<{ times: number[]; state: EventFileState }> {
  const times: number[] = [];
  const events = eventsOfFile(path, options);
  for (;;) {
    const next = await events.next();
    if (next.done) return { times, state: next.value };
    times.push(...next.value.timeUs.subarray(0, next.value.events));
  }
}

function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test('a file of any format tells what it is and gives its events', async () => {
  const events = randomEvents(3000, 5, testWidth, testHeight, 20);
  for (const format of eventFormats) {
    const { times, state } = await read(fileOf(format, encode(format, events)), { pace: 'most' });
    assert.deepEqual(
      times,
      events.map(({ timeUs }) => timeUs),
    );
    assert.deepEqual(
      [state.format, state.width, state.height, state.counts.events],
      [format, testWidth, testHeight, 3000],
    );
  }
});

test('at the recorded pace events come no earlier than they did then', async () => {
  const dense = Array.from({ length: 5000 }, (_, i) => ({ x: 1, y: 1, polarity: 1, timeUs: 1e6 + 50 * i }));
  const slow = performance.now();
  await read(fileOf('dense.raw', encode('evt2', dense)), { pace: 'recorded' });
  assert.ok(performance.now() - slow >= 200, 'the last block begins 204.8 ms after the first');
});

test('what cannot be read is refused by name; what came before damage is delivered', async () => {
  const none = join(folder, 'none.raw');
  await assert.rejects(read(none, { pace: 'most' }), /none\.raw: cannot be opened \(ENOENT/);
  await assert.rejects(read(fileOf('empty', new Uint8Array(0)), { pace: 'most' }), {
    message: `${join(folder, 'empty')}: is empty.`,
  });
  await assert.rejects(read(fileOf('text', Buffer.from('hello')), { pace: 'most' }), {
    message: `${join(folder, 'text')}: its first bytes tell no format. Give it: evt2, evt21, evt3, aedat2, aedat31, aedat4.`,
  });
  const events = randomEvents(1000, 6, testWidth, testHeight, 20);
  const damaged = fileOf('damaged', joined([encode('aedat31', events), new Uint8Array(28).fill(255)]));
  let delivered = 0;
  await assert.rejects(async () => {
    for await (const block of eventsOfFile(damaged, { pace: 'most' })) delivered += block.events;
  }, /damaged: a packet says type 65535, -1 events of -1 bytes, room for -1\. The file is damaged here/);
  assert.equal(delivered, 1000);
});
