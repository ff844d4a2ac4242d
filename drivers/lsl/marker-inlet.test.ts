import assert from 'node:assert/strict';
import { test } from 'node:test';
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
