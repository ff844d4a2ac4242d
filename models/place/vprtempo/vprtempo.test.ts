import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBits } from '../../../runtime/signal/random.js';
import type { PlaceScorer } from '../place-scorer.js';
import { street } from '../street.test.fixture.js';
import { frameOf, type Traverse } from '../traverse.js';
import { VprTempoModule } from './module.js';
import { SignedLayer } from './signed-layer.js';
import { vprTempo, vprTempoSettings } from './vprtempo.js';

const small = { ...vprTempoSettings, side: 10, epochs: 20 };
const learnt = street({ frames: 12, seed: 5 });
const later = street({ frames: 12, seed: 5, noise: 6, noiseSeed: 9, gain: 0.5 });

test('a street at half the light, with noise, is recognised; the same seed learns the same network, bit for bit', () => {
  const one = vprTempo(learnt, small);
  assert.ok(right(one, later) >= 11);
  assert.deepEqual(scoresOf(vprTempo(learnt, small), later, 3), scoresOf(one, later, 3));
  assert.notDeepEqual(scoresOf(vprTempo(learnt, { ...small, seed: 3 }), later, 3), scoresOf(one, later, 3));
});

test('it is learning that does it: a network that barely moved knows less', () => {
  assert.ok(right(vprTempo(learnt, { ...small, learningRate: 1e-9 }), later) < 6);
});

test('modules are networks of their own: what one knows does not depend on the others', () => {
  const two = vprTempo(learnt, { ...small, placesPerModule: 6 });
  const first = vprTempo({ ...learnt, frames: 6, pixels: learnt.pixels.slice(0, 6 * 32 * 64) }, small);
  assert.deepEqual(scoresOf(two, later, 2).slice(0, 6), scoresOf(first, later, 2));
  assert.equal(two.places, 12);
});

test('after learning, the output of a place is near what it was forced to, those of others near 0', () => {
  const pictures = [0, 1, 2].map((place) =>
    Float32Array.from({ length: 60 }, (_, input) => (input % 3 === place ? 0.9 : 0.1)),
  );
  const module = new VprTempoModule(pictures, { ...small, epochs: 400, readout: 'clamped' }, 0);
  const scores = new Float32Array(3);
  pictures.forEach((picture, place) => {
    module.score(picture, scores);
    scores.forEach((score, other) => {
      assert.ok(Math.abs(score - (other === place ? 0.5 : 0)) < 0.1, `${score} for ${other} at ${place}`);
    });
  });
});

test('a linear readout has no limits: twice the picture is twice the score, where a clamped one ends at 0 and 0.9', () => {
  const picture = Float32Array.from({ length: 60 }, (_, input) => (input % 3) / 4);
  const scored = (readout: 'linear' | 'clamped', factor: number): number[] => {
    const module = new VprTempoModule([picture, picture.map((amplitude) => 0.9 - amplitude)], { ...small, readout }, 0);
    const scores = new Float32Array(2);
    module.score(
      picture.map((amplitude) => factor * amplitude),
      scores,
    );
    return [...scores];
  };
  const once = scored('linear', 1);
  scored('linear', 2).forEach((score, place) => {
    assert.ok(Math.abs(score - 2 * (once[place] ?? Number.NaN)) < 1e-5);
  });
  assert.ok(scored('linear', -1).some((score) => score < 0));
  for (const factor of [-1, 1, 50])
    assert.ok(scored('clamped', factor).every((score) => score >= 0 && score <= Math.fround(0.9)));
});

test('synapses keep their sign, whatever is learned; homeostasis scales inhibition alone', () => {
  const layer = new SignedLayer({ inputs: 50, outputs: 1, excitatory: 1, inhibitory: 1 }, new RandomBits(1, 0));
  const unit = (input: number): Float32Array =>
    Float32Array.from({ length: 50 }, (_, place) => (place === input ? 1 : 0));
  const weights = (): number[] => Array.from({ length: 50 }, (_, input) => layer.drive(0, unit(input)));
  const before = weights();
  layer.scaleInhibition(0, 0.25);
  weights().forEach((weight, input) => {
    const old = before[input] ?? 0;
    assert.ok(Math.abs(weight - (old < 0 ? old / 4 : old)) < 1e-9);
  });
  for (const amount of [-5, 5]) {
    layer.change(0, new Float32Array(50).fill(1), amount, 1);
    assert.deepEqual(weights().map(Math.sign), before.map(Math.sign));
  }
  layer.change(0, new Float32Array(50).fill(1), 5, -1);
  layer.change(0, new Float32Array(50).fill(1), 5, -1);
  assert.deepEqual(new Set(weights().map(Math.abs)), new Set([10]));
});

function scoresOf(scorer: PlaceScorer, drive: Traverse, frame: number): number[] {
  const scores = new Float32Array(scorer.places);
  scorer.begin();
  assert.ok(scorer.score(frameOf(drive, frame), scores));
  return [...scores];
}

function right(scorer: PlaceScorer, drive: Traverse): number {
  return Array.from({ length: drive.frames }, (_, frame) => {
    const scores = scoresOf(scorer, drive, frame);
    return scores.indexOf(Math.max(...scores)) === frame ? 1 : 0;
  }).reduce<number>((sum, one) => sum + one, 0);
}
