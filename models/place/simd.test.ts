import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AxondPlace } from './axond-place.js';
import { kernelModule } from './kernels-file.js';
import { checkRecogniser } from './recogniser.laws.js';
import type { PlaceSensor } from './sensor.js';
import { street } from './street.test.fixture.js';
import { frameOf, type Traverse } from './traverse.js';

const sizes: readonly (readonly [PlaceSensor, number, number])[] = [
  ['grey', 32, 64],
  ['unordered', 32, 64],
  ['events', 7, 7],
  ['events', 9, 11],
];

for (const [sensor, height, width] of sizes) {
  test(`the kernels give the bits of plain code: ${sensor} ${height} x ${width}`, () => {
    // More than one capacity of rows, and no whole vector of them.
    const learned = street({ frames: 75, seed: 5, height, width });
    const query = street({ frames: 75, seed: 5, height, width, noise: 20, aside: 3, gain: 0.8 });
    const plain = answers(new AxondPlace({ sensor, height, width }), learned, query);
    const simd = answers(new AxondPlace({ sensor, height, width, module: kernelModule }), learned, query);
    assert.deepEqual(simd, plain);
  });

  test(`the kernels keep the laws of recognisers: ${sensor} ${height} x ${width}`, () => {
    const drive = street({ frames: 40, seed: 1, height, width });
    const create = (): AxondPlace => new AxondPlace({ sensor, height, width, module: kernelModule });
    assert.deepEqual(checkRecogniser(create, drive), []);
  });
}

/** Everything that can be seen from outside, as bits. */
function answers(recogniser: AxondPlace, learned: Traverse, query: Traverse): Record<string, unknown> {
  recogniser.begin();
  for (let frame = 0; frame < learned.frames; frame++) {
    recogniser.see(frameOf(learned, frame));
    recogniser.learn();
  }
  recogniser.settle();
  const { places } = recogniser;
  const rows = Array.from({ length: places }, (_, row) => [...recogniser.row(row), recogniser.threshold(row)]);
  recogniser.begin();
  const frames = Array.from({ length: query.frames }, (_, frame) => {
    // Two frames stand.
    const pixels = frameOf(query, frame === 31 ? 30 : frame);
    const contrast = [...recogniser.look(pixels)];
    const evidence = recogniser.see(pixels);
    const scores = new Float32Array(places);
    recogniser.score(scores);
    return { contrast, evidence, still: recogniser.still, scores: [...scores] };
  });
  return { rows, frames };
}
