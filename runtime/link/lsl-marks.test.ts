import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openLslTransport } from '../../drivers/lsl/transport.js';
import { feedRequest, isAskedFor, readShortInfo } from '../../drivers/lsl/protocol.js';
import type { LoopEvent } from '../contracts.js';
import { monotonicUs } from '../monotonic.js';
import type { RecordedEvent, Recording } from '../recording/read.js';
import { LslMarks, markOf } from './lsl-marks.js';

const common = { cycle: 1, index: 500, us: 4e6 };
const receipt = (state: number): LoopEvent => ({
  kind: 'receipt',
  ...common,
  command: 12,
  state,
  atUs: 3.5e6,
  arrivalUs: 0,
});

test('marks are detections, starts and ends of stimuli, and what people mark: with the time at which each was', () => {
  const detection = {
    kind: 'detection',
    ...common,
    detector: 0,
    phase: 0,
    onset: 1,
    confirmed: 2,
    end: NaN,
    score: 1,
  } as const;
  assert.deepEqual(markOf(detection, null, ['spindle']), { text: 'detection spindle', us: 4e6 });
  assert.equal(markOf({ ...detection, phase: 1 }, null, ['spindle']), undefined);
  assert.deepEqual(markOf(receipt(1), 'evidence', []), { text: 'stimulus S12 started', us: 3.5e6 });
  assert.deepEqual(markOf(receipt(2), null, []), { text: 'stimulus S12 ended', us: 3.5e6 });
  for (const state of [0, 3, 4]) assert.equal(markOf(receipt(state), null, []), undefined);
  assert.deepEqual(markOf({ kind: 'marker', ...common, marker: 3, at: 0, atUs: 0 }, 'lights off', []), {
    text: 'mark lights off',
    us: 4e6,
  });
  const earlier = { kind: 'marker', ...common, marker: 4, at: 480.5, atUs: 3.9e6 } as const;
  assert.deepEqual(markOf(earlier, 'button', []), { text: 'mark button', us: 3.9e6 });
  assert.equal(markOf({ kind: 'gap', ...common, firstIndex: 1, frames: 2 }, null, []), undefined);
});

test('a query asks by fields; one that is not understood asks for others', () => {
  const info = {
    ...{ name: 'axond box', type: 'Markers', channels: 1, rate: 0, format: 'string' },
    uid: 'u',
    port: 1,
    servicePort: 2,
  };
  for (const query of ['', "session_id='default'", "session_id='default' and type='Markers'", 'name="axond box"'])
    assert.equal(isAskedFor(query, info), true, query);
  for (const query of [
    "type='EEG'",
    "session_id='default' and name='other'",
    "starts-with(name,'axond')",
    "count(//x)='1'",
  ])
    assert.equal(isAskedFor(query, info), false, query);
});

test('who searches finds the stream, tells the clocks apart, and reads marks behind two samples that both sides know', async (t) => {
  const port = 26573;
  const waiting: RecordedEvent[] = [];
  const recording = {
    run: { detectors: ['spindle'] },
    eventsAfter: (afterId: number) => waiting.filter(({ id }) => id > afterId),
    close: () => undefined,
  } as unknown as Recording;
  const marks = await LslMarks.open('box', recording, false, port);
  t.after(() => marks.close());
  const transport = openLslTransport('axond box', port);
  t.after(() => transport.close());
  const buffer = new Uint8Array(4096);
  const readUntil = async (holds: (bytes: Buffer) => boolean): Promise<Buffer> => {
    let bytes = Buffer.alloc(0);
    for (const limit = performance.now() + 10_000; performance.now() < limit;) {
      const length = transport.read(buffer, 1);
      assert.ok(length >= 0, 'the connection is gone');
      bytes = Buffer.concat([bytes, buffer.subarray(0, length)]);
      if (holds(bytes)) return bytes;
      await nextTurn();
    }
    throw new Error(`nothing within 10 s: ${bytes.toString('latin1')}`);
  };
  const found = readShortInfo((await readUntil((bytes) => bytes.includes('</info>'))).toString('latin1'))!;
  assert.deepEqual(
    [found.name, found.type, found.channels, found.rate, found.format],
    ['axond box', 'Markers', 1, 0, 'string'],
  );

  const asked = createSocket('udp4');
  t.after(() => asked.close());
  const before = monotonicUs() / 1e6;
  asked.send(`LSL:timedata\r\n7 ${before}\r\n`, found.servicePort, '127.0.0.1');
  const [answer] = (await once(asked, 'message')) as [Buffer];
  const [wave, t0, t1, t2] = answer.toString('latin1').trim().split(' ').map(Number);
  assert.equal(wave, 7);
  assert.equal(t0, before);
  assert.ok(before <= t1! && t1! <= t2! && t2! <= monotonicUs() / 1e6);

  const request = Buffer.from(feedRequest(found, 0), 'latin1');
  assert.ok(transport.write(request, request.length));
  // 2, 123456.789, a length of one byte that is 2, "10": twice.
  const pattern = '02c976be9f0c24fe400102' + '3130';
  const head = await readUntil((bytes) => bytes.toString('hex').endsWith(pattern + pattern));
  assert.match(head.toString('latin1'), /^LSL\/110 200 OK\r\nUID: /);
  waiting.push({ id: 1, event: receipt(1), text: null, record: new Float64Array(12) });
  // 2, 3.5 seconds, a length of one byte that is 20.
  const expected = `020000000000000c400114${Buffer.from('stimulus S12 started').toString('hex')}`;
  const sample = await readUntil((bytes) => bytes.length >= expected.length / 2);
  assert.equal(sample.toString('hex'), expected);
  // What people wrote stays here: that there was a mark, by its number.
  waiting.push({
    id: 2,
    event: { kind: 'marker', ...common, marker: 3, at: common.index, atUs: common.us },
    text: 'P017 sat up',
    record: new Float64Array(12),
  });
  const mark = `0200000000000010400106${Buffer.from('mark 3').toString('hex')}`;
  assert.equal((await readUntil((bytes) => bytes.length >= mark.length / 2)).toString('hex'), mark);
});
