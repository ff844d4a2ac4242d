import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBits } from '../../../runtime/signal/random.js';
import { AxondPlace, axondPlace } from '../axond-place.js';
import { GreyFrontEnd } from '../front-end.js';
import { readPlaceKernels } from '../kernels-file.js';
import { PlaceMap } from '../place-map.js';
import type { PlaceScorer } from '../place-scorer.js';
import { checkRecogniser } from '../recogniser.laws.js';
import { SimdGreyFrontEnd } from '../simd-front-end.js';
import { SyntheticRoad, syntheticDrive } from '../synthetic-drive.js';
import { frameOf, type Traverse } from '../traverse.js';
import { PartialView } from './partial-view.js';

const road = new SyntheticRoad(5);
const metres = Array.from({ length: 80 }, (_, frame) => 8 * frame);
const learnt = syntheticDrive(road, metres, { season: 'summer', seed: 1 });
const winter = syntheticDrive(road, metres, { season: 'winter', seed: 2 });

const partialView = (): PartialView => {
  const view = new PartialView(new GreyFrontEnd());
  view.begin();
  return view;
};

test('what is hidden is not known, nor the cells beside it, and says nothing; nothing else is hidden', () => {
  const view = partialView();
  // Pixels from column 32 on: cells from column 9 on look at nothing else, column 8 is beside them.
  for (const noise of [1, 3]) {
    view.see(frameOf(covered(winter, { left: 32, noise }), 0));
    for (let cell = 0; cell < 256; cell++) {
      const is = cell % 16 < 8 ? 1 : 0;
      assert.deepEqual([view.known[2 * cell], view.known[2 * cell + 1]], [is, is], `cell ${cell}`);
    }
    assert.ok(view.spikes.every((spike, at) => view.known[at] === 1 || spike === 0));
  }
  view.see(frameOf(winter, 1));
  assert.ok(view.known.every((is) => is === 1));
  view.see(frameOf(covered(winter, { left: 32, noise: 12 }), 0));
  assert.ok(
    view.known.every((is) => is === 1),
    'what has structure hides nothing',
  );
});

for (const [name, whole] of [
  ['plain code', () => new GreyFrontEnd()],
  ['kernels', () => new SimdGreyFrontEnd(readPlaceKernels())],
] as const)
  test(`where nothing is hidden, spikes are those of plain matching, bit for bit: ${name}`, () => {
    const [view, plain] = [new PartialView(whole()), new GreyFrontEnd()];
    for (let drive = 0; drive < 2; drive++) {
      view.begin();
      plain.begin();
      // Each frame twice: the robot stands at every second one.
      for (let frame = 0; frame < 120; frame++) {
        const pixels = frameOf(winter, frame >> 1);
        assert.equal(view.see(pixels, frame % 6 === 1), plain.see(pixels, frame % 6 === 1));
        assert.equal(view.still, plain.still);
        assert.deepEqual(view.spikes, plain.spikes);
      }
    }
  });

test('what hides a part changes the spikes of the rest by a level at most: the mean around a cell reaches across the edge', () => {
  const seen = [20, 128, 250].map((grey) => {
    const view = partialView();
    for (let frame = 0; frame < 5; frame++) view.see(frameOf(covered(winter, { left: 0, grey }), frame));
    return view.spikes.filter((_, spike) => Math.floor(spike / 2) % 16 >= 10);
  });
  assert.ok(seen[0]?.some((spike) => spike !== 0));
  for (const other of seen)
    other.forEach((spike, at) => {
      assert.ok(Math.abs(spike - (seen[0]?.[at] ?? Number.NaN)) <= 1);
    });
});

test('a lens that is covered whole is no evidence, and leaves the mean of all cells as it was', () => {
  const [view, other] = [partialView(), partialView()];
  for (let frame = 0; frame < 10; frame++) {
    view.see(frameOf(winter, frame));
    other.see(frameOf(winter, frame));
    assert.equal(other.see(new Uint8Array(2048).fill(90), true), false);
  }
  view.see(frameOf(winter, 10));
  other.see(frameOf(winter, 10));
  assert.deepEqual(other.spikes, view.spikes);
});

test('keeps the laws of recognisers', () => {
  assert.deepEqual(
    checkRecogniser(() => new AxondPlace({ sensor: 'grey', height: 32, width: 64, recall: true }), winter),
    [],
  );
});

test('any fragment recalls its place from the map; a place that is learned again has forgotten its old view, and no other has', () => {
  const map = new PlaceMap(new AxondPlace({ sensor: 'grey', height: 32, width: 64, recall: true }), { theta: 0.75 });
  const { recogniser } = map;
  const learn = (frame: number): void => {
    recogniser.see(frameOf(learnt, frame), true);
    map.addPlace();
  };
  recogniser.begin();
  for (let frame = 0; frame < 60; frame++) learn(frame);
  const scores = new Float32Array(80);
  const recalled = (fragment: Int8Array): number => {
    map.recogniser.begin();
    map.scoreRow(fragment, scores);
    return map.places[scores.indexOf(Math.max(...scores.subarray(0, map.places.length)))]?.id ?? -1;
  };
  const random = new RandomBits(3, 0);
  const views = map.places.map((_, place) => recogniser.row(place));
  views.forEach((view, place) => {
    // An eighth of its cells, somewhere.
    const from = random.below(view.length - 64);
    assert.equal(recalled(view.map((spike, at) => (at >= from && at < from + 64 ? spike : 0))), place);
  });
  const [old] = views;
  assert.ok(old);
  map.forget(0);
  recogniser.begin();
  learn(70);
  assert.notEqual(recalled(old), 0);
  const fresh = recogniser.row(59);
  assert.equal(recalled(fresh.map((spike, at) => (at < 64 ? spike : 0))), 60);
  views.slice(1).forEach((view, at) => {
    assert.equal(recalled(view), at + 1);
  });
});

test('with the upper or the lower half hidden, recall finds places that plain matching does not, and loses none where all is seen', () => {
  const aside = syntheticDrive(road, metres, { season: 'winter', seed: 2, noise: 10, lateral: 1 });
  const pixels = aside.pixels.slice();
  for (let frame = 0; frame < aside.frames; frame++)
    frameOf({ ...aside, pixels }, frame).fill(128, 16 * 64 * (frame % 2), 16 * 64 * ((frame % 2) + 1));
  const hidden = { ...aside, pixels };
  const [recall, plain] = [axondPlace('grey', undefined, { recall: true })(learnt), axondPlace('grey')(learnt)];
  const [recalled, matched] = [right(recall, hidden), right(plain, hidden)];
  assert.ok(recalled >= matched + 8, `${recalled} recalled, ${matched} matched`);
  assert.equal(right(recall, aside), right(plain, aside));
});

/** A block in front of the camera, 32 pixels wide, in every frame; `noise`: levels that its pixels may have. */
function covered(drive: Traverse, { left, grey = 128, noise = 1 }: { left: number; grey?: number; noise?: number }) {
  const random = new RandomBits(1, 0);
  const pixels = drive.pixels.slice();
  for (let frame = 0; frame < drive.frames; frame++)
    for (let row = 0; row < drive.height; row++)
      for (let column = left; column < left + 32; column++)
        frameOf({ ...drive, pixels }, frame)[row * drive.width + column] = grey + random.below(noise);
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
