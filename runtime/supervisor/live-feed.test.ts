import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameFlag } from '../contracts.js';
import { lostCounts } from '../link/dashboard/options.js';
import { pictureSlotBytes, pushPicture } from '../loop/picture-slot.js';
import { SlotRing } from '../loop/ring.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { pushCycle, sampleSlotBytes } from '../loop/sample-slot.js';
import { LiveFeed } from './live-feed.js';

const ringOf = (slots: number): SlotRing => SlotRing.create(slots, sampleSlotBytes(2));

/** One cycle with frames `first` and so on; each count is 10 × index + channel. */
function cycle(ring: SlotRing, first: number, frames: number, lost = false): void {
  const block = createSampleBlock(2, 64);
  block.frames = frames;
  block.firstIndex = first;
  for (let frame = 0; frame < frames; frame++) {
    if (lost) block.flags[frame] = FrameFlag.gap;
    for (let channel = 0; channel < 2; channel++) block.counts[2 * frame + channel] = 10 * (first + frame) + channel;
  }
  pushCycle(ring, 1, 1000, block);
}

const seen = (feed: LiveFeed) =>
  feed.samples().map(({ firstIndex, frames, counts }) => ({
    firstIndex,
    frames,
    counts: [...new Int32Array(new Uint8Array(Buffer.from(counts, 'base64')).buffer)],
  }));

test('an onlooker sees every frame once, takes nothing from the recorder, and joins what is joined', () => {
  const ring = ringOf(64);
  cycle(ring, 0, 1);
  const feed = new LiveFeed(ring, 2);
  assert.deepEqual(seen(feed), []);
  cycle(ring, 1, 2);
  cycle(ring, 3, 0);
  cycle(ring, 3, 1);
  cycle(ring, 9, 1);
  cycle(ring, 10, 1, true);
  assert.deepEqual(seen(feed), [
    { firstIndex: 1, frames: 3, counts: [10, 11, 20, 21, 30, 31] },
    { firstIndex: 9, frames: 2, counts: [90, 91, lostCounts, lostCounts] },
  ]);
  assert.deepEqual(seen(feed), []);
  assert.equal(ring.waiting(), 7);
  // The recorder goes its own way, and the ring goes round.
  for (let first = 11; first < 200; first++) {
    ring.release(ring.waiting());
    cycle(ring, first, 1);
    assert.deepEqual(
      seen(feed).map(({ firstIndex }) => firstIndex),
      [first],
    );
  }
});

test('whoever looks too late sees the end of it', () => {
  const ring = ringOf(4096);
  const feed = new LiveFeed(ring, 2);
  for (let first = 0; first < 3000; first++) cycle(ring, first, 1);
  const [run, ...more] = feed.samples();
  assert.deepEqual([run?.firstIndex, run?.frames, more.length], [2000, 1000, 0]);
});

test('of pictures the newest is shown, once', () => {
  const ring = SlotRing.create(16, pictureSlotBytes(3, 2));
  const feed = new LiveFeed(ring, 0);
  assert.equal(feed.picture(6), undefined);
  const push = (sequence: number): boolean =>
    pushPicture(ring, 1, 1, sequence, {
      width: 3,
      height: 2,
      pixels: new Uint8Array(6).fill(sequence),
      sequence,
      frameUs: 1,
    });
  push(4);
  push(5);
  pushPicture(ring, 2, 2, 6, undefined);
  assert.deepEqual(feed.picture(6), { number: 5, pixels: Buffer.alloc(6, 5).toString('base64') });
  assert.equal(feed.picture(6), undefined);
});
