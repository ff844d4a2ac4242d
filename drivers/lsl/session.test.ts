import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeviceSession } from '../../runtime/contracts.js';
import { framesOf, sampleBlock, type DeliveredFrame } from '../cyton/virtual-line.test.fixture.js';
import {
  discoveryAnswer,
  discoveryQuery,
  readShortInfo,
  testPattern,
  writeSample,
  writeShortInfo,
  type ShortInfo,
} from './protocol.js';
import { createLslSession } from './session.js';

// Texts and bytes below are what liblsl 1.16 writes, by its source: shortinfo as pugixml saves it, the head of a feed, and
// the two samples of assign_test_pattern(4) and (2) for three channels of float32.
const shortInfo = `<?xml version="1.0"?>
<info>
	<name>obci &amp; eeg</name>
	<type>EEG</type>
	<channel_count>3</channel_count>
	<channel_format>float32</channel_format>
	<source_id>openbci_eeg_id1</source_id>
	<nominal_srate>250.0000000000000</nominal_srate>
	<version>1.100000000000000</version>
	<created_at>653103.0459617480</created_at>
	<uid>f3a77b4c-1bd8-4b3e-a3d3-7c5cba1f4b4e</uid>
	<session_id>default</session_id>
	<hostname>bedside</hostname>
	<v4address />
	<v4data_port>16573</v4data_port>
	<v4service_port>16574</v4service_port>
	<v6address />
	<v6data_port>16573</v6data_port>
	<v6service_port>16574</v6service_port>
	<desc />
</info>
`;
const answer =
  'LSL/110 200 OK\r\nUID: f3a77b4c-1bd8-4b3e-a3d3-7c5cba1f4b4e\r\nByte-Order: 1234\r\nSuppress-Subnormals: 0\r\nData-Protocol-Version: 110\r\n\r\n';
const patterns = Buffer.from(
  // 2, then 123456.789; 4, -5, 6 and 2, -3, 4
  '02c976be9f0c24fe40' +
    '00008040' +
    '0000a0c0' +
    '0000c040' +
    '02c976be9f0c24fe40' +
    '00000040' +
    '000040c0' +
    '00008040',
  'hex',
);
const info: ShortInfo = {
  ...{ name: 'obci & eeg', type: 'EEG', channels: 3, rate: 250, format: 'float32', port: 16573, servicePort: 16574 },
  uid: 'f3a77b4c-1bd8-4b3e-a3d3-7c5cba1f4b4e',
};
const options = { stream: 'obci & eeg', channels: ['C3', 'M1', 'M2'], rate: 250 };

class Line {
  readonly session: DeviceSession;
  readonly frames: DeliveredFrame[] = [];
  sent = '';
  nowUs = 5e6;
  readonly #block;

  constructor(given: Partial<typeof options> = {}) {
    this.session = createLslSession({ ...options, ...given });
    this.#block = sampleBlock(this.session.info.channels.length);
    this.session.open(this.nowUs);
  }

  push(bytes: Uint8Array | string): this {
    const given = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    this.session.push(given, given.length, this.nowUs, this.#block);
    this.frames.push(...framesOf(this.#block));
    while (this.session.pending) {
      this.session.push(given, 0, this.nowUs, this.#block);
      this.frames.push(...framesOf(this.#block));
    }
    this.sent += Buffer.from(this.session.outgoing.subarray(0, this.session.outgoingLength)).toString('latin1');
    this.session.outgoingLength = 0;
    return this;
  }
}

const streaming = (): Line => new Line().push(shortInfo).push(answer).push(patterns);

test('what a stream says of itself is read, and written as liblsl reads it', () => {
  assert.deepEqual(readShortInfo(shortInfo), info);
  assert.deepEqual(readShortInfo(writeShortInfo(info)), info);
  for (const field of ['channel_count', 'uid', 'v4data_port', 'name', 'channel_format'])
    assert.equal(readShortInfo(shortInfo.replace(new RegExp(`\t<${field}>.*\n`), '')), undefined, field);
  assert.equal(readShortInfo(shortInfo.replace('>16573</v4', '>99999</v4')), undefined);
});

test('a search asks as liblsl does, and takes the answer to its own question', () => {
  const query = "LSL:shortinfo\r\nsession_id='default' and name='eeg'\r\n54321 axond\r\n";
  assert.equal(discoveryQuery('eeg', 54321, 'axond'), query);
  assert.equal(discoveryAnswer(`axond\r\n${shortInfo}`, 'axond'), shortInfo);
  assert.equal(discoveryAnswer(`1234\r\n${shortInfo}`, 'axond'), undefined);
});

test('samples by which both sides know each other', () => {
  const written = Buffer.concat(
    [4, 2].map((offset) =>
      writeSample(
        [0, 1, 2].map((channel) => testPattern('float32', channel, offset)),
        123456.789,
      ),
    ),
  );
  assert.deepEqual(written, patterns);
  assert.equal(testPattern('double64', 1, 4), -16777222);
  assert.equal(testPattern('int32', 0, 2), 65539);
  assert.equal(testPattern('int16', 1, 4), -262);
});

test('from the search to samples: request, answer, test samples, microvolts', () => {
  const line = streaming();
  assert.match(line.sent, /^LSL:streamfeed\/110 f3a77b4c-1bd8-4b3e-a3d3-7c5cba1f4b4e\r\n/);
  assert.match(line.sent, /\r\nValue-Size: 4\r\n(.+\r\n)+\r\n$/);
  assert.equal(line.session.state, 'streaming');
  line.push(Buffer.concat([writeSample([12.5, -100, 0.004], 1000), writeSample([1, 2, NaN])]));
  assert.deepEqual(
    line.frames.map(({ index, gap, counts }) => [index, gap, counts]),
    [
      [0, false, [1250, -10000, 0]],
      // What is no number counts as saturated.
      [1, false, [100, 200, 2_000_000_000]],
    ],
  );
  assert.deepEqual(
    line.session.info.channels.map(({ name, unit, scale }) => [name, unit, scale]),
    [
      ['C3', 'uV', 0.01],
      ['M1', 'uV', 0.01],
      ['M2', 'uV', 0.01],
    ],
  );
  assert.equal(line.session.notice, '');
});

test('however the bytes are cut, the frames are the same', () => {
  const samples = Array.from({ length: 200 }, (_, n) =>
    writeSample([n, -n, n / 2], n % 7 === 0 ? 50 + n / 250 : undefined),
  );
  const bytes = Buffer.concat([Buffer.from(shortInfo), Buffer.from(answer), patterns, ...samples]);
  const whole = new Line().push(bytes).frames;
  assert.equal(whole.length, 200);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 30 }), (cuts) => {
      const line = new Line();
      let at = 0;
      for (const cut of cuts) line.push(bytes.subarray(at, (at += cut)));
      line.push(bytes.subarray(at));
      assert.deepEqual(line.frames, whole);
    }),
    { numRuns: 30 },
  );
});

test('a hole in the time stamps is a gap; their jitter, and a clock that was set, are none', () => {
  const line = streaming();
  const at = (seconds: number): Line => line.push(writeSample([1, 2, 3], seconds));
  at(10).push(writeSample([1, 2, 3]));
  at(10.1).push(writeSample([4, 5, 6], 10.104 + 0.4));
  assert.equal(line.session.counts.lostFrames, 100);
  assert.equal(line.frames.filter(({ gap }) => gap).length, 100);
  at(5e6);
  at(7);
  assert.equal(line.session.counts.lostFrames, 100);
});

test('between two connections time tells how much was lost', () => {
  const line = streaming().push(writeSample([1, 2, 3], 10));
  line.nowUs += 1e6;
  line.session.close(line.nowUs);
  line.session.open(line.nowUs);
  line
    .push(shortInfo)
    .push(answer)
    .push(patterns)
    .push(writeSample([1, 2, 3], 11));
  assert.equal(line.session.counts.lostFrames, 249);
  assert.equal(line.frames.at(-1)?.index, 250);
});

test('a stream that sends nothing any more is told, until a sample comes again', () => {
  const line = streaming().push(writeSample([1, 2, 3], 10));
  const after = (seconds: number): string => {
    line.nowUs += seconds * 1e6;
    return line.push('').session.notice;
  };
  assert.equal(after(1), '');
  const silent =
    'lsl: obci & eeg sends nothing. Is what sends it still running, and on the network? Looking for it again.';
  assert.equal(after(0.5), silent);
  // Its transport has given it up. Whoever is found and sends nothing either is no better.
  line.session.close(line.nowUs);
  line.session.open(line.nowUs);
  assert.equal(after(1), silent);
  assert.equal(line.push(shortInfo).push(answer).push(patterns).session.notice, silent);
  assert.equal(line.push(writeSample([1, 2, 3], 11)).session.notice, '');
  assert.equal(line.session.counts.gaps, 1);
});

test('what does not fit is named, with what to set', () => {
  const of = (from: string | RegExp, to: string): string => new Line().push(shortInfo.replace(from, to)).session.notice;
  assert.equal(of('>3<', '>4<'), 'lsl: obci & eeg: it has 4 channels, source.channels names 3.');
  assert.equal(of('250.0', '500.0'), 'lsl: obci & eeg: it has 500 Hz: set source.rate to that.');
  assert.equal(of('250.0000000000000', '0'), 'lsl: obci & eeg: its samples come irregularly.');
  assert.match(of('float32', 'string'), /its values are string, not float32, double64, int32 or int16/);
  const refused = new Line().push(shortInfo).push('LSL/110 404 Not found\r\n\r\n');
  assert.match(refused.session.notice, /it refuses: LSL\/110 404 Not found/);
  const wrong = new Line()
    .push(shortInfo)
    .push(answer)
    .push(writeSample([4, -5, 7], 123456.789));
  assert.match(wrong.session.notice, /its test samples read wrong/);
  const garbage = streaming().push(Buffer.alloc(40, 9));
  assert.match(garbage.session.notice, /what it sends is no sample/);
  for (const line of [refused, wrong, garbage]) assert.equal(line.session.state, 'failed');
  const lonely = new Line();
  lonely.nowUs += 6e6;
  lonely.push('');
  assert.match(lonely.session.notice, /no stream called obci & eeg answers/);
});

test('whatever bytes come, it never throws', () => {
  fc.assert(
    fc.property(fc.nat(3), fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }), (begun, reads) => {
      const line = new Line();
      for (const part of [shortInfo, answer, patterns].slice(0, begun)) line.push(part);
      for (const bytes of reads) line.push(bytes);
    }),
  );
});
