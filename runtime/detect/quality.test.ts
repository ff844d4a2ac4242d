import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelInfo } from '../contracts.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { ChannelQuality } from './quality.js';

const rate = 10;
const channels: ChannelInfo[] = [1000, 500, 1000].map((railCounts, place) => ({
  name: `ch${place}`,
  unit: 'uV',
  scale: 0.1,
  railCounts,
}));

/** Says after each frame whether the quality is known, saturated, flat. */
function judge(used: number[], frames: readonly (readonly number[])[]): string[] {
  const quality = new ChannelQuality(channels, used, rate);
  const block = createSampleBlock(3, 1);
  block.frames = 1;
  return frames.map((counts) => {
    block.counts.set(counts);
    quality.push(block);
    return [quality.known && 'known', quality.saturated && 'saturated', quality.flat && 'flat']
      .filter(Boolean)
      .join(' ');
  });
}

const living = Array.from({ length: 40 }, (_, n) => [n % 7, (n * 3) % 5, n % 2]);

test('nothing is known before a second has passed', () => {
  assert.deepEqual(judge([0, 1], living.slice(0, 12)), [...Array<string>(9).fill(''), 'known', 'known', 'known']);
});

test('R-06 a count at the rail of either sign saturates for a second', () => {
  for (const rail of [500, -500, 700]) {
    const frames = living.map((frame, n) => (n === 12 ? [frame[0]!, rail, frame[2]!] : frame));
    const states = judge([0, 1], frames);
    assert.deepEqual(
      states.flatMap((state, n) => (state.includes('saturated') ? [n] : [])),
      [12, 13, 14, 15, 16, 17, 18, 19, 20, 21],
    );
  }
});

test('a count short of its own rail does not', () => {
  const frames = living.map((frame, n) => (n === 12 ? [999, 499, frame[2]!] : frame));
  assert.ok(judge([0, 1], frames).every((state) => !state.includes('saturated')));
});

test('R-06 the tenth equal count of a channel at 10 Hz is flat, the next other one is not', () => {
  const frames = living.map((frame, n) => (n >= 15 && n < 30 ? [frame[0]!, 4, frame[2]!] : frame));
  const flat = judge([0, 1], frames).flatMap((state, n) => (state.includes('flat') ? [n] : []));
  assert.deepEqual(flat, [24, 25, 26, 27, 28, 29]);
});

test('a channel that is not used may do anything', () => {
  const frames = living.map((frame) => [frame[0]!, 700, frame[2]!]);
  assert.deepEqual(
    judge([0, 2], frames)
      .slice(9)
      .filter((state) => state !== 'known'),
    [],
  );
});

test('frames outside the given range are not looked at, and a reset forgets', () => {
  const quality = new ChannelQuality(channels, [0], rate);
  const block = createSampleBlock(3, 40);
  block.frames = 40;
  block.counts.fill(1000);
  for (let n = 10; n < 30; n++) block.counts[n * 3] = n;
  quality.push(block, 10, 30);
  assert.deepEqual([quality.known, quality.saturated, quality.flat], [true, false, false]);
  quality.push(block);
  assert.deepEqual([quality.known, quality.saturated, quality.flat], [true, true, true]);
  quality.reset();
  assert.deepEqual([quality.known, quality.saturated, quality.flat], [false, false, false]);
});
