import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sampleBlock } from '../cyton/virtual-line.test.fixture.js';
import { LslOutlet } from './outlet.js';
import { createLslSession } from './session.js';
import { openLslTransport } from './transport.js';

/** Of this test alone: the real one is one a machine. */
const port = 26571;

test('a stream is found by its name over real sockets, read, lost and found again', async (t) => {
  let value = 0;
  const source = {
    read(frame: Float64Array) {
      frame.fill(value++);
      return true;
    },
  };
  const outletOf = (stream: string, onPort: number): Promise<LslOutlet> =>
    LslOutlet.open({
      stream,
      channels: 2,
      rate: 1000,
      source,
      sourceChannels: 2,
      onEnd: () => undefined,
      port: onPort,
    });
  const outlets = [await outletOf('eeg', port)];
  t.after(() => outlets.forEach((outlet) => outlet.close()));
  const session = createLslSession({ stream: 'eeg', channels: ['C3', 'M2'], rate: 1000 });
  const block = sampleBlock(2, 256);
  const bytes = new Uint8Array(4096);
  const nowUs = (): number => performance.now() * 1000;

  const readUntil = async (holds: () => boolean): Promise<'held' | 'gone'> => {
    const transport = openLslTransport('eeg', port);
    session.open(nowUs());
    try {
      for (const limit = nowUs() + 10e6; nowUs() < limit;) {
        await nextTurn();
        if (session.outgoingLength > 0) assert.ok(transport.write(session.outgoing, session.outgoingLength));
        session.outgoingLength = 0;
        const length = transport.read(bytes, 1);
        if (length < 0) return 'gone';
        session.push(bytes, length, nowUs(), block);
        while (session.pending) session.push(bytes, 0, nowUs(), block);
        if (holds()) return 'held';
      }
      throw new Error(`nothing within 10 s: ${session.state}, ${session.notice}`);
    } finally {
      session.close(nowUs());
      transport.close();
    }
  };

  let wasClosed = false;
  const ending = await readUntil(() => {
    if (!wasClosed && session.counts.frames > 50) {
      wasClosed = true;
      assert.equal(session.counts.gaps, 0);
      outlets.pop()?.close();
    }
    return false;
  });
  assert.equal(ending, 'gone');
  outlets.push(await outletOf('eeg', port));
  const before = session.counts.frames;
  assert.equal(await readUntil(() => session.counts.frames > before + 50), 'held');
  assert.equal(session.counts.gaps, 1);
});

test('a stream that is not there costs no more time than a read has', () => {
  const transport = openLslTransport('nobody', 26572);
  const began = performance.now();
  for (let n = 0; n < 20; n++) assert.equal(transport.read(new Uint8Array(64), 1), 0);
  assert.ok(performance.now() - began < 2000);
  assert.equal(transport.write(Uint8Array.of(1), 1), true);
  transport.close();
  transport.close();
});
