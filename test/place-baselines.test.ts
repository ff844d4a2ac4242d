import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeMethods } from '../models/place/methods.js';
import { answerQueries, scoreAnswers } from '../runtime/evaluate/place/evaluate.js';
import { openPlaceScenes, type PlaceScene } from './place-scenes.js';

const scenes = openPlaceScenes();
const skip = scenes === undefined && 'the drives of data/vpr are not here';

/** R@1 in % at sequence lengths 1, 4, 10 of another implementation, in floating point, rounded there. */
const measured: readonly (readonly [string, PlaceScene | undefined, Readonly<Record<string, readonly number[]>>])[] = [
  [
    'Nordland-500',
    scenes?.nordland([0, 500]),
    { sad: [8.8, 22, 31], pn8: [35, 67, 80], pn7: [45, 82, 90], seqslam: [14, 75, 94] },
  ],
  ['Gardens', scenes?.gardens(), { sad: [45, 55, 80], pn8: [42, 52, 76], pn7: [28, 35, 32], seqslam: [5, 10, 19] }],
  ['SPED', scenes?.sped(), { sad: [20.6], pn8: [36], pn7: [36] }],
  ['Brisbane', scenes?.brisbane(), { sad: [16.1, 40, 61], standardised: [19, 55, 77] }],
];

for (const [place, scene, methods] of measured) {
  for (const [name, expected] of Object.entries(methods)) {
    test(`${name} on ${place} is within a point and a half of another implementation`, { skip }, () => {
      const method = placeMethods[name];
      assert.ok(scene && method);
      const answers = answerQueries(name, method(scene.sensor), scene.reference, scene.query);
      const { seq } = scoreAnswers(answers, scene.truth, [1, 4, 10]);
      [1, 4, 10].slice(0, expected.length).forEach((length, n) => {
        const r1 = 100 * (seq[length]?.r1 ?? Number.NaN);
        assert.ok(Math.abs(r1 - (expected[n] ?? 0)) <= 1.5, `${r1.toFixed(1)} at ${length}, not ${expected[n]}`);
      });
    });
  }
}
