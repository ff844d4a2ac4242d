import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sumOfAbsoluteDifferences } from './baselines/mean-difference.js';
import { SyntheticRoad, syntheticDrive } from './synthetic-drive.js';
import { frameOf, type Traverse } from './traverse.js';

const places = Array.from({ length: 60 }, (_, place) => 10 * place);
const road = new SyntheticRoad(7);

test('a road and its drives follow from their seeds', () => {
  const drive = syntheticDrive(road, places, { seed: 3 });
  assert.deepEqual(syntheticDrive(new SyntheticRoad(7), places, { seed: 3 }), drive);
  assert.notDeepEqual(syntheticDrive(road, places, { seed: 4 }).pixels, drive.pixels);
  assert.ok(recall(syntheticDrive(new SyntheticRoad(8), places), drive) < 0.2, 'another road looks otherwise');
});

test('a second drive on the same day is recognised by its pixels, one in winter is not', () => {
  const summer = syntheticDrive(road, places, { seed: 1 });
  assert.equal(recall(summer, syntheticDrive(road, places, { seed: 2 })), 1);
  const winter = recall(summer, syntheticDrive(road, places, { season: 'winter', seed: 2 }));
  assert.ok(winter < 0.5, `${winter} of the places were recognised in winter`);
});

test('the further the camera has moved, the more the picture differs', () => {
  const [here, nearby, further, far] = [0, 0.2, 1, 10].map((metres) => noiseless(100 + metres));
  assert.ok(here && nearby && further && far);
  assert.ok(0 < difference(here, nearby));
  assert.ok(difference(here, nearby) < difference(here, further));
  assert.ok(difference(here, further) < difference(here, far));
});

test('a camera that stands still sees the noise of its sensor alone', () => {
  const { pixels } = syntheticDrive(road, [100, 100], { noise: 2 });
  const first = pixels.subarray(0, 2048);
  const second = pixels.subarray(2048);
  assert.notDeepEqual(first, second);
  // Of a normal variable of sd 2√2 the mean magnitude is 2.26.
  assert.ok(Math.abs(difference(first, second) - 2.26) < 0.15, String(difference(first, second)));
});

test('what the camera sees moves to the left when the camera moves to the right', () => {
  const shifted = (lateral: number): number => bestShift(noiseless(100), noiseless(100, lateral));
  assert.equal(shifted(0), 0);
  assert.ok(shifted(2) < 0, String(shifted(2)));
  assert.ok(shifted(-2) > 0, String(shifted(-2)));
});

function noiseless(metres: number, lateral = 0): Uint8Array {
  return syntheticDrive(road, [metres], { noise: 0, lateral }).pixels;
}

function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, pixel) => sum + Math.abs(value - (b[pixel] ?? 0)), 0) / a.length;
}

/** Columns by which `b` lies right of `a`. */
function bestShift(a: Uint8Array, b: Uint8Array): number {
  let best = { shift: 0, difference: Infinity };
  for (let shift = -10; shift <= 10; shift++) {
    let sum = 0;
    for (let y = 0; y < 32; y++)
      for (let x = 12; x < 52; x++) sum += Math.abs((a[y * 64 + x] ?? 0) - (b[y * 64 + x + shift] ?? 0));
    if (sum < best.difference) best = { shift, difference: sum };
  }
  return best.shift;
}

function recall(map: Traverse, query: Traverse): number {
  const scorer = sumOfAbsoluteDifferences(map);
  const scores = new Float32Array(map.frames);
  let right = 0;
  for (let frame = 0; frame < query.frames; frame++) {
    scorer.score(frameOf(query, frame), scores);
    if (scores.indexOf(Math.max(...scores)) === frame) right++;
  }
  return right / query.frames;
}
