import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntheticRoad, syntheticDrive } from '../synthetic-drive.js';
import { checkPlaceMethod } from '../place-scorer.laws.js';
import { frameOf, reordered } from '../traverse.js';
import { ensemble, ensembleSettings, type EnsembleSettings } from './ensemble.js';

const places = 40;
const road = new SyntheticRoad(5);
const metres = Array.from({ length: places }, (_, frame) => 8 * frame);
const learnt = syntheticDrive(road, metres, { season: 'summer', seed: 1 });
const winters = [2, 3].map((seed) => syntheticDrive(road, metres, { season: 'winter', seed, noise: 60 }));
/** Four modules of 200 neurons. */
const small = { ...ensembleSettings, placesPerModule: 10, neuronsPerPlace: 20, epochs: 10 };
const found = [1, 2, 3].map((seed) => right({ ...small, seeds: [seed] }));

test('silencing neurons that respond to much of the route finds more of its places in winter', () => {
  const heard = [1, 2, 3].map((seed) => right({ ...small, seeds: [seed], hyperactive: Number.POSITIVE_INFINITY }));
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  assert.ok(sum(found) > 1.25 * sum(heard), `${found.join(' ')}; ${heard.join(' ')} when all are heard`);
});

test('members of other seeds together find more places than any of them', () => {
  const together = right({ ...small, seeds: [1, 2, 3] });
  assert.ok(together > 1.25 * Math.max(...found), `${together} together, ${found.join(' ')} alone`);
});

const quick = { ...small, epochs: 2, neuronsPerPlace: 5 };

test('the order of the seeds does not matter', () => {
  const scores = (seeds: readonly number[]): Float32Array => {
    const answers = new Float32Array(places);
    assert.ok(ensemble(learnt, { ...quick, seeds }).score(frameOf(learnt, 7), answers));
    return answers;
  };
  const [one, other] = [scores([1, 2]), scores([2, 1])];
  one.forEach((score, place) => {
    assert.ok(Math.abs(score - (other[place] ?? Number.NaN)) < 1e-4);
  });
  assert.notDeepEqual(scores([1]), scores([2]));
});

test('it keeps the laws of place methods', () => {
  const start = Array.from({ length: 12 }, (_, frame) => frame);
  const [winter] = winters;
  assert.ok(winter);
  const drives = { reference: reordered(learnt, start), query: reordered(winter, start) };
  assert.deepEqual(
    checkPlaceMethod((reference) => ensemble(reference, { ...quick, seeds: [1, 2] }), drives),
    [],
  );
});

/** Places of both winters that are answered right. */
function right(settings: EnsembleSettings): number {
  const scorer = ensemble(learnt, settings);
  const scores = new Float32Array(places);
  let count = 0;
  for (const winter of winters)
    for (let frame = 0; frame < places; frame++) {
      scorer.score(frameOf(winter, frame), scores);
      if (scores.indexOf(Math.max(...scores)) === frame) count++;
    }
  return count;
}
