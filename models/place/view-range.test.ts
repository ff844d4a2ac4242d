import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../engine/random-draft.test.fixture.js';
import { defaultTheta, PlaceClock } from './place-clock.js';
import { ViewRange } from './view-range.js';

const cells = 64;
const scenes = 60;

/**
 * A drive past 60 scenes that differ in `own` of 1000 of each cell, at `rate` frames from one to the next, standing
 * still in the middle for `still` frames; each frame has noise of its own.
 */
function drive(own: number, rate: number, still = 0): Int32Array[] {
  const random = new Random(rate);
  const route = new Random(7);
  const noise = (): number => random.whole(-15, 15);
  const common = Array.from({ length: cells }, () => route.whole(own - 1000, 1000 - own));
  const through = Array.from({ length: scenes + 1 }, () => common.map((value) => value + route.whole(-own, own)));
  const frames: Int32Array[] = [];
  for (let scene = 0; scene < scenes; scene++) {
    const [from = [], to = []] = [through[scene], through[scene + 1]];
    const stays = scene === scenes / 2 ? still : 0;
    for (let frame = 0; frame < rate + stays; frame++) {
      const share = Math.max(0, frame - stays) / rate;
      frames.push(Int32Array.from(from, (value, cell) => value + ((to[cell] ?? 0) - value) * share + noise()));
    }
  }
  return frames;
}

function rangeOf(frames: readonly Int32Array[]): ViewRange {
  const range = new ViewRange(cells);
  for (const frame of frames) range.see(frame);
  return range;
}

function placesOf(frames: readonly Int32Array[], theta: number): number {
  const clock = new PlaceClock(cells, { theta });
  return frames.filter((frame) => clock.tick(frame, Number.NaN)).length;
}

describe('view range', () => {
  it('finds how much unrelated views differ, and what noise is', () => {
    // Two uniform numbers to ±300 differ by 200; with one to ±700 added, their size is 371 (∫∫ |x + y|). Between scenes,
    // a view is a mixture, and mixtures differ less.
    const range = rangeOf(drive(300, 15));
    const share = range.unrelated / (200 / 371);
    assert.ok(share > 0.75 && share < 1, String(share));
    assert.ok(range.noise > 10 / 400 && range.noise < 0.1, String(range.noise));
  });

  it('keeps the default where views differ as much as on the drives it was chosen on', () => {
    assert.equal(rangeOf(drive(700, 15)).theta, defaultTheta);
  });

  for (const own of [300, 120])
    it(`makes about as many places where views are alike (${own} of 1000), at any frame rate`, () => {
      const counts = [5, 15, 30].map((rate) => {
        const frames = drive(own, rate);
        assert.ok(placesOf(frames, defaultTheta) < 5);
        return placesOf(frames, rangeOf(frames).theta);
      });
      assert.ok(Math.min(...counts) > 0.7 * scenes && Math.max(...counts) < 1.3 * scenes, counts.join(', '));
      assert.ok(Math.max(...counts) <= 1.1 * Math.min(...counts), counts.join(', '));
    });

  it('learns nothing of standing still', () => {
    const theta = rangeOf(drive(120, 15)).theta;
    const frames = drive(120, 15, 900);
    assert.ok(Math.abs(rangeOf(frames).theta - theta) < 0.02 * theta);
    assert.ok(placesOf(frames, theta) <= placesOf(drive(120, 15), theta) + 1);
  });

  it('keeps the default where every frame is the same', () => {
    const [frame = new Int32Array(cells)] = drive(300, 15);
    assert.equal(rangeOf(Array.from({ length: 400 }, () => frame)).theta, defaultTheta);
  });

  it('keeps the default until enough was seen', () => {
    assert.equal(rangeOf(drive(120, 15).slice(0, 40)).theta, defaultTheta);
  });
});
