import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AxondPlace } from './axond-place.js';
import { nowhere } from './estimate.js';
import { PictureTracker } from './picture-tracker.js';
import { PlaceMap } from './place-map.js';
import { SyntheticRoad, syntheticDrive } from './synthetic-drive.js';
import { frameOf } from './traverse.js';

/** Pictures of a road, 8 m apart, in summer, and in winter; and of the road far from there. */
const road = new SyntheticRoad(3);
const metresFrom = (first: number): number[] => Array.from({ length: 60 }, (_, picture) => first + 8 * picture);
const learned = syntheticDrive(road, metresFrom(0), { season: 'summer', seed: 1 });
const later = syntheticDrive(road, metresFrom(0), { season: 'winter', seed: 2 });
const elsewhere = syntheticDrive(road, metresFrom(2000), { season: 'winter', seed: 3 });

const estimate = nowhere();

function mapOf(pictures: number): PlaceMap {
  const map = new PlaceMap(new AxondPlace({ sensor: 'unordered', height: 32, width: 64 }), { theta: 0.75 });
  for (let picture = 0; picture < pictures; picture++) {
    map.recogniser.see(frameOf(learned, picture));
    map.addPlace();
  }
  map.recogniser.settle();
  return map;
}

test('knows pictures of its places, in any order, and few of elsewhere', () => {
  const tracker = new PictureTracker(mapOf(40));
  tracker.begin();
  let known = 0;
  for (let number = 0; number < 40; number++) {
    const picture = (number * 17) % 40;
    assert.ok(tracker.track(frameOf(later, picture), Number.NaN, estimate));
    assert.equal(tracker.nearest, picture);
    assert.equal(estimate.place, estimate.known ? picture : -1);
    if (estimate.known) known++;
  }
  assert.ok(known >= 38, `${known} of 40`);
  let mistaken = 0;
  for (let picture = 0; picture < 60; picture++) {
    tracker.track(frameOf(elsewhere, picture), Number.NaN, estimate);
    if (estimate.known) mistaken++;
  }
  // 2.5 deviations are one in 160 if answers were normal, and the largest of forty are not.
  assert.ok(mistaken <= 5, `${mistaken} of 60`);
});

test('learns what it does not know, at once, and the known ones stay as they are', () => {
  const map = mapOf(40);
  const tracker = new PictureTracker(map);
  tracker.begin();
  for (const picture of [36, 37, 38, 39]) {
    tracker.track(frameOf(later, picture), Number.NaN, estimate);
    assert.equal(tracker.learn(estimate), -1);
  }
  assert.equal(tracker.places, 40);
  tracker.track(frameOf(later, 50), Number.NaN, estimate);
  assert.equal(tracker.learn(estimate), 40);
  assert.deepEqual([estimate.known, estimate.place], [true, 40]);
  tracker.track(frameOf(learned, 50), Number.NaN, estimate);
  assert.deepEqual([estimate.known, estimate.place], [true, 40]);
  tracker.forget(40);
  tracker.track(frameOf(learned, 50), Number.NaN, estimate);
  assert.equal(estimate.known, false);
  assert.deepEqual([tracker.has(40), tracker.places], [false, 40]);
});

test('a picture that is as like one place as another is ambiguous, and one of them gets a row more', () => {
  const map = mapOf(60);
  const tracker = new PictureTracker(map);
  tracker.begin();
  tracker.track(frameOf(later, 20), Number.NaN, estimate);
  assert.deepEqual([estimate.known, estimate.ambiguous, tracker.learn(estimate)], [true, false, -1]);
  assert.equal(map.owners.length, 60);
  const [left, right] = [frameOf(learned, 7), frameOf(learned, 40)];
  const both = left.map((grey, pixel) => (pixel % 64 < 27 ? grey : (right[pixel] as number)));
  tracker.track(both, Number.NaN, estimate);
  assert.deepEqual([estimate.known, estimate.ambiguous, tracker.learn(estimate)], [true, true, -1]);
  assert.ok(estimate.place === 7 || estimate.place === 40);
  assert.deepEqual([map.places.length, map.owners.length], [60, 61]);
});

test('a dark picture is no evidence; of a map of few places nothing is known, which it says', () => {
  const few = new PictureTracker(mapOf(12));
  few.begin();
  assert.equal(few.track(new Uint8Array(2048), Number.NaN, estimate), false);
  assert.ok(few.track(frameOf(learned, 3), Number.NaN, estimate));
  assert.deepEqual([estimate.known, estimate.place, few.nearest], [false, -1, 3]);
  assert.match(few.notice, /A map of 12 places does not tell what an unknown one looks like: from 20 on/);
  assert.equal(new PictureTracker(mapOf(20)).notice, '');
});
