import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sampleBlock } from '../cyton/virtual-line.test.fixture.js';
import { LslFeed } from './feed.js';
import { LslOutlet } from './outlet.js';
import { feedRequest, readShortInfo, type ShortInfo } from './protocol.js';
import { createLslSession } from './session.js';
import { openLslTransport, type LslTransport } from './transport.js';

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

/** A sender that takes the connection and then says nothing more, as one whose machine has lost its power or its network. */
async function silentSender(t: TestContext, rate: number, onPort: number) {
  const clock = { ms: 0 };
  const feed = await LslFeed.open({ name: 'eeg', type: 'EEG', channels: 2, rate, format: 'float32' }, [], onPort);
  t.after(() => feed.close());
  const transport = openLslTransport('eeg', onPort, () => clock.ms);
  t.after(() => transport.close());
  const info = await connected(transport, clock, feed);
  return { clock, transport, info };
}

async function connected(transport: LslTransport, clock: { ms: number }, feed: LslFeed): Promise<ShortInfo> {
  const bytes = new Uint8Array(4096);
  let info: ShortInfo | undefined;
  let said = '';
  for (const limit = performance.now() + 10e3; performance.now() < limit;) {
    await nextTurn();
    if (!info) clock.ms += 501; // it is asked for again
    const length = transport.read(bytes, 1);
    said += Buffer.from(bytes.subarray(0, Math.max(0, length))).toString('latin1');
    if (!info && transport.isConnected && said.includes('</info>')) {
      info = readShortInfo(said);
      assert.ok(info);
      const request = Buffer.from(feedRequest(info, 4), 'latin1');
      assert.ok(transport.write(request, request.length));
    }
    if (info && feed.readers === 1 && said.endsWith('\r\n\r\n')) return info;
  }
  throw new Error(`nothing within 10 s: ${said}`);
}

test('a signal that says nothing for 2 s is gone, and no sooner', async (t) => {
  const { clock, transport } = await silentSender(t, 250, 26573);
  const bytes = new Uint8Array(64);
  clock.ms += 2000;
  assert.equal(transport.read(bytes, 1), 0);
  clock.ms += 1;
  assert.equal(transport.read(bytes, 1), -1);
});

test('a stream of markers may be silent for hours; the kernel asks whether its machine is there', async (t) => {
  const { clock, transport, info } = await silentSender(t, 0, 26574);
  clock.ms += 3 * 3600e3;
  assert.equal(transport.read(new Uint8Array(64), 1), 0);
  // proc(5), tcp: of each connection the port of the other side, and its timer: 02 asks whether the other side is there, in
  // so many hundredths of a second.
  const other = info.port.toString(16).toUpperCase().padStart(4, '0');
  const timers = [...readFileSync('/proc/net/tcp', 'latin1').matchAll(/^ *\d+: \S+ \w+:(\w+) 01 \S+ (\w\w):(\w+) /gm)];
  const [, , timer, when = ''] = timers.find(([, port]) => port === other) ?? [];
  assert.equal(timer, '02');
  assert.ok(parseInt(when, 16) <= 1000, when);
});
