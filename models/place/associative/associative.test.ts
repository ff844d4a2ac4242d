import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBits } from '../../../runtime/signal/random.js';
import { axondPlace } from '../axond-place.js';
import type { PlaceScorer } from '../place-scorer.js';
import { SyntheticRoad, syntheticDrive } from '../synthetic-drive.js';
import { frameOf, type Traverse } from '../traverse.js';
import { AssociativeMemory, type Fragment } from './associative-memory.js';
import { associativeRecall } from './associative-recall.js';
import { PartialView } from './partial-view.js';

const size = 200;
const random = new RandomBits(4, 0);
const views = Array.from({ length: 50 }, () => Int8Array.from({ length: size }, () => random.below(15) - 7));

test('a place is recalled from any tenth of its view, a view from its place', () => {
  const memory = filled();
  views.forEach((view, place) => {
    const recalled = memory.recall(fragmentOf(view, place, 20), 0.9);
    assert.ok(recalled);
    assert.equal(recalled.place, place);
    assert.ok(Math.abs(recalled.overlap - 1) < 1e-6);
    assert.deepEqual(memory.viewOf(place), view);
  });
});

test('an overlap is the cosine over what is known: by hand', () => {
  const memory = new AssociativeMemory(4);
  memory.bind(7, Int8Array.of(3, 4, 5, -7));
  const cue = { spikes: Int8Array.of(4, 3, -7, -7), known: Int8Array.of(1, 1, 0, 0) };
  assert.deepEqual(memory.recall(cue, 0), { place: 7, overlap: Math.fround(0.96) });
  assert.equal(memory.recall(cue, 0.97), undefined);
  const nothing = new Float32Array(1).fill(9);
  memory.compare({ ...cue, known: new Int8Array(4) }, nothing);
  assert.deepEqual([...nothing], [0]);
});

test('a view that nobody bound is refused', () => {
  const stranger = Int8Array.from({ length: size }, () => random.below(15) - 7);
  assert.equal(filled().recall(fragmentOf(stranger, 0, size), 0.5), undefined);
});

test('a place that is bound again has forgotten its old view, and no other place has', () => {
  const memory = filled();
  const [first, second, third] = views;
  assert.ok(first && second && third);
  const other = first.map((spike) => -spike);
  memory.bind(0, other);
  assert.equal(memory.recall(fragmentOf(first, 0, size), 0.5), undefined);
  assert.equal(memory.recall(fragmentOf(other, 3, 50), 0.9)?.place, 0);
  memory.forget(1);
  assert.equal(memory.recall(fragmentOf(second, 0, size), 0.5), undefined);
  assert.equal(memory.viewOf(1), undefined);
  assert.equal(memory.recall(fragmentOf(third, 3, 50), 0.9)?.place, 2);
  assert.equal(memory.places.length, 49);
});

test('a memory keeps a copy, and refuses what is of another size', () => {
  const memory = new AssociativeMemory(2);
  const view = Int8Array.of(1, 2);
  memory.bind(0, view);
  view.fill(0);
  assert.deepEqual(memory.viewOf(0), Int8Array.of(1, 2));
  assert.throws(() => {
    memory.bind(1, Int8Array.of(1, 2, 3));
  }, /a view of 3 spikes: this memory keeps 2/);
});

const road = new SyntheticRoad(5);
const metres = Array.from({ length: 80 }, (_, frame) => 8 * frame);
const learnt = syntheticDrive(road, metres, { season: 'summer', seed: 1 });
const winter = syntheticDrive(road, metres, { season: 'winter', seed: 2 });

test('what is hidden is not known, nor the cells beside it; nothing else is hidden', () => {
  const view = new PartialView();
  view.begin();
  // Pixels from column 32 on: cells from column 9 on look at nothing else, column 8 is beside them.
  view.see(frameOf(covered(winter, 32), 0));
  for (let cell = 0; cell < 256; cell++)
    assert.deepEqual([view.known[2 * cell], view.known[2 * cell + 1]], cell % 16 < 8 ? [1, 1] : [0, 0], `cell ${cell}`);
  view.see(frameOf(winter, 1));
  assert.ok(view.known.every((is) => is === 1));
});

test('what hides a part changes the spikes of the rest by a level at most: the mean around a cell reaches across the edge', () => {
  const seen = [20, 128, 250].map((grey) => {
    const view = new PartialView();
    view.begin();
    for (let frame = 0; frame < 5; frame++) view.see(frameOf(covered(winter, 0, grey), frame));
    return view.spikes.filter((_, spike) => Math.floor(spike / 2) % 16 >= 10);
  });
  assert.ok(seen[0]?.some((spike) => spike !== 0));
  for (const other of seen)
    other.forEach((spike, at) => {
      assert.ok(Math.abs(spike - (seen[0]?.[at] ?? Number.NaN)) <= 1);
    });
});

test('with the upper or the lower half hidden, recall finds places that plain matching does not', () => {
  const aside = syntheticDrive(road, metres, { season: 'winter', seed: 2, noise: 10, lateral: 1 });
  const pixels = aside.pixels.slice();
  for (let frame = 0; frame < aside.frames; frame++)
    frameOf({ ...aside, pixels }, frame).fill(128, 16 * 64 * (frame % 2), 16 * 64 * ((frame % 2) + 1));
  const hidden = { ...aside, pixels };
  const [recalled, matched] = [right(associativeRecall(learnt), hidden), right(axondPlace('grey')(learnt), hidden)];
  assert.ok(recalled >= matched + 8, `${recalled} recalled, ${matched} matched`);
});

function filled(): AssociativeMemory {
  const memory = new AssociativeMemory(size);
  views.forEach((view, place) => {
    memory.bind(place, view);
  });
  return memory;
}

/** `count` spikes from `from` on; the rest is noise that is not known. */
function fragmentOf(view: Int8Array, from: number, count: number): Fragment {
  const known = Int8Array.from(view, (_, at) => (at >= from && at < from + count ? 1 : 0));
  return { known, spikes: view.map((spike, at) => (known[at] === 1 ? spike : random.below(15) - 7)) };
}

/** A block in front of the camera, 32 pixels wide, in every frame. */
function covered(drive: Traverse, column: number, grey = 128): Traverse {
  const pixels = drive.pixels.slice();
  for (let frame = 0; frame < drive.frames; frame++)
    for (let row = 0; row < drive.height; row++) {
      const start = row * drive.width + column;
      frameOf({ ...drive, pixels }, frame).fill(grey, start, start + 32);
    }
  return { ...drive, pixels };
}

function right(scorer: PlaceScorer, drive: Traverse): number {
  const scores = new Float32Array(scorer.places);
  scorer.begin();
  let count = 0;
  for (let frame = 0; frame < drive.frames; frame++)
    if (scorer.score(frameOf(drive, frame), scores) && scores.indexOf(Math.max(...scores)) === frame) count++;
  return count;
}
