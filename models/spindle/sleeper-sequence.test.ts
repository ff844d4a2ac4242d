import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readSpindleRecipe } from './recipe.js';
import { sleeperSequence } from './sleeper-sequence.js';
import { spindleSequences, trainLeaveOneOut } from './train-spindles.js';

const timing = { lateSeconds: 0.25, settleSeconds: 10 };

test('a generated sleeper teaches his spindles a quarter of a second late, and nothing in the first ten seconds', () => {
  const { codes, targets, weights } = sleeperSequence(2, 10, timing, 6);
  const frames = 10 * 60 * 20;
  assert.equal(targets.length, frames);
  assert.equal(codes.length, 21 * frames);
  assert.ok(weights.every((weight, n) => weight === (n < 200 ? 0 : 1)));
  const runs: number[] = [];
  targets.forEach((target, n) => {
    assert.ok(target === 0 || target === 1);
    if (target === 1) runs.push(targets[n - 1] === 1 ? (runs.pop() ?? 0) + 1 : 1);
  });
  assert.ok(runs.length > 5);
  for (const run of runs) assert.ok(run >= 7 && run <= 52, `${run} frames`);
  // Sigma above its 0.9 quantile, code 12, is high where a spindle is and nowhere else; 0.25 s hide the filters' delay.
  const mean = (at: number, lead: number): number => {
    let sum = 0;
    let count = 0;
    targets.forEach((target, n) => {
      if (n < 800 || target !== at || targets[n + lead] === undefined) return;
      sum += codes[(n + lead) * 21 + 12]!;
      count++;
    });
    return sum / count;
  };
  assert.ok(mean(1, 0) > mean(0, 0) + 20, `${mean(1, 0)} ${mean(0, 0)}`);
  assert.ok(mean(1, 0) > mean(1, -8) && mean(1, 0) > mean(1, 8));
});

test('the same seed is the same sleeper, the next one another; fewer spindles if asked for', () => {
  const first = sleeperSequence(3, 5, timing);
  assert.deepEqual(sleeperSequence(3, 5, timing), first);
  assert.notDeepEqual(sleeperSequence(4, 5, timing).codes, first.codes);
  const share = (rate: number): number => sleeperSequence(3, 20, timing, rate).targets.reduce((sum, t) => sum + t, 0);
  assert.ok(share(0.5) < 0.4 * share(6));
});

test('the free recipe learns from no recording, and its network brings its points and no licence note', () => {
  const file = 'models/train/recipes/spindle-t1-free.yaml';
  const recipe = readSpindleRecipe(readFileSync(file, 'utf8'), file);
  assert.equal(recipe.data.use, 'sleepers');
  const short = {
    ...recipe,
    data: { ...recipe.data, sleepers: { count: 2, minutes: 5, firstSeed: 7 } },
    training: { ...recipe.training, steps: 2, window: 80 },
  } as typeof recipe;
  const sequences = spindleSequences(short, []);
  assert.deepEqual(
    sequences.sleepers.map(({ name }) => name),
    ['sleeper 7', 'sleeper 8'],
  );
  const { network, trainedOn } = trainLeaveOneOut(short, sequences, undefined, 0);
  assert.deepEqual(trainedOn, []);
  assert.deepEqual(network.graph.points, recipe.points);
  assert.deepEqual(network.graph.provenance, { data: '2 generated sleepers, seeds from 7', seed: 0 });
});
