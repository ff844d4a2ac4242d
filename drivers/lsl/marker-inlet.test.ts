import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonicUs } from '../../runtime/monotonic.js';
import type { TimedMark } from '../marks/mark-input.js';
import { ClockOffset } from './clock-offset.js';
import { LslFeed } from './feed.js';
import { openLslMarks } from './marker-inlet.js';
import { LslMarkerSession, type StampedText } from './marker-session.js';
import { stringPatterns, writeShortInfo, writeText, type ShortInfo } from './protocol.js';

// By liblsl's sample and data_receiver: a string is the width of its length, its length, its bytes.
const stamp = 'c976be9f0c24fe40'; // 123456.789
const answer =
  'LSL/110 200 OK\r\nUID: u\r\nByte-Order: 1234\r\nSuppress-Subnormals: 0\r\nData-Protocol-Version: 110\r\n\r\n';
const described: ShortInfo = {
  ...{ name: 'PsychoPy', type: 'Markers', channels: 1, rate: 0, format: 'string', uid: 'u', port: 1, servicePort: 2 },
};

function session(info: Partial<ShortInfo>, patterns: string): LslMarkerSession {
  const inlet = new LslMarkerSession('PsychoPy');
  inlet.push(Buffer.from(writeShortInfo({ ...described, ...info })));
  inlet.push(Buffer.from(answer));
  inlet.push(Buffer.from(patterns, 'hex'));
  return inlet;
}

test('texts of one channel: each width of a length, a stamp that is left out, any cut', () => {
  const inlet = session({}, `02${stamp}01023130` + `02${stamp}01023130`);
  assert.equal(inlet.state, 'samples');
  assert.match(inlet.outgoing, /^LSL:streamfeed\/110 u\r\n.*\r\nMax-Buffer-Length: 36000\r\n.*\r\n\r\n$/s);
  const long = 'e4'.repeat(0x12c); // no UTF-8: shown, not refused
  const sent = Buffer.from(
    `02${stamp}01036f6e65` +
      `01020400c3bc6e64` +
      `02000000000000f03f042c010000${long}` +
      '01080200000000000000686a' +
      '0100',
    'hex',
  ).subarray(0, -2);
  const marks: StampedText[] = [];
  for (const byte of sent) marks.push(...inlet.push(Uint8Array.of(byte)));
  assert.deepEqual(
    marks.map(({ text, seconds }) => [text.length > 9 ? text.length : text, seconds]),
    [
      ['one', 123456.789],
      ['ünd', 123456.789],
      [0x12c, 1],
      ['hj', 1],
    ],
  );
});

test('numbers of several channels are one mark', () => {
  // 65541 and -65542, then 65539 and -65540
  const patterns = `02${stamp}05000100` + 'fafffeff' + `02${stamp}03000100` + 'fcfffeff';
  const inlet = session({ format: 'int32', channels: 2 }, patterns);
  assert.match(inlet.outgoing, /Value-Size: 4\r\n/);
  assert.deepEqual(inlet.push(Buffer.from(`02${stamp}07000000ffffffff`, 'hex')), [
    { text: '7 -1', seconds: 123456.789 },
  ]);
});

test('a stream that gives no marks, and one that sends something else, is named', () => {
  for (const [info, why] of [
    [{ rate: 250 }, /it has 250 Hz: a signal, and no marks/],
    [{ format: 'int8' }, /its values are int8, no marks/],
    [{ channels: 100 }, /it has 100 channels, more than 64/],
  ] as const) {
    const inlet = session(info, '');
    assert.equal(inlet.state, 'failed');
    assert.match(inlet.failure, why);
  }
  assert.match(session({}, `02${stamp}01023131`).failure, /its test samples read wrong/);
  const inlet = session({}, `02${stamp}01023130` + `02${stamp}01023130`);
  inlet.push(Buffer.from('010300000000', 'hex'));
  assert.match(inlet.failure, /^lsl: PsychoPy: what it sends is no text\. Start it again\.$/);
});

test('the clock of the sender: the quickest probe counts, and what is no answer does not', () => {
  const clock = new ClockOffset();
  assert.equal(ClockOffset.question(7958.920835802), 'LSL:timedata\r\n1 7958.920835802\r\n');
  assert.ok(Number.isNaN(clock.seconds));
  clock.answer('nonsense', 1);
  clock.answer(' 1 10 110.5 110.5', 9); // before it was asked for
  assert.ok(Number.isNaN(clock.seconds));
  clock.answer(' 1 10 110.25 110.25', 10.25); // 100 ahead and all of the way there
  clock.answer(' 1 11 111.001 111.002', 11.003); // 100 ahead, 1 ms each way
  clock.answer(' 1 12 112.2 112.2', 12.2);
  assert.ok(Math.abs(clock.seconds - 100) < 1e-9, String(clock.seconds));
});

test('marks of a stream over real sockets have the time that their sender gave them; a stream that ends is found again', async (t) => {
  const port = 26574;
  const { name, type, channels, rate } = described;
  const feed = await LslFeed.open({ name, type, channels, rate, format: 'string' }, stringPatterns, port);
  let isOpen = true;
  const end = (): void => {
    if (isOpen) feed.close();
    isOpen = false;
  };
  t.after(end);
  const input = openLslMarks('task', { use: 'lsl', stream: 'PsychoPy' }, monotonicUs, port);
  t.after(() => input.close());
  const marks: TimedMark[] = [];
  const until = async (holds: () => boolean): Promise<void> => {
    for (const limit = performance.now() + 20_000; !holds();) {
      assert.ok(performance.now() < limit, JSON.stringify(marks));
      await nextTurn();
      marks.push(...input.take(monotonicUs()));
    }
  };
  await until(() => input.ready && feed.readers > 0);
  for (let turn = 0; turn < 200; turn++) {
    await nextTurn();
    input.take(0); // the clocks are compared
  }
  const saidUs = monotonicUs() - 2e6;
  feed.send(writeText('cue left', saidUs / 1e6));
  feed.send(writeText('no time', 5));
  await until(() => marks.length >= 2);
  assert.deepEqual(
    marks.map(({ text }) => text),
    ['task cue left', 'task no time'],
  );
  // On one machine both clocks are one.
  assert.ok(Math.abs(marks[0]!.atUs - saidUs) < 20e3, String(marks[0]!.atUs - saidUs));
  assert.ok(marks[1]!.atUs > saidUs + 1.9e6);
  end();
  await assert.rejects(
    until(() => false),
    /^Error: lsl: PsychoPy is gone\. Start what sends it again\./,
  );
});

/** A sender whose connection stays open, whatever becomes of the program behind it. `answers`: its clock does. */
async function sender(t: TestContext, onPort: number, answers: boolean) {
  const its = { answers };
  const server = createServer((reader) => {
    reader.on('error', () => undefined);
    reader.once('data', () => reader.write(Buffer.concat([Buffer.from(answer), ...stringPatterns])));
    t.after(() => reader.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [search, service] = [createSocket('udp4'), createSocket('udp4')];
  await Promise.all([once(search.bind(onPort), 'listening'), once(service.bind(0), 'listening')]);
  t.after(() => {
    for (const one of [server, search, service]) one.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const info = writeShortInfo({ ...described, port, servicePort: service.address().port });
  search.on('message', (asked, from) => {
    const [back, id] = (asked.toString('latin1').split('\r\n')[2] ?? '').split(' ');
    search.send(`${id}\r\n${info}`, Number(back), from.address);
  });
  service.on('message', (asked, { port: back, address: to }) => {
    const [, seconds = ''] = (asked.toString('latin1').split('\r\n')[1] ?? '').split(' ');
    if (its.answers) service.send(` 1 ${seconds} ${seconds} ${seconds}`, back, to);
  });
  return its;
}

async function inletOf(t: TestContext, onPort: number) {
  const skipped = { us: 0 };
  const nowUs = (): number => monotonicUs() + skipped.us;
  const input = openLslMarks('task', { use: 'lsl', stream: 'PsychoPy' }, nowUs, onPort);
  t.after(() => input.close());
  /** Beats, each so many seconds after the one before. */
  const beat = async (beats: number, seconds: number): Promise<void> => {
    for (let n = 0; n < beats; n++) {
      skipped.us += seconds * 1e6;
      input.take(nowUs());
      for (let turn = 0; turn < 10; turn++) await nextTurn(); // what was asked is answered
    }
  };
  for (const limit = performance.now() + 20e3; !input.ready;) {
    assert.ok(performance.now() < limit);
    await beat(1, 0);
  }
  return { input, beat };
}

test('R-46 a sender that vanished without a word is away: its clock has not answered for 10 s', async (t) => {
  const its = await sender(t, 26575, true);
  const { beat } = await inletOf(t, 26575);
  await beat(40, 1.1);
  // We were stopped, not they.
  await beat(3, 60);
  its.answers = false;
  await beat(9, 1.1);
  await assert.rejects(
    beat(4, 1.1),
    /^Error: lsl: PsychoPy has not answered for 10 s\. Start what sends it again, or look at the network\.$/,
  );
});

test('R-46 a sender whose clock never answered, behind a firewall, is not taken for one that is away', async (t) => {
  await sender(t, 26576, false);
  const { input, beat } = await inletOf(t, 26576);
  await beat(60, 1.1);
  assert.ok(input.ready);
});
