import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveSignal } from './live-signal.js';
import { lostCounts } from './options.js';
import { gapValue } from './signal-frame.js';

const eeg = (rate: number, names = ['C3', 'C4']) => ({
  rate,
  channels: [...names.map((name) => ({ name, unit: 'uV', scale: 0.5 })), { name: 'x', unit: 'g', scale: 1 }],
});

/** Microvolts of a tone on a large offset, as counts of three channels. */
function tone(hertz: number, rate: number, frames: number, from = 0, offset = 20_000): Int32Array {
  const counts = new Int32Array(frames * 3);
  for (let frame = 0; frame < frames; frame++) {
    const value = 100 * Math.sin((2 * Math.PI * hertz * (from + frame)) / rate) + offset;
    counts.fill(Math.round(value / 0.5), 3 * frame, 3 * frame + 2);
  }
  return counts;
}

const amplitude = (values: Int16Array, width: number, from: number): number => {
  let most = 0;
  for (let at = from * width; at < values.length; at += width) most = Math.max(most, Math.abs(values[at] as number));
  return most;
};

test('microvolts from 0.3 to 35 Hz, whatever the offset of the electrode; the channels in other units are left out', () => {
  // 10 Hz passes; 90 Hz is down by (90/35)^2 at least, of order two, and 0.02 Hz by (0.3/0.02)^2.
  for (const [hertz, least, most] of [
    [10, 960, 1040],
    [90, 0, 160],
    [0.02, 0, 30],
  ] as const) {
    const signal = new LiveSignal(eeg(250));
    assert.deepEqual(signal.info.channels, ['C3', 'C4']);
    assert.equal(signal.info.step, 0.1);
    const frame = signal.take(0, 5000, tone(hertz, 250, 5000));
    const found = amplitude(frame!.values, 2, 3000);
    assert.ok(found >= least && found <= most, `${hertz} Hz: ${found}`);
  }
});

test('any split of the samples gives the same values and the same history', () => {
  const counts = tone(7, 1000, 3000);
  const whole = new LiveSignal(eeg(1000));
  const once = whole.take(0, 3000, counts)!;
  assert.equal(whole.info.rate, 250);
  assert.equal(once.frames, 750);
  const parts = new LiveSignal(eeg(1000));
  const values: number[] = [];
  for (let from = 0; from < 3000;) {
    const frames = Math.min(3000 - from, 1 + ((from * 7) % 23));
    const made = parts.take(from, frames, counts.subarray(3 * from, 3 * (from + frames)));
    if (made) {
      assert.equal(made.firstIndex, values.length / 2);
      values.push(...made.values);
    }
    from += frames;
  }
  assert.deepEqual(values, [...once.values]);
  assert.deepEqual(parts.history()!.values, whole.history()!.values);
});

test('a lost sample is a gap, and the filters begin anew behind it: no tail of what was before', () => {
  const signal = new LiveSignal(eeg(250));
  signal.take(0, 500, tone(10, 250, 500, 0, 100_000));
  const lost = signal.take(500, 2, new Int32Array(6).fill(lostCounts))!;
  assert.deepEqual([...lost.values], [gapValue, gapValue, gapValue, gapValue]);
  const behind = signal.take(502, 500, tone(0, 250, 500, 0, -90_000))!;
  assert.equal(amplitude(behind.values, 2, 0), 0);
});

test('what was left out on the way stands as a gap in the history, which keeps half a minute', () => {
  const signal = new LiveSignal(eeg(250));
  assert.equal(signal.history(), undefined);
  signal.take(1000, 100, tone(5, 250, 100));
  signal.take(1150, 100, tone(5, 250, 100));
  const history = signal.history()!;
  assert.deepEqual([history.firstIndex, history.frames], [1000, 250]);
  const gaps = history.values.filter((value) => value === gapValue).length;
  assert.equal(gaps, 50 * 2);
  for (let from = 1250; from < 20_000; from += 250) signal.take(from, 250, tone(5, 250, 250));
  const later = signal.history()!;
  assert.deepEqual([later.firstIndex, later.frames], [20_000 - 7500, 7500]);
  assert.equal(later.values.includes(gapValue), false);
});

test('values beyond what a step can say are held at its end, and are no gap', () => {
  const signal = new LiveSignal(eeg(250));
  signal.take(0, 1, new Int32Array([0, 0, 0]));
  const jump = signal.take(1, 200, new Int32Array(600).fill(-4_000_000))!;
  assert.equal(Math.min(...jump.values), -32_767);
});
