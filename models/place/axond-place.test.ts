import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBits } from '../../runtime/signal/random.js';
import { AxondPlace, axondPlace } from './axond-place.js';
import { checkRecogniser } from './recogniser.laws.js';
import { street } from './street.test.fixture.js';
import { frameOf, type Traverse } from './traverse.js';

for (const sensor of ['grey', 'events', 'unordered'] as const)
  test(`keeps the laws of recognisers: ${sensor}`, () => {
    const drive = street({ frames: 40, seed: 1, height: 32, width: 64 });
    assert.deepEqual(
      checkRecogniser(() => new AxondPlace({ sensor, height: 32, width: 64 }), drive),
      [],
    );
  });

/** Places of `query` that come out best, of those that are evidence. */
function right(sensor: 'grey' | 'unordered', reference: Traverse, query: Traverse): number {
  const scorer = axondPlace(sensor)(reference);
  const scores = new Float32Array(scorer.places);
  let found = 0;
  scorer.begin();
  for (let frame = 0; frame < query.frames; frame++)
    if (scorer.score(frameOf(query, frame), scores) && scores.indexOf(Math.max(...scores)) === frame) found++;
  return found / query.frames;
}

const learned = street({ frames: 60, seed: 3 });

test('knows places again in other light, with noise, from the side', () => {
  assert.ok(right('grey', learned, street({ frames: 60, seed: 3, gain: 0.5, noise: 8 })) > 0.95);
  assert.ok(right('unordered', learned, street({ frames: 60, seed: 3, gain: 0.5, noise: 8 })) > 0.95);
  assert.ok(right('grey', learned, street({ frames: 60, seed: 3, aside: 8, noise: 4 })) > 0.9);
});

test('which pictures came before changes no answer to a single one', () => {
  const scorer = axondPlace('unordered')(learned);
  const query = street({ frames: 60, seed: 4 });
  const scoresOf = (frames: readonly number[]): number[] => {
    const scores = new Float32Array(60);
    scorer.begin();
    for (const frame of frames) scorer.score(frameOf(query, frame), scores);
    return [...scores];
  };
  assert.deepEqual(scoresOf([7, 50, 12, 31]), scoresOf([31]));
});

test('another street is no better than chance', () => {
  assert.ok(right('grey', learned, street({ frames: 60, seed: 4 })) < 0.1);
});

test('what all views share is left out, however little they differ, where the robot is known to have moved', () => {
  const random = new RandomBits(5, 0);
  const shared = Array.from({ length: 2048 }, () => 60 + 100 * random.uniform());
  const views = Array.from({ length: 40 }, () => Uint8Array.from(shared, (grey) => grey + 8 * random.uniform()));
  /** Cosine of what is left of the last two views. */
  const likeness = (moved: boolean): number => {
    const recogniser = new AxondPlace({ sensor: 'grey', height: 32, width: 64 });
    recogniser.begin();
    for (const view of views) {
      recogniser.see(view, moved);
      recogniser.learn();
    }
    const dot = (a: Int8Array, b: Int8Array): number =>
      a.reduce((sum, spike, at) => sum + spike * (b[at] as number), 0);
    const [one, other] = [recogniser.row(38), recogniser.row(39)];
    return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
  };
  assert.ok(likeness(true) < 0.5, `${likeness(true)}`);
  assert.ok(likeness(false) > 0.9, `${likeness(false)}`);
});
