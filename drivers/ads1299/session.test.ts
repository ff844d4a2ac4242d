import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { framesOf, sampleBlock } from '../cyton/virtual-line.test.fixture.js';
import { ChipLine, plainOptions } from './chip-line.test.fixture.js';
import { Register } from './protocol.js';
import { createAds1299Session } from './session.js';

const streaming = (...setup: ConstructorParameters<typeof ChipLine>): ChipLine => {
  const line = new ChipLine(...setup);
  return line.until('the first frame', () => line.frames.length > 0);
};

// ── Start-up ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('start-up: quiet, reset, identity, all registers and each read back, start, data behind every edge', () => {
  const line = streaming({ electrodes: { C3: 1, M2: 2 }, off: [8] });
  const names = line.sent.map(([first = 0]) => first);
  // SDATAC, RESET, SDATAC, RREG of one, WREG from 1, RREG of all, START, RDATAC.
  assert.deepEqual(names, [0x11, 0x06, 0x11, 0x20, 0x41, 0x20, 0x08, 0x10]);
  assert.deepEqual(line.sent[3], [0x20, 0x00, 0x00]);
  assert.deepEqual(line.sent[4]!.slice(0, 5), [0x41, 22, 0x96, 0xc0, 0xec]);
  assert.equal(line.sent[4]!.length, 25);
  assert.deepEqual(line.sent[5], [0x20, 23, ...Array<number>(24).fill(0)]);
  assert.equal(line.chip.registers[Register.channel1 + 7], 0x81);
  line.run(500);
  assert.deepEqual(line.notices, []);
  assert.equal(line.session.state, 'streaming');
  const first = line.frames[0]!.counter;
  line.frames.forEach(({ index, counter, gap, counts }, frame) => {
    assert.deepEqual([index, counter, gap], [frame, first + frame, false]);
    // 10 uV a conversion, 4.5 V over 24 are 187500 uV at 8388607 counts.
    counts.forEach((count, channel) => {
      const expected = channel === 7 ? 0 : Math.round(((10 * frame + channel) * 8388607) / 187500);
      assert.equal(count, expected);
    });
  });
  assert.deepEqual(
    line.session.info.channels.map(({ name }) => name),
    ['C3', 'M2', 'ch3', 'ch4', 'ch5', 'ch6', 'ch7', 'ch8'],
  );
  // On purpose it stops: no frames wanted, SDATAC, STOP.
  const { goodbye } = line.session;
  assert.deepEqual([...goodbye], [0xa5, 3, 1, 0, 2, 0xa5, 1, 1, 0x11, 0x11, 0xa5, 1, 1, 0x0a, 0x0a]);
});

test('frames come a quarter, a half and one a millisecond, as the chip was told', () => {
  for (const rate of [250, 500, 1000]) {
    const line = streaming({ rate });
    const [frames, fromUs] = [line.frames.length, line.nowUs];
    line.run(400);
    const found = (line.frames.length - frames) / ((line.nowUs - fromUs) / 1e6);
    assert.ok(Math.abs(found / rate - 1) < 1e-9, `${found} at ${rate} Hz`);
  }
});

test('the pins of the chip are a channel where they are wired', () => {
  const line = streaming({ digital: true });
  line.chip.drive(0b0101);
  line.run(3);
  assert.equal(line.session.info.channels.at(-1)?.name, 'digital');
  assert.equal(line.frames.at(-1)?.counts[8], 0b0101);
});

test('a chip that is none, has fewer channels, or keeps a register to itself is named, and tried again', () => {
  for (const [chip, notice] of [
    [{ id: 0x00 }, /^ads1299: no chip answers \(ID register reads 0x00\)\. Check power, CS/],
    [{ id: 0xff }, /no chip answers \(ID register reads 0xFF\)/],
    [{ id: 0x92 }, /this is no ADS1299 \(ID register reads 0x92, not 0x3E\)/],
    [{ id: 0x3c }, /4 or 6 channels \(ID register reads 0x3C\)/],
    [{ stuck: Register.config3 }, /CONFIG3 reads 0x60 after 0xEC was written/],
    [{ stuck: Register.channel1 + 2 }, /CH3SET reads 0x61 after 0x60 was written/],
  ] as const) {
    const line = new ChipLine({}, chip).run(600);
    assert.equal(line.frames.length, 0);
    assert.equal(line.session.state, 'starting');
    assert.equal(line.notices.length, 1, line.notices.join('\n'));
    assert.match(line.notices[0]!, notice);
    assert.ok(line.sent.filter(([code]) => code === 0x06).length >= 4, 'it goes on trying');
  }
});

test('R-38 a test current that was left on is off before the first frame, or there is none', () => {
  const leave = (line: ChipLine): ChipLine => {
    line.chip.registers[Register.leadOff] = 0x02;
    line.chip.registers[Register.leadOffP] = 0xff;
    return line;
  };
  const line = leave(new ChipLine({}, { impedances: [50e3] }));
  line.until('a frame', () => line.frames.length > 0);
  assert.deepEqual([line.chip.registers[Register.leadOff], line.chip.registers[Register.leadOffP]], [0, 0]);
  const stuck = leave(new ChipLine({}, { stuck: Register.leadOffP })).run(300);
  assert.equal(stuck.frames.length, 0);
  assert.match(stuck.notices[0]!, /LOFF_SENSP reads 0xFF after 0x00 was written/);
});

test('R-38 a session that measures ends its test current when it ends', () => {
  const line = streaming({ testCurrent: [2] }, { impedances: [0, 100e3] });
  assert.equal(line.chip.registers[Register.leadOffP], 0x02);
  line.run(32);
  // 6 nA through 100 kΩ are 600 uV.
  const swing = (channel: number): number => {
    const values = line.frames
      .slice(-8)
      .map(({ counts, index }) => counts[channel]! * 0.02235174 - 10 * index - channel);
    return Math.max(...values) - Math.min(...values);
  };
  assert.ok(swing(1) > 1100 && swing(1) <= 1201, `${swing(1)}`);
  assert.ok(swing(0) < 1);
  const { goodbye } = line.session;
  assert.deepEqual([...goodbye.subarray(-5)], [0xa5, 1, 1, 0x06, 0x06]); // RESET
});

test('a port that never answers is told', () => {
  const session = createAds1299Session(plainOptions);
  const block = sampleBlock(8);
  session.open(0);
  for (let us = 0; us < 2e6; us += 10e3) session.push(new Uint8Array(0), 0, us, block);
  assert.match(session.notice, /the port does not answer/);
});

// ── Losses ──────────────────────────────────────────────────────────────────────────────────────────────────────────

test('samples that nobody came for in time are counted by their edges, and filled', () => {
  const line = streaming();
  line.run(50);
  const before = line.frames.length;
  line.asleep = 7;
  line.run(20);
  const gap = line.frames.slice(before, before + 7);
  assert.deepEqual(
    gap.map(({ gap: isGap, counter }) => [isGap, counter]),
    Array.from({ length: 7 }, () => [true, -1]),
  );
  assert.deepEqual(gap[6]!.counts, line.frames[before - 1]!.counts);
  assert.equal(line.frames[before + 7]!.counter, line.frames[before - 1]!.counter + 8);
  assert.equal(line.frames[before + 7]!.counts[0], Math.round(((before + 7) * 10 * 8388607) / 187500));
  assert.deepEqual([line.session.counts.gaps, line.session.counts.lostFrames], [1, 7]);
  line.frames.forEach(({ index }, place) => assert.equal(index, place));
});

test('a frame that the next edge has run into is read again, and the one it was is lost', () => {
  const line = streaming();
  line.run(20);
  const before = line.frames.length;
  line.edgesWithin = 1;
  line.run(5);
  const counters = line.frames.slice(before - 1, before + 3).map(({ counter }) => counter);
  assert.deepEqual(counters, [counters[0], -1, counters[0]! + 2, counters[0]! + 3]);
  assert.equal(line.frames[before + 1]!.counts[0], Math.round(((before + 1) * 10 * 8388607) / 187500));
});

test('a frame without its status word is lost; three in a row start the chip anew', () => {
  const line = streaming();
  line.run(20);
  line.chip.slip = 1;
  line.run(10);
  assert.deepEqual([line.session.counts.lostFrames, line.session.counts.discardedBytes], [1, 27]);
  assert.deepEqual(line.notices, []);
  const commands = line.sent.length;
  for (let frame = 0; frame < 3; frame++) {
    line.chip.slip = 1;
    line.step();
  }
  assert.match(line.notices[0]!, /frames without their status word 1100/);
  assert.deepEqual(
    line.sent.slice(commands).map(([code]) => code),
    [0x11, 0x08, 0x10],
  );
  line.run(50);
  assert.equal(line.session.notice, '');
  assert.equal(line.session.state, 'streaming');
  assert.equal(line.frames.at(-1)?.gap, false);
});

test('a line that is always shifted ends in a start from the beginning, with what to check', () => {
  const line = streaming();
  for (let step = 0; step < 400; step++) {
    line.chip.slip = 1;
    line.step();
  }
  assert.match(line.notices.join(' | '), /a second of frames without their status word 1100: check MISO/);
});

test('DRDY that stands still is told after a second, and what passed since is a gap when it moves again', () => {
  const line = streaming();
  line.run(100);
  const frames = line.frames.length;
  line.chip.silent = true;
  line.run(300);
  assert.match(line.notices.join(' | '), /no data-ready edge on GPIO line 26 for 1 s\. Is DRDY wired to it/);
  assert.equal(line.session.state, 'starting');
  line.chip.silent = false;
  const lastUs = line.nowUs;
  line.until('frames again', () => line.frames.length > frames);
  assert.ok(line.nowUs - lastUs < 2e6);
  line.run(10);
  const { counts } = line.session;
  assert.equal(counts.gaps, 1);
  // By time, to about a frame: indexes keep step with it.
  const elapsed = (line.nowUs - 5e6) / 4000;
  const started = elapsed - line.frames.at(-1)!.index;
  assert.ok(started > 75 && started < 90, `${started} frames of start-up`);
  assert.equal(line.session.notice, '');
});

test('a long silence is a jump of the index', () => {
  const line = streaming();
  line.chip.silent = true;
  line.run(2500);
  line.chip.silent = false;
  const frames = line.frames.length;
  line.until('frames again', () => line.frames.length > frames);
  const { index, gap } = line.frames.at(-1)!;
  assert.equal(gap, true);
  assert.ok(index > 2000, `${index}`);
});

test('whatever bytes come, it never throws, and frames keep their order', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (reads) => {
      const session = createAds1299Session(plainOptions);
      const block = sampleBlock(8);
      session.open(0);
      let next = 0;
      for (const [place, bytes] of reads.entries()) {
        session.push(bytes, bytes.length, place * 100e3, block);
        session.outgoingLength = 0;
        for (const { index } of framesOf(block)) {
          assert.ok(index >= next);
          next = index + 1;
        }
      }
    }),
  );
});
