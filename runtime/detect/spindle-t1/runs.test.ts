import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpindleRuns, spindlePoints, type SpindlePoint } from './runs.js';

/** [onset, end, confirmed] in seconds; an end that was not reported is NaN. */
function run(point: SpindlePoint, logits: readonly number[], depth: (frame: number) => number = () => 9): number[][] {
  const runs = new SpindleRuns(point);
  const events: number[][] = [];
  const values = Float32Array.from(logits);
  const depths = Float64Array.from(logits, (_, frame) => depth(frame));
  logits.forEach((_, frame) => {
    runs.push(values, depths, frame);
    if (runs.isEnded) {
      const event = events.at(-1)!;
      assert.equal(event[0], runs.ended.onset / 20);
      event[1] = runs.ended.end / 20;
    }
    if (runs.isConfirmed) events.push([runs.confirmed.onset / 20, NaN, (frame + 1) / 20]);
  });
  return events;
}

test('the steered point equals the published vector', () => {
  const logits = Array.from(
    { length: 12_000 },
    (_, n) => 3 * Math.sin((2 * Math.PI * n) / 97) + 1.5 * Math.sin((2 * Math.PI * n) / 331) - 2,
  );
  const events = run(spindlePoints.adaptive, logits, (n) => (n >= 2000 && n < 3000 ? 0 : 3));
  assert.equal(events.length, 49);
  assert.equal(events.filter(([, , confirmed]) => confirmed! < 100).length, 12);
  assert.equal(events.filter(([, , confirmed]) => confirmed! >= 100 && confirmed! < 150).length, 0);
  assert.deepEqual(events.slice(0, 3), [
    [0.2, 2.55, 0.65],
    [4.7, 7.2, 5.25],
    [15.05, 16.75, 15.75],
  ]);
  assert.deepEqual(events.at(-1), [597, 598.75, 597.6]);

  const runs = new SpindleRuns(spindlePoints.adaptive);
  const values = Float32Array.from(logits);
  const depths = Float64Array.from(logits, (_, n) => (n >= 2000 && n < 3000 ? 0 : 3));
  const levels: Record<number, number> = {};
  for (let n = 0; n < values.length; n++) {
    runs.push(values, depths, n);
    if ([1999, 2999, 5999, 11_999].includes(n)) levels[n] = Number(runs.level.toFixed(2));
  }
  assert.deepEqual(levels, { 1999: 1.15, 2999: 1.15, 5999: 1.7, 11_999: 1.8 });
});

const plain: SpindlePoint = { on: 1, margin: 1, confirm: 2 };
/** The given frames and a second of silence. */
const after = (...frames: number[]): number[] => [...frames, ...Array.from({ length: 20 }, () => -5)];
const times = (value: number, count: number): number[] => Array.from({ length: count }, () => value);

test('a run begins with the first frame not far below the level and is confirmed at it', () => {
  assert.deepEqual(run(plain, after(-1, 0, 0.5, 1, 0.9, 1, 1, 0, 0, -0.1)), [[0.05, 0.45, 0.35]]);
  assert.deepEqual(run(plain, after(-1, 0, 1, 0.9, 1, 0)), []);
});

test('a run soon after the last spindle continues it, once it is confirmed itself', () => {
  const first = times(1, 8);
  assert.deepEqual(run(plain, after(...first, ...times(-5, 5), ...times(1, 3))), [[0, 0.8, 0.1]]);
  assert.deepEqual(run(plain, after(...first, ...times(-5, 5), 1, 0)), [[0, 0.4, 0.1]]);
  assert.deepEqual(run(plain, after(...first, ...times(-5, 6), ...times(1, 7))), [
    [0, 0.4, 0.1],
    [0.7, 1.05, 0.8],
  ]);
});

test('spindles last from 0.3 to 2.5 s, and the rest of a longer run is no new one', () => {
  assert.deepEqual(run(plain, after(1, 1)), [[0, 0.3, 0.1]]);
  assert.deepEqual(run(plain, after(...times(1, 90), ...times(-5, 3), ...times(1, 20))), [[0, 2.5, 0.1]]);
});

test('nothing is confirmed below the least depth', () => {
  const events = run({ ...plain, depth: 3 }, after(...times(1, 20)), (n) => (n < 10 ? 2.9 : 3));
  assert.deepEqual(events, [[0, 1, 0.6]]);
});

test('what is no number ends a run', () => {
  assert.deepEqual(run(plain, after(1, 1, NaN, ...times(-5, 6), 1, NaN, 1)), [[0, 0.3, 0.1]]);
});

test('after a reset the level and the last spindle are forgotten', () => {
  const runs = new SpindleRuns(spindlePoints.adaptive);
  const high = Float32Array.of(3);
  const confirmedAt = (): number => {
    for (let frame = 0; frame < 10; frame++) {
      runs.push(high, Float64Array.of(9), 0);
      if (runs.isConfirmed) return frame;
    }
    return -1;
  };
  assert.equal(confirmedAt(), 1);
  runs.reset();
  assert.equal(runs.level, 0.25);
  assert.equal(confirmedAt(), 1);
});

test('what cannot work is refused with number, value and fix', () => {
  const refused = (change: Partial<SpindlePoint>, message: RegExp) =>
    assert.throws(() => new SpindleRuns({ ...plain, ...change }), message);
  refused({ on: NaN }, /^RangeError: point: on NaN .* Use/);
  refused({ margin: -1 }, /^RangeError: point: margin -1 .* Use/);
  refused({ confirm: 1.5 }, /^RangeError: point: confirm 1.5 .* Use/);
  refused({ lowest: 2 }, /^RangeError: point: lowest 2 .* on \(1\)/);
  refused({ highest: 0 }, /^RangeError: point: highest 0 .* on \(1\)/);
  refused({ step: NaN }, /^RangeError: point: step NaN /);
});
