import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomBits } from '../../../runtime/signal/random.js';
import type { PlaceScorer } from '../place-scorer.js';
import { street } from '../street.test.fixture.js';
import { frameOf, type Traverse } from '../traverse.js';
import { NeuronalAssignment } from './neuronal-assignment.js';
import { PictureRates } from './picture-rates.js';
import { vprSnn, vprSnnSettings } from './vprsnn.js';
import { WinnerLayer } from './winner-layer.js';

const learnt = street({ frames: 12, seed: 5 });
const later = street({ frames: 12, seed: 5, noise: 6, noiseSeed: 9, gain: 0.5 });

test('a street at half the light, with noise, is recognised; the same seed learns the same network, bit for bit', () => {
  const one = vprSnn(learnt);
  assert.ok(right(one, later) >= 11);
  assert.deepEqual(scoresOf(vprSnn(learnt), later, 3), scoresOf(one, later, 3));
  assert.notDeepEqual(scoresOf(vprSnn(learnt, { ...vprSnnSettings, seed: 3 }), later, 3), scoresOf(one, later, 3));
});

test('a neuron that fires at many places counts for less in each', () => {
  // Neuron 0 fires at place 0 alone; neuron 1 at places 1 to 4, twice at each; neuron 2 at place 1 alone.
  const assignment = new NeuronalAssignment(
    [
      [3, 0, 0],
      [0, 2, 1],
      [0, 2, 0],
      [0, 2, 0],
      [0, 2, 0],
    ].map((row) => Uint8Array.from(row)),
  );
  const scores = new Float32Array(5);
  assignment.score(Uint8Array.from([3, 3, 0]), scores);
  // Neuron 0: 3 × 1 × 1. Neuron 1: 3 × ¼, once more a quarter for speaking of four places, and at place 1 times the two
  // of three spikes that are its own.
  assert.deepEqual([...scores], [3, Math.fround(0.1875 * (2 / 3)), 0.1875, 0.1875, 0.1875]);
  assignment.score(Uint8Array.from([0, 0, 2]), scores);
  assert.deepEqual([...scores], [0, Math.fround(2 / 3), 0, 0, 0]);
});

test('a neuron says nothing of a place at which it fired for less than a tenth of its spikes', () => {
  const assignment = new NeuronalAssignment([Uint8Array.of(20), Uint8Array.of(1)]);
  assert.deepEqual(assignment.placesOf(0), [0]);
});

test('weighted assignment finds more places of a street in snow than giving each neuron to its best place', () => {
  const places = 30;
  const pictures = new PictureRates(32, 64);
  const learned = pictures.all(street({ frames: places, seed: 7 }));
  const snowed = [3, 4, 5].map((noiseSeed) => pictures.all(street({ frames: places, seed: 7, noise: 220, noiseSeed })));
  const { layer, spikes } = trained(learned, 4 * places, 5);
  const fired = learned.map((picture) => {
    layer.present(picture, spikes);
    return spikes.slice();
  });
  const weighted = new NeuronalAssignment(fired);
  const owners = Array.from(spikes, (_, neuron) => bestOf(fired.map((row) => row[neuron] ?? 0)));
  let [byWeight, byOwner] = [0, 0];
  snowed.flat().forEach((picture, shown) => {
    const place = shown % places;
    layer.present(picture, spikes);
    const scores = new Float32Array(places);
    weighted.score(spikes, scores);
    if (bestOf([...scores]) === place) byWeight++;
    const means = fired.map((_, owner) => {
      const own = [...spikes].filter((__, neuron) => owners[neuron] === owner);
      return own.length === 0 ? 0 : own.reduce((sum, count) => sum + count, 0) / own.length;
    });
    if (bestOf(means) === place) byOwner++;
  });
  assert.ok(byWeight > byOwner + 3, `${byWeight} by weight, ${byOwner} by owner, of ${3 * places}`);
});

test('neurons come to fire for fewer places the longer they learn, and all places keep some', () => {
  const learned = new PictureRates(32, 64).all(street({ frames: 20, seed: 7 }));
  const placesPerNeuron = (epochs: number): number => {
    const { layer, spikes } = trained(learned, 80, epochs);
    let fired = 0;
    for (const picture of learned) {
      layer.present(picture, spikes);
      const active = spikes.filter((count) => count > 0).length;
      assert.ok(active > 0);
      fired += active;
    }
    return fired / 80;
  };
  const [few, many] = [placesPerNeuron(5), placesPerNeuron(40)];
  assert.ok(many < 0.7 * few, `${few} after 5 epochs, ${many} after 40`);
});

test('a threshold rises with every spike: a picture shown for ever is answered by fewer and fewer spikes', () => {
  const [picture] = new PictureRates(32, 64).all(street({ frames: 1, seed: 7 }));
  assert.ok(picture);
  const layer = new WinnerLayer(
    { inputs: picture.length, neurons: 8, shownMs: 350, thresholdRise: 1 },
    new RandomBits(1, 0),
  );
  const spikes = new Uint8Array(8);
  const total = (): number => spikes.reduce((sum, count) => sum + count, 0);
  layer.learn(picture, spikes);
  const first = total();
  for (let times = 0; times < 60; times++) layer.learn(picture, spikes);
  assert.ok(first > 8 && total() === 0, `${first}, then ${total()}`);
});

test('a neuron fires at most once in 50 ms, and one neuron in a millisecond', () => {
  const [picture] = new PictureRates(32, 64).all(street({ frames: 1, seed: 7 }));
  assert.ok(picture);
  const spikes = new Uint8Array(100);
  const shown = (shownMs: number): WinnerLayer =>
    new WinnerLayer({ inputs: picture.length, neurons: 100, shownMs, thresholdRise: 0 }, new RandomBits(1, 0));
  shown(350).present(picture, spikes);
  assert.ok(Math.max(...spikes) <= 7);
  shown(40).present(picture, spikes);
  assert.ok(Math.max(...spikes) === 1 && spikes.reduce((sum, count) => sum + count, 0) <= 40);
});

function trained(pictures: readonly Float32Array[], neurons: number, epochs: number) {
  const inputs = pictures[0]?.length ?? 0;
  const layer = new WinnerLayer({ inputs, neurons, shownMs: 350, thresholdRise: 0.05 }, new RandomBits(1, 0));
  const spikes = new Uint8Array(neurons);
  for (let epoch = 0; epoch < epochs; epoch++) for (const picture of pictures) layer.learn(picture, spikes);
  return { layer, spikes };
}

function bestOf(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

function scoresOf(scorer: PlaceScorer, drive: Traverse, frame: number): number[] {
  const scores = new Float32Array(scorer.places);
  scorer.begin();
  assert.ok(scorer.score(frameOf(drive, frame), scores));
  return [...scores];
}

function right(scorer: PlaceScorer, drive: Traverse): number {
  return Array.from({ length: drive.frames }, (_, frame) => bestOf(scoresOf(scorer, drive, frame)) === frame).filter(
    Boolean,
  ).length;
}
