import { createDataset, type ArrayPair, type Dataset } from './dataset.js';
import { Random } from './random.js';
import { recipeSchema, type Recipe } from './recipe.js';

/** Stripes that lie or stand, at any phase, with noise: two classes that no single pixel tells apart. */
export function stripes(training = 128, testing = 64): Dataset {
  return createDataset(pair(training, 1), pair(testing, 2), 2);
}

function pair(count: number, seed: number): ArrayPair {
  const random = Random.of(seed);
  const values = new Uint8Array(count * 64);
  const labels = Uint8Array.from({ length: count }, () => random.below(2));
  labels.forEach((label, i) => {
    const phase = random.below(4);
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) {
        const bright = ((label === 0 ? y : x) + phase) % 4 < 2;
        values[i * 64 + y * 8 + x] = (bright ? 150 : 40) + random.below(60);
      }
  });
  return { inputs: { shape: [count, 1, 8, 8], values }, labels: { shape: [count], values: labels } };
}

export function stripesRecipe(changes: Record<string, unknown> = {}): Recipe {
  return recipeSchema.parse({
    name: 'stripes',
    seed: 3,
    data: { use: 'arrays', file: 'none', classes: 2 },
    layers: [
      { layer: 'conv2d', channels: 8, kernel: 3, padding: 1, maxpool: 2 },
      { layer: 'dense', units: 12 },
      { layer: 'dense', units: 2 },
    ],
    batchNorm: true,
    method: { use: 'hoyer', epochs: 6, rate: 0.01 },
    batch: 16,
    slice: 8,
    ...changes,
  });
}
