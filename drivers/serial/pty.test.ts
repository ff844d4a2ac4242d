import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CytonEmulator } from '../cyton/emulator.js';
import { parseFaults } from '../cyton/faults.js';
import { createCytonSession } from '../cyton/session.js';
import { sampleBlock } from '../cyton/virtual-line.test.fixture.js';
import { openSerialLine, portsHere } from './line.js';
import { openPty, type Pty } from './pty.js';
import { openSerialTransport } from './transport.js';

function temporaryLink(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-pty-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'ttyCyton');
}

function opened(t: TestContext, link?: string): Pty {
  const pty = openPty(link);
  t.after(() => pty.close());
  return pty;
}

/** Bytes that were written to the terminal, once there are as many as this. */
async function fromMaster(pty: Pty, length: number): Promise<string> {
  const bytes = Buffer.alloc(length);
  let taken = 0;
  while (taken < length) {
    try {
      taken += readSync(pty.master, bytes, taken, length - taken, null);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
      await nextTurn();
    }
  }
  return bytes.toString('latin1');
}

test('bytes pass both ways unchanged, control characters too', async (t) => {
  const pty = opened(t);
  const transport = openSerialTransport(pty.path);
  t.after(() => transport.close());
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const buffer = new Uint8Array(1024);

  writeSync(pty.master, all);
  let length = 0;
  while (length < 256) {
    const count = transport.read(buffer.subarray(length), 1000);
    assert.ok(count > 0);
    length += count;
  }
  assert.deepEqual(buffer.slice(0, 256), all);

  assert.equal(transport.write(all, 256), true);
  assert.equal(await fromMaster(pty, 256), Buffer.from(all).toString('latin1'));
});

test('a read takes no more than its buffer, and 0 when nothing comes in time', (t) => {
  const pty = opened(t);
  const transport = openSerialTransport(pty.path);
  t.after(() => transport.close());
  assert.equal(transport.read(new Uint8Array(10), 0), 0);
  writeSync(pty.master, Buffer.from('abcdefgh'));
  const buffer = new Uint8Array(5);
  assert.equal(transport.read(buffer, 1000), 5);
  assert.equal(Buffer.from(buffer).toString(), 'abcde');
  assert.equal(transport.read(buffer, 1000), 3);
});

test('when the other end is gone a read says −1, a write false, and the link is gone', (t) => {
  const link = temporaryLink(t);
  const pty = opened(t, link);
  const transport = openSerialTransport(link);
  t.after(() => transport.close());
  pty.close();
  assert.equal(transport.read(new Uint8Array(10), 1000), -1);
  assert.equal(transport.write(Uint8Array.of(1), 1), false);
  assert.equal(existsSync(link), false);
  assert.throws(() => openSerialTransport(link), /ENOENT/);
  const again = opened(t, link);
  const second = openSerialTransport(link);
  t.after(() => second.close());
  writeSync(again.master, Buffer.from('x'));
  assert.equal(second.read(new Uint8Array(10), 1000), 1);
});

test('a line is opened and configured through serialport; the transport beside it gets the bytes', async (t) => {
  const pty = opened(t);
  const line = await openSerialLine(pty.path, 115200);
  const transport = openSerialTransport(pty.path);
  writeSync(pty.master, Uint8Array.of(0x0d, 0x11, 0x03));
  const buffer = new Uint8Array(10);
  assert.equal(transport.read(buffer, 1000), 3);
  assert.deepEqual([...buffer.subarray(0, 3)], [0x0d, 0x11, 0x03]);
  transport.close();
  await line.close();
  await line.close();
});

test('a port that is missing is named, with the fix', async () => {
  await assert.rejects(openSerialLine('/dev/ttyUSB-not-there', 115200), {
    message:
      /^\/dev\/ttyUSB-not-there: there is no such port\. Plug the device in, or correct source\.port \(ports here: .+\)\.$/,
  });
});

test('ports are listed by the names of their devices, otherwise by their places', (t) => {
  const devices = mkdtempSync(join(tmpdir(), 'axond-dev-'));
  t.after(() => rmSync(devices, { recursive: true }));
  assert.deepEqual(portsHere(join(devices, 'absent')), []);
  for (const name of ['tty', 'tty1', 'ttyS0', 'ttyUSB1', 'ttyACM0', 'ttyUSB0', 'random'])
    writeFileSync(join(devices, name), '');
  assert.deepEqual(
    portsHere(devices),
    ['ttyACM0', 'ttyUSB0', 'ttyUSB1'].map((name) => join(devices, name)),
  );
  const named = join(devices, 'serial/by-id');
  mkdirSync(named, { recursive: true });
  writeFileSync(join(named, 'usb-FTDI_FT231X-if00'), '');
  assert.deepEqual(portsHere(devices), [join(named, 'usb-FTDI_FT231X-if00')]);
});

test('an emulated Cyton that nobody reads goes on; what did not fit the terminal is not counted as sent', async (t) => {
  const emulator = new CytonEmulator({
    daisy: false,
    rate: 16000,
    source: { read: () => true },
    sourceChannels: 8,
    faults: parseFaults([]),
    seed: 1,
    onReady: (path) => {
      const transport = openSerialTransport(path);
      t.after(() => transport.close());
      transport.write(Buffer.from('b'), 1);
    },
    onEnd: () => undefined,
  });
  t.after(() => emulator.stop());
  // No terminal holds a second of this rate.
  while (emulator.counts.packets < 16000) await nextTurn();
  assert.ok(emulator.counts.sent > 0 && emulator.counts.sent < 8000, `${emulator.counts.sent} sent`);
});

test('an emulated Cyton streams at its rate; unplugged and plugged in again, it streams again', async (t) => {
  const link = temporaryLink(t);
  const emulator = new CytonEmulator({
    daisy: false,
    rate: 250,
    source: { read: (frame) => frame.fill(100).length > 0 },
    sourceChannels: 8,
    faults: parseFaults(['unplug:200ms@1s']),
    seed: 1,
    link,
    onReady: () => undefined,
    onEnd: () => undefined,
  });
  t.after(() => emulator.stop());
  const session = createCytonSession({ daisy: false, rate: 250, gain: 24, electrodes: {}, off: [] });
  const block = sampleBlock(session.info.channels.length);
  const buffer = new Uint8Array(4096);
  const nowUs = (): number => performance.now() * 1000;

  /** Reads until this holds or the device is gone. The emulator lives in this thread: it has a turn after each read. */
  const readUntil = async (path: string, holds: () => boolean): Promise<'held' | 'gone'> => {
    const transport = openSerialTransport(path);
    session.open(nowUs());
    try {
      for (const limit = nowUs() + 8e6; nowUs() < limit;) {
        if (session.outgoingLength > 0) assert.ok(transport.write(session.outgoing, session.outgoingLength));
        session.outgoingLength = 0;
        const length = transport.read(buffer, 1);
        if (length < 0) return 'gone';
        session.push(buffer, length, nowUs(), block);
        while (session.pending) session.push(buffer, 0, nowUs(), block);
        if (holds()) return 'held';
        await nextTurn();
      }
      throw new Error(`nothing within 8 s: ${session.state}, ${session.notice}`);
    } finally {
      session.close(nowUs());
      transport.close();
    }
  };

  let fromUs = NaN;
  let from = 0;
  let toUs = NaN;
  const ending = await readUntil(link, () => {
    if (Number.isNaN(fromUs) && session.counts.frames > 10) {
      fromUs = nowUs();
      from = session.counts.frames;
    }
    if (block.frames > 0) toUs = nowUs();
    return false;
  });
  assert.equal(ending, 'gone');
  const rate = (session.counts.frames - from) / ((toUs - fromUs) / 1e6);
  assert.ok(Math.abs(rate - 250) < 0.05 * 250, `${rate} frames a second`);
  assert.equal(session.counts.gaps, 0);
  assert.equal(session.counts.discardedBytes, 0);

  while (!existsSync(link)) await new Promise((resolve) => setTimeout(resolve, 5));
  const before = session.counts.frames;
  assert.equal(await readUntil(link, () => session.counts.frames >= before + 50), 'held');
  assert.equal(session.counts.gaps, 1);
});
