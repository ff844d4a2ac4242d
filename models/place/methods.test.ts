import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraMethods, placeMethods, placeSensors } from './methods.js';
import { sumOfAbsoluteDifferences } from './baselines/mean-difference.js';
import { checkPlaceMethod, type TrialDrives } from './place-scorer.laws.js';
import type { PlaceMethod } from './place-scorer.js';
import { SyntheticRoad, syntheticDrive } from './synthetic-drive.js';
import type { Traverse } from './traverse.js';

const road = new SyntheticRoad(5);
const metres = Array.from({ length: 12 }, (_, frame) => 8 * frame);

/** Summer learned, winter driven; 7×7 as counts of events are, else 32×64. */
function drives(height: number, width: number): TrialDrives {
  return {
    reference: syntheticDrive(road, metres, { season: 'summer', seed: 1 }, width, height),
    query: syntheticDrive(road, metres, { season: 'winter', seed: 2 }, width, height),
  };
}

/** Takes seconds to learn: its own test checks the laws, with fewer epochs. */
const slow = 'ensemble';

for (const [name, make] of Object.entries(placeMethods).filter(([each]) => each !== slow))
  for (const sensor of placeSensors.filter((each) => each === 'grey' || !cameraMethods.has(name)))
    test(`${name} for ${sensor} keeps the laws of place methods`, () => {
      assert.deepEqual(checkPlaceMethod(make(sensor), sensor === 'events' ? drives(7, 7) : drives(32, 64)), []);
    });

test('the laws notice what breaks them', () => {
  const trial = drives(7, 7);
  const broken = (change: (reference: Traverse) => ReturnType<PlaceMethod>): string =>
    checkPlaceMethod(change, trial).join('; ');
  const sad = sumOfAbsoluteDifferences;
  let seen = 0;
  assert.match(
    broken((reference) => ({ ...sad(reference), score: (frame, scores) => sad(reference).score(frame, scores) })),
    /same reference/,
  );
  assert.match(
    broken((reference) => {
      const scorer = sad(reference);
      return {
        ...scorer,
        score: (frame, scores) => {
          scorer.score(frame, scores);
          scores[0] = (scores[0] ?? 0) + seen++;
          return true;
        },
      };
    }),
    /begin: .*; same reference.*; causal: /,
  );
  assert.match(
    broken((reference) => {
      const scorer = sad(reference);
      return {
        ...scorer,
        score: (frame, scores) => {
          scorer.score(frame, scores);
          const sum = frame.reduce((total, pixel) => total + pixel, 0);
          scores.forEach((score, place) => (scores[place] = (score * sum) / sum));
          return true;
        },
      };
    }),
    /^black frames: /,
  );
  assert.match(
    broken(({ frames, height, width }) => ({
      places: frames,
      bytes: height * width,
      begin: () => undefined,
      score: (_, scores) => {
        scores.fill(0, 0, frames);
        return true;
      },
    })),
    /^sizes: /,
  );
});
