import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameFlag, type SampleBlock } from '../contracts.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { ImpedanceMeter, testHertz } from './meter.js';

const scale = 0.02235174;
const railCounts = 0x7fffff;

/** Signals in microvolts, channel by channel, in reads of 37 frames. */
function feed(meter: ImpedanceMeter, signals: readonly ((n: number) => number)[], frames: number, from = 0): void {
  const block: SampleBlock = createSampleBlock(signals.length, 64);
  for (let n = from; n < from + frames; n += block.frames) {
    block.frames = Math.min(37, from + frames - n);
    for (let frame = 0; frame < block.frames; frame++) {
      block.flags[frame] = 0;
      signals.forEach((signal, channel) => {
        const count = Math.round(signal(n + frame) / scale);
        block.counts[frame * signals.length + channel] = Math.max(-railCounts - 1, Math.min(railCounts, count));
      });
    }
    meter.push(block);
  }
}

const meterOf = (channels: number, rate = 250, seriesOhms = 0, toneGain = 1): ImpedanceMeter =>
  new ImpedanceMeter({
    ...{ rate, seriesOhms, toneGain },
    channels: Array.from({ length: channels }, (_, place) => ({ place, scale, railCounts })),
  });

/** The tone of 6 nA through so many ohms, in microvolts. */
const tone =
  (ohms: number, rate: number, phase: number) =>
  (n: number): number =>
    6e-9 * ohms * 1e6 * Math.sin((2 * Math.PI * testHertz * n) / rate + phase);

/** As OpenBCI's programs reckon: the standard deviation of the tone alone, over whole periods. */
function byDeviation(signal: (n: number) => number, rate: number): number {
  const values = Array.from({ length: rate * 4 }, (_, n) => signal(n));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return (Math.SQRT2 * deviation * 1e-6) / 6e-9;
}

test('the tone alone: what its standard deviation gives, at every rate and phase', () => {
  for (const rate of [125, 250, 500, 1000]) {
    for (const phase of [0, 0.3, 1.5, 4]) {
      const signals = [5e3, 10e3, 200e3].map((ohms) => tone(ohms, rate, phase));
      const meter = meterOf(3, rate);
      feed(meter, signals, 2 * rate);
      assert.equal(meter.windows, 1);
      signals.forEach((signal, place) => {
        const expected = byDeviation(signal, rate);
        assert.ok(Math.abs(meter.ohms[place]! / expected - 1) < 2e-3, `${meter.ohms[place]} for ${expected}`);
      });
    }
  }
});

test('the offset of an electrode, its drift, mains and an EEG change it by less than 0.2 kΩ', () => {
  let state = 1;
  const noise = (): number => {
    // Twelve uniform numbers: next to normal.
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += (state = (state * 48271) % 2147483647) / 2147483647;
    return sum;
  };
  let brown = 0;
  const signal = (n: number): number => {
    brown = 0.98 * brown + 3 * noise();
    const mains = 100 * Math.sin((2 * Math.PI * 50.03 * n) / 250);
    return 80e3 + 0.5 * n + brown + noise() + mains + tone(8e3 + 2200, 250, 1)(n);
  };
  const meter = meterOf(1, 250, 2200);
  const found: number[] = [];
  for (let window = 0; window < 8; window++) {
    feed(meter, [signal], 256, window * 256);
    found.push(meter.ohms[0]!);
  }
  for (const ohms of found) assert.ok(Math.abs(ohms - 8e3) < 200, found.join(' '));
});

test('means of two samples, as a Daisy sends them, are made up for', () => {
  const whole = tone(20e3, 250, 0.7);
  const meter = meterOf(1, 125, 0, Math.cos((Math.PI * testHertz) / 250));
  feed(meter, [(n) => (whole(2 * n) + whole(2 * n - 1)) / 2], 250);
  assert.ok(Math.abs(meter.ohms[0]! - 20e3) < 20, `${meter.ohms[0]}`);
});

test('an input at its rail is open, and nothing is known before a whole window without a gap', () => {
  const meter = meterOf(1);
  assert.ok(Number.isNaN(meter.ohms[0]));
  feed(meter, [tone(5e3, 250, 0)], 255);
  const gap = createSampleBlock(1, 64);
  gap.frames = 1;
  gap.flags[0] = FrameFlag.gap;
  meter.push(gap);
  feed(meter, [tone(5e3, 250, 0)], 255);
  assert.equal(meter.windows, 0);
  feed(meter, [tone(5e3, 250, 0)], 1, 255);
  assert.equal(meter.windows, 1);
  assert.ok(Math.abs(meter.ohms[0]! - 5e3) < 10);
  feed(meter, [(n) => (n === 100 ? 1e9 : 0)], 256);
  assert.equal(meter.ohms[0], Infinity);
});

test('a tone that even the resistor in series alone would exceed is no current that flows: nothing is known then', () => {
  // Six nanoampere through 2.2 kΩ, or the 20 % less that the chip may give, are there with an electrode of nothing.
  const found = (ohms: number, seriesOhms: number): number => {
    const meter = meterOf(1, 250, seriesOhms);
    feed(meter, [tone(ohms, 250, 0.4)], 256);
    return meter.ohms[0]!;
  };
  for (const ohms of [0, 300, 1000]) assert.ok(Number.isNaN(found(ohms, 2200)), `${ohms} Ω`);
  assert.equal(found(0.8 * 2200, 2200), 0);
  assert.ok(found(2200, 2200) < 10);
  assert.ok(Math.abs(found(7200, 2200) - 5e3) < 10);
  // Without a resistor: what an EEG itself has at 31 Hz tells of no current either.
  assert.ok(Number.isNaN(found(0, 0)));
  assert.ok(Math.abs(found(1000, 0) - 1000) < 10);
});
