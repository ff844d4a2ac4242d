import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBits } from '../../runtime/signal/random.js';
import { EvidenceJudge, type NoEvidence } from './no-evidence.js';
import { SyntheticRoad, addNoise, seasons, syntheticDrive } from './synthetic-drive.js';
import { frameOf } from './traverse.js';

const places = Array.from({ length: 40 }, (_, place) => 13 * place);
const road = new SyntheticRoad(3);
const pictures = seasons.flatMap((season) => {
  const drive = syntheticDrive(road, places, { season, noise: 1 });
  return places.map((_, place) => frameOf(drive, place));
});

test('every picture of a drive is evidence, by day, dimmed to a twentieth, and in haze', () => {
  const day = judged((value) => value, 0);
  assert.deepEqual(day, [undefined]);
  assert.deepEqual(
    judged((value) => value / 20, 0.3),
    [undefined],
  );
  assert.deepEqual(
    judged((value) => 200 + (value - 128) / 20, 0.3),
    [undefined],
  );
});

test('a covered lens, a wall and the sun are none, however noisy the sensor', () => {
  for (const noise of [0, 0.3, 1, 2, 5, 20]) {
    assert.deepEqual(
      judged(() => 0, noise),
      ['dark'],
      `noise ${noise}`,
    );
    assert.deepEqual(
      judged(() => 128, noise),
      ['featureless'],
      `noise ${noise}`,
    );
    assert.deepEqual(
      judged(() => 255, noise),
      ['glaring'],
      `noise ${noise}`,
    );
  }
});

test('what is dimmed so far that hardly a level is left is dark', () => {
  assert.deepEqual(
    judged((value) => value / 400, 0.3),
    ['dark'],
  );
});

test('a picture that is smeared over a sixteenth of its width or height is blurred, one smeared by a pixel is not', () => {
  const judge = new EvidenceJudge();
  for (const picture of pictures) {
    assert.equal(judge.judge(smeared(picture, 8, 1)), 'blurred');
    assert.equal(judge.judge(smeared(picture, 8, 64)), 'blurred');
    assert.equal(judge.judge(smeared(picture, 1, 1)), undefined);
  }
});

test('a picture is judged by itself: what came before leaves no trace', () => {
  const judge = new EvidenceJudge();
  judge.judge(new Uint8Array(2048));
  for (const picture of pictures) assert.equal(judge.judge(picture), undefined);
  assert.equal(judge.judge(new Uint8Array(2048)), 'dark');
});

/** Every judgement that occurs among the pictures, changed like this, with noise. */
function judged(level: (value: number) => number, noise: number): (NoEvidence | undefined)[] {
  const judge = new EvidenceJudge();
  const random = new RandomBits(1, 1);
  const all = pictures.map((picture) => {
    const changed = Uint8Array.from(picture, (value) => Math.round(level(value)));
    addNoise(changed, noise, random);
    return judge.judge(changed);
  });
  return [...new Set(all)];
}

/** Three times the mean over `2 × reach + 1` pixels along the row (step 1) or column (step 64): nearly a Gaussian. */
function smeared(picture: Uint8Array, reach: number, step: 1 | 64): Uint8Array {
  let from = Float64Array.from(picture);
  for (let round = 0; round < 3; round++)
    from = from.map((_, pixel) => {
      const [along, length, start] =
        step === 1 ? [pixel % 64, 64, pixel - (pixel % 64)] : [Math.floor(pixel / 64), 32, pixel % 64];
      let sum = 0;
      for (let k = along - reach; k <= along + reach; k++)
        sum += from[start + Math.min(length - 1, Math.max(0, k)) * step] ?? NaN;
      return sum / (2 * reach + 1);
    });
  return Uint8Array.from(from, (value) => Math.round(value));
}
