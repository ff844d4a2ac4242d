import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WindowMatcher } from './window-matcher.js';

function drive(matcher: WindowMatcher, frames: readonly (readonly number[])[]): number[][] {
  return frames.map((scores) => {
    const answers = new Float32Array(scores.length).fill(Number.NaN);
    matcher.step(Float32Array.from(scores), false, answers);
    return [...answers];
  });
}

test('two frames add up along the diagonal, over what all places score', () => {
  const [first, second] = drive(new WindowMatcher(2), [
    [9, 1, 2],
    [3, 8, 1],
  ]);
  assert.ok(first?.every(Number.isNaN), 'a full history is needed');
  // Less the means 4 and 4: 5 −3 −2, then −1 4 −3. Place 0 has one frame, and is divided by √(1 × 2).
  const wanted = [-1 / Math.sqrt(2), (4 + 5) / 2, (-3 - 3) / 2];
  assert.deepEqual(second, [...Float32Array.from(wanted)]);
});

test('places at the start of the map, of few frames, stand out from noise no more than others', () => {
  let state = 1;
  const noise = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const answers = drive(
    new WindowMatcher(9),
    Array.from({ length: 4000 }, () => Array.from({ length: 12 }, noise)),
  ).slice(8);
  const spread = (place: number): number =>
    Math.sqrt(answers.reduce((sum, row) => sum + (row[place] as number) ** 2, 0) / answers.length);
  for (const place of [0, 1, 4]) assert.ok(Math.abs(spread(place) / spread(11) - 1) < 0.1, String(place));
});
