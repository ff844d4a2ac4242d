import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readSpindleRecipe } from '../../models/spindle/recipe.js';
import { readDreams } from '../evaluate/dreams.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { evalCommand } from './eval.js';
import { makeFolds, type Fold } from './spindle-folds.js';

const packaged = readFileSync('models/train/recipes/spindle-t1.yaml', 'utf8');
/** Learns nothing in one step, but is a network. */
const text = packaged.replace(/steps: \d+/, 'steps: 1').replace(/window: \d+/, 'window: 80');

/** Two half hours at 50 Hz, each marked by both experts. */
function dreams(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'axond-folds-'));
  t.after(() => rmSync(path, { recursive: true }));
  for (const number of [1, 2]) {
    const values = Array.from({ length: 90_000 }, (_, n) => ((n * (7919 + number)) % 101) - 50);
    writeFileSync(join(path, `excerpt${number}.txt`), `[CZ-A1]\n${values.join('\n')}\n`);
    for (const expert of [1, 2])
      writeFileSync(join(path, `Visual_scoring${expert}_excerpt${number}.txt`), '[x]\n100\t1\n200\t1\n');
    writeFileSync(join(path, `Hypnogram_excerpt${number}.txt`), `[x]\n${'2\n'.repeat(360)}`);
  }
  writeFileSync(join(path, 'recipe.yaml'), text);
  return path;
}

test('networks are trained once, and anew when their marks have changed', (t) => {
  const folder = dreams(t);
  const recipe = readSpindleRecipe(text, 'recipe.yaml');
  const make = () => makeFolds(recipe, readDreams(folder), [0], join(folder, 'folds'), () => undefined);
  const folds = make();
  assert.deepEqual(
    folds.map(({ excerpt, seed, trainedOn, isNew }) => [excerpt, seed, trainedOn, isNew]),
    [
      [1, 0, [2], true],
      [2, 0, [1], true],
    ],
  );
  assert.notEqual(folds[0]!.sha256, folds[1]!.sha256);
  assert.deepEqual(
    make(),
    folds.map((fold) => ({ ...fold, isNew: false })),
  );
  writeFileSync(join(folder, 'Visual_scoring2_excerpt2.txt'), '[x]\n300\t1\n');
  assert.deepEqual(
    make().map(({ isNew }) => isNew),
    [true, false],
  );
  assert.equal(readdirSync(join(folder, 'folds')).length, 3);
});

test('--loso tells which network judged which excerpt', async (t) => {
  const folder = dreams(t);
  const folds = join(folder, 'folds');
  const [first] = makeFolds(readSpindleRecipe(text, 'recipe.yaml'), readDreams(folder), [0], folds, () => undefined);
  const words = ['spindles', folder, '--detector', 'spindle-t1:adaptive'];
  const loso = ['--loso', '--folds', folds, '--recipe', join(folder, 'recipe.yaml')];
  const report = await runJson(t, evalCommand(), ...words, ...loso);
  const made = (report['loso'] as { folds: Fold[] }).folds;
  assert.deepEqual(
    made.map(({ excerpt, path, isNew }) => [excerpt, basename(path).slice(0, 9), isNew]),
    [
      [1, 'without-1', false],
      [2, 'without-2', false],
    ],
  );
  assert.equal(made[0]!.sha256, first!.sha256);
  assert.equal(report['model'], null);
});

test('what has no network cannot leave anything out, and seeds are of networks that are trained', async (t) => {
  const folder = dreams(t);
  await assert.rejects(
    runCommand(t, evalCommand(), 'spindles', folder, '--loso'),
    /band-power has no network to train/,
  );
  await assert.rejects(
    runCommand(t, evalCommand(), 'spindles', folder, '--seeds', '3'),
    /^Error: --seeds: .* Add --loso/,
  );
});
