import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLine, openTransport } from '../transports.js';
import { plainOptions } from './chip-line.test.fixture.js';
import { EdgeCounter } from './port.js';
import { Kind, mostRecord, writeRecord } from './records.js';
import { chipTransport } from './transport.js';

/** Events of a GPIO line as the kernel writes them, into a real pipe. */
function edge(number: number): Uint8Array {
  const event = new Uint8Array(48);
  const view = new DataView(event.buffer);
  view.setBigUint64(0, 123_456_789_000n, true);
  view.setUint32(8, 1, true);
  view.setUint32(12, 26, true);
  view.setUint32(16, number, true);
  view.setUint32(20, number, true);
  return event;
}

test('edges are counted by the kernel, also those that nobody came for', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-edges-'));
  t.after(() => rmSync(folder, { recursive: true }));
  execFileSync('mkfifo', [join(folder, 'line')]);
  const descriptor = openSync(join(folder, 'line'), constants.O_RDWR | constants.O_NONBLOCK);
  const edges = new EdgeCounter(descriptor);
  assert.equal(edges.wait(0), 0);
  writeSync(descriptor, edge(1));
  assert.equal(edges.wait(1000), 1);
  assert.equal(edges.wait(0), 1);
  for (let number = 2; number <= 40; number++) writeSync(descriptor, edge(number));
  // More than one read takes; the newest counts.
  assert.equal(edges.wait(1000), 40);
  edges.close();
  assert.equal(edges.wait(0), -1);
});

test('a port that fails is gone, for whoever reads and whoever writes', () => {
  const calls: string[] = [];
  let works = true;
  const transport = chipTransport({
    waitForEdge: () => 1,
    transfer: () => works,
    close: () => calls.push('closed'),
  });
  const record = new Uint8Array(mostRecord);
  const buffer = new Uint8Array(4096);
  const send = (kind: Kind, byte: number): boolean => transport.write(record, writeRecord(record, 0, kind, [byte], 1));
  assert.equal(send(Kind.transfer, 0x11), true);
  assert.equal(transport.read(buffer, 0), 5);
  assert.equal(send(Kind.stream, 1), true);
  assert.ok(transport.read(buffer, 0) > 27);
  works = false;
  assert.equal(send(Kind.transfer, 0x08), false);
  assert.equal(transport.read(buffer, 0), -1);
  transport.close();
  assert.deepEqual(calls, ['closed']);
});

test('an SPI port is opened as one, with what is wrong with it; nothing has to keep it', async () => {
  const plan = { use: 'ads1299', options: plainOptions } as const;
  assert.throws(() => openTransport(plan, '/dev/spidev9.9'), /\/dev\/spidev9\.9: cannot be opened \(ENOENT\)/);
  await (await openLine(plan, '/dev/spidev9.9', 115200)).close();
  await assert.rejects(openLine(plan, '/dev/ttyUSB-not-there', 115200), /there is no such port/);
});
