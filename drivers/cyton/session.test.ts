import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gains, microvoltsPerCount, packetBytes, writePacket } from './protocol.js';
import { createCytonSession } from './session.js';
import { VirtualLine, framesOf, sampleBlock } from './virtual-line.test.fixture.js';

const electrodesOnly = { daisy: false, rate: 250, gain: 24, electrodes: {}, off: [] };

function streaming(...setup: ConstructorParameters<typeof VirtualLine>): VirtualLine {
  const line = new VirtualLine(...setup).open();
  return line.until('the first frame', () => line.frames.length > 0);
}

/** Frames carry indexes without holes, unless a jump is expected. */
function assertContinuous(line: VirtualLine, from = 0): void {
  for (let place = 1 + from; place < line.frames.length; place++)
    assert.equal(line.frames[place]!.index, line.frames[place - 1]!.index + 1);
}

// ── Start-up ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('a whole board: stop, reset, defaults, rate, mode, start; frames from counter 0 on, without a notice', () => {
  const line = streaming({ electrodes: { C3: 1, M2: 2 } });
  assert.equal(line.sent, 'svd~6//b');
  line.run(600);
  assert.deepEqual(line.notices, []);
  assert.ok(line.frames.length > 590);
  assertContinuous(line);
  line.frames.forEach(({ index, counter, counts, gap }, frame) => {
    assert.equal(index, frame);
    assert.equal(counter, frame & 255);
    assert.equal(gap, false);
    assert.deepEqual(
      counts.slice(0, 8),
      [0, 1, 2, 3, 4, 5, 6, 7].map((channel) => frame * 16 + channel),
    );
  });
  assert.deepEqual(
    line.session.info.channels.map(({ name }) => name),
    ['C3', 'M2', 'ch3', 'ch4', 'ch5', 'ch6', 'ch7', 'ch8', 'accelX', 'accelY', 'accelZ'],
  );
  assert.deepEqual(line.session.counts, {
    frames: line.frames.length,
    gaps: 0,
    lostFrames: 0,
    discardedBytes: 0,
    duplicates: 0,
  });
  assert.equal(Buffer.from(line.session.goodbye).toString(), 's');
});

test('R-38 a session that measures says so to the board and ends it; the next one resets what was left on', () => {
  const line = streaming({ testCurrent: [1, 3] }, { impedances: [100e3] });
  assert.equal(line.sent, 'svd~6//z101Zz301Zb');
  assert.equal(Buffer.from(line.session.goodbye).toString(), 'sz100Zz300Z');
  line.run(50);
  // Sample n of channel c is n × 16 + c counts; 6 nA through 100 and 2.2 kΩ are 613 uV, which are 27434 counts.
  const tone = line.frames.slice(-8).map(({ counts, index }) => counts[0]! - 16 * index);
  assert.ok(Math.abs(Math.max(...tone) / 27434 - 1) < 0.01, `${Math.max(...tone)}`);
  const left = new VirtualLine();
  left.board.receive('z101Z', 0);
  left.open().until('the first frame', () => left.frames.length > 0);
  left.run(50);
  for (const { counts, index } of left.frames) assert.equal(counts[0], 16 * index);
});

test('gain, rate and channels that are off are told to the board', () => {
  for (const gain of gains.filter((value) => value !== 24)) {
    const line = streaming({ gain });
    line.run(100);
    assert.equal(line.sent.match(/x\d0\d0110X/g)?.length, 8);
    const { scale } = line.session.info.channels[0]!;
    assert.equal(scale, microvoltsPerCount(gain));
    for (const { index, counts } of line.frames) {
      // The board has it too: the microvolts come out right, to half a count.
      assert.ok(Math.abs(counts[3]! * scale - (index * 16 + 3) * microvoltsPerCount(24)) <= scale * 0.501);
    }
  }
  const line = streaming({ rate: 500, off: [3, 8] });
  assert.equal(line.board.packetRate, 500);
  assert.equal(line.sent, 'svd~5//38b');
  const before = line.frames.length;
  const from = line.nowUs;
  line.run(1000);
  assert.ok(Math.abs((line.frames.length - before) / ((line.nowUs - from) / 1e6) - 500) < 5);
  assert.deepEqual(line.notices, []);
});

for (const [minimal, sent, notice] of [
  ['only-v', 'svd~6//b', /left 3 settings unanswered.*Check gain and rate/],
  ['only-?', 'sv?db', /left 1 settings unanswered/],
  ['no-d', 'svd~6//b', /left 1 settings unanswered/],
] as const) {
  test(`a board that answers ${minimal} streams all the same, with a notice`, () => {
    const line = new VirtualLine({}, { minimal }).open();
    line.until('streaming', () => line.frames.length > 0, 15_000).run(50);
    assert.equal(line.sent, sent);
    assert.match(line.session.notice, notice);
    assert.ok(line.frames.length > 40);
  });
}

for (const firmware of [1, 2] as const) {
  test(`firmware ${firmware}: no command that it would take for another; channel 6 stays on`, () => {
    const line = streaming({ gain: 12, off: [2] }, { firmware });
    // Eight settings of nine characters; version 1 gets them one by one.
    assert.equal(line.sent, `svd${[1, 2, 3, 4, 5, 6, 7, 8].map((channel) => `x${channel}050110X`).join('')}2b`);
    line.run(100);
    assert.deepEqual(line.notices, []);
    for (const { counts, index } of line.frames.slice(1)) {
      // The board's microvolts at gain 12 are half the counts; channel 2 alone is off, and reads as zero.
      assert.ok(Math.abs(counts[5]! - (index * 16 + 5) / 2) <= 0.5);
      assert.equal(counts[1], 0);
    }
  });

  test(`firmware ${firmware} keeps to 250 Hz: a notice where another rate is wanted`, () => {
    const line = streaming({ rate: 500 }, { firmware, rate: 250 });
    assert.match(line.notices[0]!, /no firmware v3 or newer, which source\.rate 500Hz needs\. Set it to 250Hz/);
  });
}

test('firmware 1 gets one character at a time', () => {
  const line = new VirtualLine({ gain: 1 }, { firmware: 1 }).open();
  const writes: { us: number; text: string }[] = [];
  let before = '';
  line.until('frames', () => {
    if (line.sent !== before) writes.push({ us: line.nowUs, text: line.sent.slice(before.length) });
    before = line.sent;
    return line.frames.length > 0;
  });
  assert.ok(writes.every(({ text }) => text.length === 1));
  const setting = writes.findIndex(({ text }) => text === 'x');
  for (let place = setting + 1; place < writes.length; place++)
    assert.ok(writes[place]!.us - writes[place - 1]!.us >= 10_000, `write ${place}`);
});

test('a board that keeps another rate than it was told: a notice after ten seconds, none at a drift of 2 %', () => {
  for (const [factor, notice] of [
    [0.5, /250 frames a second come, source\.rate is 500Hz.*radio of the dongle carries 250Hz.*Set source\.rate/],
    [1.02, /^$/],
    [0.98, /^$/],
  ] as const) {
    const line = streaming({ rate: 500 });
    assert.equal(line.board.packetRate, 500);
    line.board.packetRate *= factor;
    line.run(line.board.packetRate * 11);
    assert.match(line.session.notice, notice);
  }
  const lossy = streaming();
  let luck = 0;
  lossy.radio = (packet) => (luck++ % 3 === 0 ? [] : [packet]);
  lossy.run(250 * 11);
  assert.equal(lossy.session.notice, '', 'lost packets were measured too');
});

test('a silent board is asked again and again; the notice names what to look at', () => {
  const line = new VirtualLine({}, { minimal: 'silent' }).open();
  line.until('three questions', () => line.notices.length >= 3, 30_000);
  assert.equal(line.session.state, 'starting');
  assert.match(line.session.notice, /asked 3 times.*port.*board on.*GPIO 6/);
  assert.equal(line.frames.length, 0);
});

test('a board that streams already when the port is opened is stopped and started from counter 0', () => {
  const line = new VirtualLine();
  line.plugged = false;
  line.board.receive('b', line.nowUs);
  line.run(77);
  line.plugged = true;
  // What the system kept of the stream comes first.
  const stale = new Uint8Array(packetBytes * 20);
  for (let place = 0; place < 20; place++)
    writePacket(stale, place * packetBytes, 57 + place, [9, 9, 9, 9, 9, 9, 9, 9], [0, 0, 0]);
  line.open();
  line.push(stale);
  line.until('frames', () => line.frames.length > 10, 2000);
  assert.equal(line.frames[0]!.counter, 0);
  assert.equal(line.frames[0]!.index, 0);
  assert.deepEqual(line.notices, []);
});

test('a dongle without its board: the notice says so, and it goes on by itself when the board comes', () => {
  const line = new VirtualLine();
  line.board.off = true;
  line.open().until('the notice', () => line.notices.length > 0, 3000);
  assert.match(line.session.notice, /dongle is in, but no board answers.*Switch the board on/);
  line.run(1000);
  line.board.off = false;
  line.until('streaming', () => line.frames.length > 0, 3000);
  assert.equal(line.session.notice, '');
});

test('Daisy: a board without one, and one that nobody mentioned', () => {
  const missing = streaming({ daisy: true }, { daisy: false, rate: 250 });
  assert.match(missing.notices[0]!, /reports no Daisy.*source\.daisy to false/);
  const unmentioned = streaming({ daisy: false }, { daisy: true, rate: 125 });
  assert.match(unmentioned.notices[0]!, /has a Daisy.*channels 1 to 8/);
  assert.match(unmentioned.sent, /c/);
});

test('a setting that the board refuses is in the notice', () => {
  const line = new VirtualLine({ gain: 6 }).open();
  line.until('the settings', () => line.session.outgoingLength > 0 && line.session.outgoing[0] === 0x78);
  line.session.outgoing[8] = 0x59; // a damaged end mark
  line.until('streaming', () => line.frames.length > 0);
  assert.match(line.session.notice, /refused a setting \(Failure: Err: 9th char not X\)/);
});

// ── While it streams ────────────────────────────────────────────────────────────────────────────────────────────────

test('the dongle loses the board in mid stream: text gives the notice, silence starts the dialogue again', () => {
  const line = streaming();
  line.run(100);
  line.board.off = true;
  line.push(Buffer.from('Failure: Communications timeout - Device failed to poll Host$$$'));
  assert.match(line.session.notice, /lost the board.*Switch the board on/);
  const { nowUs } = line;
  const frames = line.frames.length;
  line.until('a new dialogue', () => line.session.state === 'starting', 3000);
  assert.ok(line.nowUs - nowUs >= 2e6 && line.nowUs - nowUs < 2.02e6);
  line.run(10);
  assert.match(line.session.notice, /no data for 2 s/, 'until the dialogue knows better');
  line.until('the dongle to answer', () => /no board answers/.test(line.session.notice), 3000);
  line.board.off = false;
  line.until('streaming', () => line.frames.length > frames, 5000).run(10);
  assert.equal(line.session.notice, '');
  assert.equal(line.session.counts.gaps, 1);
});

for (const [awaySteps, jumps] of [
  [100, false],
  [2000, true],
] as const) {
  test(`closed and opened after ${awaySteps * 4} ms: streaming within 2 s, the time away is a gap`, () => {
    const line = streaming();
    line.run(100);
    const before = line.frames.at(-1)!;
    const beforeUs = line.nowUs;
    const count = line.frames.length;
    line.session.close(line.nowUs);
    assert.equal(line.session.state, 'closed');
    line.plugged = false;
    line.run(awaySteps);
    line.push(Uint8Array.of(1, 2, 3));
    assert.equal(line.frames.length, count, 'a closed session takes nothing');
    line.plugged = true;
    line
      .open()
      .until('streaming', () => line.frames.length > count, 2000)
      .run(20);
    const first = line.frames.findIndex(({ counter }, place) => place >= count && counter >= 0);
    const gap = line.frames[first]!.index - before.index - 1;
    // Fresh frames stand one a step from the end, so this is when the first of them came.
    const firstUs = line.nowUs - (line.frames.length - 1 - first) * 4000;
    assert.ok(Math.abs(gap + 1 - (firstUs - beforeUs) / 4000) <= 1, `${gap} frames`);
    assert.equal(line.session.counts.gaps, 1);
    assert.equal(line.session.counts.lostFrames, gap);
    if (jumps) {
      assert.equal(first, count, 'no frame is made up');
      assert.equal(line.frames[first]!.gap, true);
    } else {
      assert.equal(first - count, gap);
      assertContinuous(line);
      for (const frame of line.frames.slice(count, first))
        assert.deepEqual([frame.gap, frame.counter, frame.counts], [true, -1, before.counts]);
      assert.equal(line.frames[first]!.gap, false);
    }
  });
}

test('lost packets become held, flagged frames at exactly their indexes', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(99), { minLength: 200, maxLength: 600 }), (luck) => {
      const line = streaming();
      line.run(5);
      const lost = new Set<number>();
      let pairs = 0;
      // Two packets that follow each other come through after each loss, as the framer needs them.
      luck.forEach((chance) => {
        const lose = chance < 5 && pairs >= 2;
        pairs = lose ? 0 : pairs + 1;
        if (lose)
          for (let more = 0; more <= chance * 3; more++) {
            lost.add(line.packets);
            line.radio = () => [];
            line.step();
          }
        line.radio = (packet) => [packet];
        line.step();
      });
      line.run(3);
      assertContinuous(line);
      assert.equal(line.frames.length, line.packets);
      line.frames.forEach(({ index, gap, counter, counts }) => {
        assert.equal(gap, lost.has(index));
        let seen = index;
        while (lost.has(seen)) seen--;
        assert.equal(counter, gap ? -1 : index & 255);
        assert.equal(counts[0], seen * 16, 'a lost frame repeats the one before it');
      });
      assert.equal(line.session.counts.lostFrames, lost.size);
      assert.equal(line.session.counts.frames, line.packets - lost.size);
    }),
    { numRuns: 30 },
  );
});

for (const lost of [1, 254, 255, 256, 257, 300, 480, 512, 700, 2600]) {
  test(`${lost} packets lost in a row are ${lost} frames, by counter and host time`, () => {
    const line = streaming();
    line.run(50);
    line.radio = () => [];
    line.run(Math.min(lost, 490));
    // Beyond two seconds of silence the dialogue would start again: let bytes of no packet pass.
    for (let more = 490; more < lost; more++) {
      if (more % 100 === 90) line.push(Uint8Array.of(0));
      line.step();
    }
    line.radio = (packet) => [packet];
    line.run(20);
    assert.equal(line.session.counts.lostFrames, lost);
    assert.equal(line.session.counts.gaps, 1);
    for (const { index, counter, counts, gap } of line.frames) {
      if (counter < 0) continue;
      assert.equal(counts[0], index * 16);
      assert.equal(gap, lost > 500 && index === line.frames.find(({ gap: held }) => held)?.index);
    }
    assert.equal(line.frames.filter(({ counter }) => counter < 0).length, lost > 500 ? 0 : lost);
  });
}

test('a packet that comes twice is dropped and counted', () => {
  const line = streaming();
  let count = 0;
  line.radio = (packet) => (++count % 10 === 0 ? [packet, packet] : [packet]);
  line.run(1000);
  line.radio = (packet) => [packet];
  line.run(3);
  assertContinuous(line);
  assert.equal(line.session.counts.duplicates, 100);
  assert.deepEqual([line.session.counts.gaps, line.session.counts.discardedBytes], [0, 0]);
  line.frames.forEach(({ index, counts }) => assert.equal(counts[0], index * 16));
});

test('Daisy: a half that comes twice is dropped and counted', () => {
  const line = streaming({ daisy: true });
  let count = 0;
  line.radio = (packet) => (++count % 5 === 0 ? [packet, packet] : [packet]);
  line.run(1000);
  line.radio = (packet) => [packet];
  line.run(4);
  assertContinuous(line);
  assert.equal(line.session.counts.duplicates, 200);
  assert.deepEqual([line.session.counts.gaps, line.session.counts.discardedBytes], [0, 0]);
  for (const { counts, index } of line.frames) assert.equal(counts[0], (2 * index + 2) * 16 + 8);
});

test('Daisy: 16 channels at 125 Hz, Daisy half first, each the mean of two samples; the stale one is dropped', () => {
  const line = streaming({ daisy: true });
  assert.equal(line.sent, 'svd~6//b');
  const from = line.nowUs;
  const before = line.frames.length;
  line.run(2500);
  assert.ok(Math.abs((line.frames.length - before) / ((line.nowUs - from) / 1e6) - 125) <= 1);
  assert.equal(line.session.info.rate, 125);
  assert.equal(line.session.info.channels.length, 19);
  assertContinuous(line);
  line.frames.forEach(({ counter, counts, index }) => {
    // Packets 0 (stale) and 1 (without its half) make no frame; frame n is packets 2n + 2 and 2n + 3.
    const [daisy, board] = [2 * index + 2, 2 * index + 3];
    assert.equal(counter, board & 255);
    for (let channel = 0; channel < 8; channel++) {
      assert.equal(counts[channel], (board - 1) * 16 + 8 + channel);
      assert.equal(counts[8 + channel], (daisy - 1) * 16 + 8 + channel + 8);
    }
  });
  assert.equal(line.session.counts.gaps, 0);
  assert.deepEqual(line.notices, []);
});

for (const half of ['Daisy', 'board'] as const) {
  test(`Daisy: a lost ${half} half discards the pair`, () => {
    const line = streaming({ daisy: true });
    line.run(41);
    const odd = half === 'board' ? 1 : 0;
    let losses = 0;
    line.radio = (packet) => (packet[1]! % 2 === odd && losses++ === 0 ? [] : [packet]);
    line.run(40);
    assertContinuous(line);
    assert.deepEqual([line.session.counts.gaps, line.session.counts.lostFrames], [1, 1]);
    assert.equal(line.frames.filter(({ gap }) => gap).length, 1);
    for (const { gap, counts, index } of line.frames) if (!gap) assert.equal(counts[0], (2 * index + 2) * 16 + 8);
  });
}

test('Daisy: the halves of two frames are never joined', () => {
  const line = streaming({ daisy: true });
  const { length } = line.run(40).frames;
  line.until('the next frame', () => line.frames.length > length);
  // Of the next two pairs the Daisy half of the first and the board half of the second come through.
  let place = 0;
  line.radio = (packet) => (place++ === 1 || place === 3 ? [] : [packet]);
  line.run(40);
  assert.equal(line.session.counts.lostFrames, 2);
  assertContinuous(line);
  for (const { gap, counts, index } of line.frames)
    if (!gap) assert.deepEqual([counts[0], counts[8]], [(2 * index + 2) * 16 + 8, (2 * index + 1) * 16 + 16]);
});

test('Daisy: more than a round of the counter lost is told by host time', () => {
  const line = streaming({ daisy: true });
  // To the end of a pair, so that 400 packets are 200 whole ones.
  const { length } = line.run(40).frames;
  line.until('the next frame', () => line.frames.length > length);
  line.radio = () => [];
  line.run(400);
  line.radio = (packet) => [packet];
  line.run(20);
  assert.equal(line.session.counts.lostFrames, 200);
  assertContinuous(line);
  for (const { gap, counts, index } of line.frames) if (!gap) assert.equal(counts[0], (2 * index + 2) * 16 + 8);
});

test('every footer from C0 to C6 is a packet, C7 is none', () => {
  for (let footer = 0xc0; footer <= 0xc7; footer++) {
    const line = streaming();
    line.radio = (packet) => {
      packet[32] = footer;
      return [packet];
    };
    const before = line.frames.length;
    line.run(300);
    if (footer === 0xc7) assert.equal(line.frames.length, before);
    else assert.ok(line.frames.length >= before + 299, footer.toString(16));
  }
});

test('the accelerometer is held between its samples, and read axis by axis from time-stamped packets', () => {
  const line = streaming();
  let count = 0;
  line.radio = (packet) => {
    if (count++ % 10 === 0) packet.set([0x01, 0x00, 0x1f, 0x40, 0xff, 0x60], 26);
    return [packet];
  };
  line.run(40);
  for (const { counts } of line.frames.slice(-20)) assert.deepEqual(counts.slice(8), [256, 8000, -160]);
  line.radio = (packet) => {
    packet.set([0x00, packet[1]! % 10, 1, 2, 3, 4, 0xc4], 26);
    return [packet];
  };
  line.run(20);
  assert.deepEqual(line.frames.at(-1)!.counts.slice(8), [7, 8, 9]);
});

test('a computer that reads 1.2 s late finds 300 packets and a gap of 30, in blocks of 64', () => {
  const line = streaming();
  line.run(10);
  const held: Uint8Array[] = [];
  line.radio = (packet) => {
    if (packet[1]! < 60 || packet[1]! >= 90) held.push(packet);
    return [];
  };
  line.run(300);
  const session = line.session;
  const block = sampleBlock(session.info.channels.length);
  const bytes = Uint8Array.from(held.flatMap((packet) => [...packet]));
  const frames = [line.frames.at(-1)!];
  session.push(bytes, bytes.length, line.nowUs, block);
  frames.push(...framesOf(block));
  let calls = 1;
  while (session.pending) {
    assert.equal(block.frames, 64);
    session.push(bytes, 0, line.nowUs, block);
    frames.push(...framesOf(block));
    calls++;
  }
  assert.equal(calls, 5);
  assert.equal(frames.length - 1, 300);
  frames.forEach(({ index }, place) => assert.equal(index, frames[0]!.index + place));
  assert.equal(session.counts.lostFrames, 30);
  for (const { gap, index, counts } of frames) if (!gap) assert.equal(counts[0], index * 16);
});

// ── Anything at all ─────────────────────────────────────────────────────────────────────────────────────────────────

test('a hundred thousand random or damaged strings of bytes never throw, and make no more frames than they can', () => {
  let state = 12345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
  const block = sampleBlock(11);
  let session = createCytonSession(electrodesOnly);
  let counter = 0;
  let nowUs = 0;
  let frames = 0;
  let next = 0;
  const bytes = new Uint8Array(packetBytes * 4);
  for (let string = 0; string < 100_000; string++) {
    if (string % 1000 === 0) {
      session = createCytonSession(electrodesOnly);
      session.open(nowUs);
      next = 0;
      // Half of them are brought to stream.
      if (string % 2000 === 0)
        for (let step = 0; session.state === 'starting' && step < 20; step++) {
          nowUs += 150e3;
          session.push(Buffer.from('OpenBCI V3 Firmware: v3.1.2$$$'), 30, nowUs, block);
        }
    }
    const length = random(bytes.length + 1);
    if (random(2) === 0) for (let at = 0; at < length; at++) bytes[at] = random(256);
    else {
      for (let packet = 0; packet < 4; packet++) {
        counter = (counter + (random(20) === 0 ? random(256) : 1)) & 255;
        writePacket(bytes, packet * packetBytes, counter, [1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 0], 0xc0 + random(8));
      }
      if (random(3) === 0) bytes[random(bytes.length)] = random(256);
    }
    nowUs += random(20_000);
    let calls = 0;
    session.push(bytes, length, nowUs, block);
    for (;;) {
      assert.ok(block.frames >= 0 && block.frames <= block.capacity);
      if (block.frames > 0) {
        assert.ok(block.firstIndex >= next);
        next = block.firstIndex + block.frames;
      }
      frames += block.frames;
      if (!session.pending) break;
      // A read holds four packets and what waited; a gap before each at most 500 frames.
      assert.ok(++calls < 100);
      session.push(bytes, 0, nowUs, block);
    }
    session.outgoingLength = 0;
  }
  assert.ok(frames > 50_000, `${frames}: some of it must have been packets`);
});

test('once it streams, 50,000 packets allocate nothing', () => {
  const session = createCytonSession(electrodesOnly);
  const block = sampleBlock(11);
  let nowUs = 0;
  session.open(nowUs);
  while (session.state !== 'streaming') {
    nowUs += 200e3;
    session.push(Buffer.from('OpenBCI V3 Firmware: v3.1.2$$$'), 30, nowUs, block);
  }
  const counts = new Int32Array(8);
  const aux = new Int32Array(3);
  const bytes = new Uint8Array(packetBytes);
  let packet = 0;
  const push = (packets: number): void => {
    for (const end = packet + packets; packet < end; packet++) {
      counts[0] = packet;
      nowUs += 4000;
      writePacket(bytes, 0, packet & 255, counts, aux);
      session.push(bytes, packetBytes, nowUs, block);
    }
  };
  push(60_000);
  // The least of several: the engine compiles and collects at times of its own.
  let least = Infinity;
  for (let run = 0; run < 4; run++) {
    const before = process.memoryUsage().heapUsed;
    push(50_000);
    const growth = process.memoryUsage().heapUsed - before;
    if (growth >= 0) least = Math.min(least, growth / 50_000);
  }
  assert.equal(session.counts.frames, 260_000);
  assert.ok(least < 20, `${least} bytes a packet`);
});
