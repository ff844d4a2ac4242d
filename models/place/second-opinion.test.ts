import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { AxondPlace } from './axond-place.js';
import { EventFrontEnd, GreyFrontEnd } from './front-end.js';
import { readPlaceKernels } from './kernels-file.js';
import { mapVersion } from './map-format.js';
import { PictureFrontEnd } from './picture-front-end.js';

/** What numpy computed: second-opinion.py beside it, which makes the same pictures. */
const opinion = z
  .object({
    version: z.number(),
    drive: z.array(z.array(z.number())),
    events: z.array(z.array(z.number())),
    pictures: z.array(z.array(z.number())),
    scores: z.array(z.array(z.number())),
  })
  .parse(JSON.parse(readFileSync('models/place/fixtures/second-opinion.json', 'utf8')));

/** Stripes and blocks that move on by a pixel a frame; darker, and seen from so many pixels aside. */
function picture(frame: number, dark = false, aside = 0): Uint8Array {
  return Uint8Array.from({ length: 32 * 64 }, (_, pixel) => {
    const y = Math.floor(pixel / 64);
    const x = ((pixel - aside + 64) % 64) + frame;
    const grey = ((x * (y + 3)) ^ (Math.floor(x / 5) * 40) ^ (Math.floor(y / 6) * 25)) % 256;
    return dark ? Math.floor((grey * 3) / 4) + 20 : grey;
  });
}

test('maps have the version of what numpy takes a picture for: whoever changes one, changes the other', () => {
  assert.equal(mapVersion, opinion.version);
});

/** Counts of events in the upper left corner. */
function counts(frame: number): Uint8Array {
  const pixels = picture(frame);
  return Uint8Array.from({ length: 49 }, (_, pixel) => (pixels[64 * Math.floor(pixel / 7) + (pixel % 7)] ?? 0) % 16);
}

for (const [name, frontEnd, frameOf] of [
  ['drive', new GreyFrontEnd(), picture],
  ['events', new EventFrontEnd(7, 7), counts],
  ['pictures', new PictureFrontEnd(), picture],
] as const)
  test(`frames become the spikes that numpy makes of them: ${name}`, () => {
    const spikes: number[][] = [];
    for (let frame = 0; frame < 30; frame++) {
      assert.ok(frontEnd.see(frameOf(frame)));
      spikes.push([...frontEnd.spikes]);
    }
    assert.deepEqual(
      [0, 7, 29].map((frame) => spikes[frame]),
      opinion[name],
    );
  });

for (const module of [undefined, readPlaceKernels()])
  test(`single pictures are as alike as numpy says: ${module ? 'kernels' : 'plain code'}`, () => {
    const recogniser = new AxondPlace({ sensor: 'unordered', height: 32, width: 64, ...(module && { module }) });
    for (let frame = 0; frame < 30; frame++) {
      recogniser.see(picture(frame));
      recogniser.learn();
    }
    recogniser.settle();
    recogniser.begin();
    // One after the other: a picture stands for itself.
    [4, 12].forEach((frame, at) => {
      const scores = new Float32Array(30);
      recogniser.see(picture(frame, true, 5));
      recogniser.score(scores);
      scores.forEach((score, place) => {
        const expected = opinion.scores[at]?.[place] ?? Number.NaN;
        assert.ok(Math.abs(score - expected) < 2e-6, `${score}, not ${expected}, at ${place}`);
      });
    });
  });
