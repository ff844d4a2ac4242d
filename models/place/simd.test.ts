import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { RandomBits } from '../../runtime/signal/random.js';
import { AxondPlace } from './axond-place.js';
import { readPlaceKernels } from './kernels-file.js';
import { checkRecogniser } from './recogniser.laws.js';
import { ReferenceRows } from './reference-rows.js';
import type { PlaceSensor } from './sensor.js';
import { SimdRows } from './simd-rows.js';
import { spikesOf, type SpikeLayout } from './spikes.js';
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
    const simd = answers(new AxondPlace({ sensor, height, width, module: readPlaceKernels() }), learned, query);
    assert.deepEqual(simd, plain);
  });

  test(`the kernels keep the laws of recognisers: ${sensor} ${height} x ${width}`, () => {
    const drive = street({ frames: 40, seed: 1, height, width });
    const create = (): AxondPlace => new AxondPlace({ sensor, height, width, module: readPlaceKernels() });
    assert.deepEqual(checkRecogniser(create, drive, { heapUsed: () => memoryUsage().heapUsed }), []);
  });
}

test('the kernels give the bits of plain code: the largest spikes, many rows, lines shorter and longer than a block', () => {
  const random = new RandomBits(1, 0);
  for (const columns of [3, 16, 41]) {
    const layout: SpikeLayout = { parts: 2, rows: 5, columns, perCell: 2 };
    const extreme = (): Int8Array => Int8Array.from({ length: spikesOf(layout) }, () => 7 * (random.below(2) * 2 - 1));
    const alike = new Int8Array(spikesOf(layout)).fill(7);
    const learned = [alike, alike.map((spike) => -spike), ...Array.from({ length: 290 }, extreme)];
    const weights = (): Uint8Array => Uint8Array.from({ length: layout.parts * layout.rows }, () => random.below(65));
    const [initial, later] = [weights(), weights().fill(64, 0, 2)];
    const kinds = [new ReferenceRows(layout, 1, initial), new SimdRows(readPlaceKernels(), layout, 1, initial)];
    const rows = kinds.map((rows) => {
      for (const spikes of learned) rows.add(spikes);
      rows.weigh(later);
      return learned.slice(0, 12).flatMap((spikes) =>
        [0, 2, -3].map((shift) => {
          const scores = new Float32Array(learned.length);
          const best = new Float32Array(1);
          rows.compare(spikes, [shift], best);
          rows.combine(best, Float32Array.of(0.1), scores);
          return [...best, ...scores];
        }),
      );
    });
    assert.deepEqual(rows[1], rows[0]);
  }
});

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
    const pixels = frameOf(query, frame === 31 ? 30 : frame === 40 ? 39 : frame);
    const contrast = [...recogniser.look(pixels)];
    // Two others seem to.
    const evidence = recogniser.see(pixels, frame === 40);
    const scores = new Float32Array(places);
    recogniser.score(scores);
    return { contrast, evidence, still: recogniser.still, scores: [...scores] };
  });
  return { rows, frames };
}
