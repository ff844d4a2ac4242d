import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBits } from '../../runtime/signal/random.js';
import { DriveMatcher } from './drive-matcher.js';
import type { SequenceMatcher } from './place-scorer.js';
import { SequenceFilter } from './sequence-filter.js';
import { WindowMatcher } from './window-matcher.js';

const places = 120;

/** Noise of 0 to 1, and `more` where the robot is: at a half no single frame tells. */
function drive(route: readonly number[], seed: number, more = 0.5): Float32Array[] {
  const random = new RandomBits(seed, 1);
  return route.map((at) =>
    Float32Array.from({ length: places }, (_, place) => random.uniform() + (place === Math.round(at) ? more : 0)),
  );
}

/** Share of right answers once the drive is known, at `frames` frames. */
function right(
  matcher: WindowMatcher | DriveMatcher,
  route: readonly number[],
  frames: readonly Float32Array[],
): number {
  const answers = new Float32Array(places);
  const told = frames.flatMap((scores, frame) =>
    matcher.step(scores, false, answers) && frame >= 20
      ? [answers.indexOf(Math.max(...answers)) === Math.round(route[frame] as number)]
      : [],
  );
  return told.filter(Boolean).length / told.length;
}

test('a robot is found at any pace and in either direction, where the diagonal finds it at one', () => {
  const routes: [string, number[], boolean][] = [
    ['a place a frame', Array.from({ length: 100 }, (_, frame) => 10 + frame), true],
    ['three places in two frames', Array.from({ length: 70 }, (_, frame) => 10 + 1.5 * frame), false],
    ['backwards', Array.from({ length: 100 }, (_, frame) => 110 - frame), false],
  ];
  for (const [name, route, isDiagonal] of routes) {
    const frames = drive(route, 3);
    assert.ok(right(new DriveMatcher(10), route, frames) > 0.85, name);
    assert.equal(right(new WindowMatcher(10), route, frames) > 0.85, isDiagonal, name);
  }
});

test('an answer says how well the last frames fit along a line, and those before; off the map both are gone at once', () => {
  const frames = 5;
  const onMap = Array.from({ length: 60 }, (_, frame) => 10 + frame);
  const matcher = new DriveMatcher(frames);
  const answers = new Float32Array(places);
  const all = drive([...onMap, ...Array<number>(frames).fill(-9)], 4, 2);
  const fits = all.map((scores) => {
    matcher.step(scores, false, answers);
    assert.ok(Number.isNaN(answers[0]) || matcher.fit === 0 || Math.abs(Math.max(...answers) - matcher.fit) < 1e-5);
    return matcher.fit;
  });
  // Along the diagonal at the last place of the map, by the definition: Σ (score − mean) / (frames × deviation).
  const window = all.slice(onMap.length - frames, onMap.length);
  const means = window.map((scores) => scores.reduce((sum, score) => sum + score) / places);
  const variance = window.map(
    (scores, frame) => scores.reduce((sum, score) => sum + (score - (means[frame] as number)) ** 2, 0) / places,
  );
  const sum = window.reduce(
    (total, scores, frame) => total + (scores[69 - (frames - 1 - frame)] as number) - (means[frame] as number),
    0,
  );
  const told = sum / frames / Math.sqrt(variance.reduce((a, b) => a + b) / frames);
  const filter = new SequenceFilter();
  for (const scores of all.slice(0, onMap.length)) filter.step(scores, places);
  filter.read(answers);
  const wanted = told + Math.min(told, Math.max(...answers) / 16);
  assert.ok(Math.abs((fits[onMap.length - 1] as number) - wanted) < 1e-5);
  assert.ok((fits.at(-1) as number) < 0.3 * wanted);
});

/** Share of the frames of a known way that fit better than all of an unknown one, once each is under way. */
function toldFromUnknown(begin: () => SequenceMatcher): number {
  const fits = ([route, seed]: readonly [readonly number[], number]): number[] => {
    const matcher = begin();
    const answers = new Float32Array(places);
    return drive(route, seed).flatMap((scores, frame) =>
      matcher.step(scores, false, answers) && frame >= 20 ? [matcher.fit ?? Number.NaN] : [],
    );
  };
  const known = fits([Array.from({ length: 100 }, (_, frame) => 10 + frame), 6]);
  const best = Math.max(...fits([Array<number>(100).fill(-9), 7]));
  return known.filter((fit) => fit > best).length / known.length;
}

test('a known way is told from an unknown one by more than the last two frames', () => {
  const byWindow = toldFromUnknown(() => new WindowMatcher(2));
  const byDrive = toldFromUnknown(() => new DriveMatcher(2));
  assert.ok(byDrive > 0.9 && byWindow < 0.6, `${byDrive} and ${byWindow}`);
});
