import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePoints } from './choose-points.js';

/** 100 s of −6, with stretches of other logits from a second on for so many frames. */
function logits(stretches: readonly (readonly [second: number, frames: number, logit: number])[]): Float32Array {
  const values = new Float32Array(2000).fill(-6);
  for (const [second, frames, logit] of stretches) values.fill(logit, 20 * second, 20 * second + frames);
  return values;
}

const marks = [10, 20, 30, 40, 50, 60, 70, 80].map((onset) => ({ onset, end: onset + 1 }));

test('accurate stands between what is marked and what is not', () => {
  const found = marks.map(({ onset }) => [onset, 20, 0.6] as const);
  const wrong = [15, 25, 35, 45].map((second) => [second, 20, -0.4] as const);
  const { accurate } = choosePoints([{ logits: logits([...found, ...wrong]), marks, seconds: 100 }]);
  assert.ok(accurate.on > -0.4 && accurate.on <= 0.6, `${accurate.on}`);
});

test('sure gives up spindles that look like what is none, accurate does not', () => {
  const clear = marks.slice(0, 5).map(({ onset }) => [onset, 20, 2.1] as const);
  const faint = marks.slice(5).map(({ onset }) => [onset, 20, 0.6] as const);
  const wrong = [15, 25].map((second) => [second, 20, 0.6] as const);
  const { accurate, sure } = choosePoints([{ logits: logits([...clear, ...faint, ...wrong]), marks, seconds: 100 }]);
  assert.ok(accurate.on <= 0.6, `accurate ${accurate.on}`);
  assert.ok(sure.on > 0.6 && sure.on <= 2.1, `sure ${sure.on}`);
});

test('fast takes a level that is reached soon after the onset, though it lets in more that is none', () => {
  // Each spindle is at −0.9 from 0.2 s after its onset on and at 1.1 only from 0.7 s on.
  const slow = marks.flatMap(({ onset }) => [[onset + 0.2, 18, -0.9] as const, [onset + 0.7, 8, 1.1] as const]);
  const wrong = [15, 25, 35].map((second) => [second, 20, -0.9] as const);
  const { accurate, fast } = choosePoints([{ logits: logits([...slow, ...wrong]), marks, seconds: 100 }]);
  assert.ok(accurate.on > -0.9 && accurate.on <= 1.1, `accurate ${accurate.on}`);
  assert.ok(fast.on <= -0.9, `fast ${fast.on}`);
});

test('marks and detections behind the seconds that were scored do not count', () => {
  const found = marks.slice(0, 4).map(({ onset }) => [onset, 20, 0.6] as const);
  const unscored = [55, 65, 75, 85, 95].map((second) => [second, 20, 0.6] as const);
  const { accurate } = choosePoints([
    { logits: logits([...found, ...unscored]), marks: marks.slice(0, 4), seconds: 50 },
  ]);
  assert.ok(accurate.on <= 0.6);
});
