import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { RandomBits } from '../../runtime/signal/random.js';
import { writeEmission } from './emission.js';
import { readPlaceKernels } from './kernels-file.js';
import { SequenceFilter } from './sequence-filter.js';

/** Scores of unrelated places around 0, and of the one place `true` above them. */
function scored(random: RandomBits, places: number, right: number, above: number): Float32Array {
  return Float32Array.from({ length: places }, (_, place) => random.uniform() + (place === right ? above : 0));
}

function bestOf(filter: SequenceFilter, frames: readonly Float32Array[], advances: readonly number[] = []): number[] {
  return frames.map((scores, frame) => {
    filter.step(scores, scores.length, advances[frame]);
    return filter.best;
  });
}

function beliefs(filter: SequenceFilter, places: number): number[] {
  const belief = new Float32Array(places);
  filter.read(belief);
  return [...belief].map((value) => value * 256);
}

function emissionOf(scores: Float32Array): Int16Array {
  const emission = new Int16Array(scores.length);
  writeEmission(scores, scores.length, emission, 0);
  return emission;
}

test('an emission is the deviation from the mean of all places, in 256ths, and at most 4.5', () => {
  // Mean 2, standard deviation 2: deviations −1, −1, 0, 2 … by hand.
  assert.deepEqual([...emissionOf(Float32Array.from([0, 0, 2, 6]))], [-209, -209, 0, 418]);
  const one = new Float32Array(100);
  one[7] = 1;
  assert.equal(emissionOf(one)[7], 1152);
  assert.deepEqual([...emissionOf(new Float32Array(5).fill(0.3))], [0, 0, 0, 0, 0]);
});

/**
 * Second opinion: every path, backwards from a state and a place. Moves as the reference states them: [from its own
 * state, from any state], each by so many places behind; or carried here from anywhere.
 */
const moves = {
  v0: { own: 'v0', back: 0, cost: 77 },
  v1: { own: 'v1', back: 1, cost: 0 },
  v2: { own: 'v2', back: 2, cost: 77 },
  v3: { own: 'v3', back: 3, cost: 102 },
  h0: { own: 'h1', back: 0, cost: 38 },
  h1: { own: 'h0', back: 1, cost: 38 },
  r1: { own: 'r1', back: -1, cost: 26 },
  r2: { own: 'r2', back: -2, cost: 103 },
  r3: { own: 'r3', back: -3, cost: 128 },
  g0: { own: 'g1', back: 0, cost: 64 },
  g1: { own: 'g0', back: -1, cost: 64 },
} as const;
type State = keyof typeof moves | 'free' | 'freeBack';
const all = [...(Object.keys(moves) as (keyof typeof moves)[]), 'free', 'freeBack'] as const;

/** The belief of each place after the last frame: that of the best of all paths to it, in any way of moving. */
function bestPaths(emissions: readonly Int16Array[]): number[] {
  const places = emissions[0]?.length ?? 0;
  const remembered = new Map<string, number>();
  const remember = (name: string, find: () => number): number => {
    const value = remembered.get(name) ?? find();
    remembered.set(name, value);
    return value;
  };
  const any = (frame: number, place: number): number =>
    remember(`${frame} ${place}`, () => Math.max(...all.map((state) => path(frame, state, place))));
  const surest = (frame: number): number =>
    remember(`${frame}`, () => Math.max(...Array.from({ length: places }, (_, place) => any(frame, place))));
  const path = (frame: number, state: State, place: number): number =>
    remember(`${frame} ${place} ${state}`, () => {
      const emission = emissions[frame]?.[place];
      if (emission === undefined) return -2304;
      if (frame === 0) return emission;
      const { costs, step, own } = wayTo(frame - 1, state, place);
      const better = Math.max(own, any(frame - 1, place - step) - 1280, surest(frame - 1) - 7168);
      return emission - costs + better - Math.floor(better / 16);
    });
  const wayTo = (frame: number, state: State, place: number): { costs: number; step: number; own: number } => {
    if (state !== 'free' && state !== 'freeBack') {
      const { own, back, cost } = moves[state];
      return { costs: cost, step: back, own: path(frame, own, place - back) };
    }
    const step = state === 'free' ? 1 : -1;
    const ways = [256, 0, 256, 384].map((price, steps) => path(frame, state, place - step * steps) - price);
    return { costs: state === 'free' ? 51 : 77, step, own: Math.max(...ways) };
  };
  return Array.from({ length: places }, (_, place) => any(emissions.length - 1, place));
}

const kinds = [
  ['plain code', undefined],
  ['kernels', readPlaceKernels()],
] as const;

const drives: Readonly<Record<string, (frame: number) => number>> = {
  'at the pace of the map': (frame) => 20 + frame,
  'twice as fast': (frame) => 20 + 2 * frame,
  'half as fast': (frame) => 20 + Math.floor(frame / 2),
  backwards: (frame) => 180 - frame,
  'backwards, twice as fast': (frame) => 180 - 2 * frame,
  'backwards, half as fast': (frame) => 180 - Math.floor(frame / 2),
  'with a stop': (frame) => 20 + Math.min(frame, 30) + Math.max(0, frame - 50),
  'there and back': (frame) => (frame < 40 ? 20 + frame : 100 - frame),
  'three times as fast': (frame) => (frame < 25 ? 20 + frame : 45 + 3 * (frame - 25)),
  'at any pace': (frame) => 20 + Math.floor(1.5 * frame) - (frame % 9 === 0 ? 1 : 0),
  'backwards, at any pace': (frame) => 180 - Math.floor(1.5 * frame) + (frame % 9 === 0 ? 1 : 0),
};

for (const [kind, module] of kinds) {
  const create = (capacity?: number): SequenceFilter => new SequenceFilter(module, capacity);

  test(`${kind}: the belief of a place is that of the best of all paths to it`, () => {
    const random = new RandomBits(1, 0);
    for (let round = 0; round < 8; round++) {
      const frames = Array.from({ length: 4 }, () => scored(random, 5, random.below(5), 0.5));
      const filter = create(2);
      bestOf(filter, frames);
      assert.deepEqual(beliefs(filter, 5), bestPaths(frames.map(emissionOf)));
    }
  });

  test(`${kind}: the same where a robot is carried off`, () => {
    const random = new RandomBits(9, 0);
    // After so long a drive any other place is believed in for having been carried there.
    const frames = Array.from({ length: 28 }, (_, frame) => scored(random, 90, frame < 24 ? frame : 60 + frame, 2));
    const filter = create();
    bestOf(filter, frames);
    assert.deepEqual(beliefs(filter, 90), bestPaths(frames.map(emissionOf)));
  });

  test(`${kind}: by odometry too: every path that keeps within a place of it a step`, () => {
    const random = new RandomBits(2, 0);
    // 0.6 + 0.6 + 0.6 − 2.2 places: whole steps 1, 0, 1, −2.
    const advances = [0, 0.6, 0.6, 0.6, -2.2];
    const steps = [0, 1, 0, 1, -2];
    const frames = advances.map(() => scored(random, 6, random.below(6), 0.5));
    const filter = create();
    bestOf(filter, frames, advances);
    const emissions = frames.map(emissionOf);
    const path = (frame: number, place: number): number => {
      const emission = emissions[frame]?.[place];
      if (emission === undefined) return -2304;
      if (frame === 0) return emission;
      const from = place - (steps[frame] as number);
      const better = Math.max(path(frame - 1, from), ...[-1, 1].map((wrong) => path(frame - 1, from + wrong) - 256));
      return emission + better - Math.floor(better / 16);
    };
    assert.deepEqual(
      beliefs(filter, 6),
      [0, 1, 2, 3, 4, 5].map((place) => path(4, place)),
    );
  });

  for (const [name, placeAt] of Object.entries(drives))
    test(`${kind}: a drive ${name} is followed where single frames are right two times of three`, () => {
      const random = new RandomBits(3, 0);
      const truth = Array.from({ length: 75 }, (_, frame) => placeAt(frame));
      const frames = truth.map((place) => scored(random, 200, place, random.uniform() < 0.6 ? 1 : 0.2));
      const right = bestOf(create(), frames).map((place, frame) => Math.abs(place - (truth[frame] ?? 0)) < 2);
      const later = right.slice(9).filter(Boolean).length;
      assert.ok(later >= 50, `${later} of 66`);
    });

  test(`${kind}: carried elsewhere, the robot is found again within 9 frames`, () => {
    const random = new RandomBits(4, 0);
    const truth = Array.from({ length: 80 }, (_, frame) => (frame < 40 ? frame : 80 + frame));
    const frames = truth.map((place) => scored(random, 200, place, 1));
    assert.deepEqual(bestOf(create(), frames).slice(49), truth.slice(49));
    // Its wheels turned as if it had only driven on.
    const advances = truth.map(() => 1);
    assert.deepEqual(bestOf(create(), frames, advances).slice(49), truth.slice(49));
  });

  test(`${kind}: a map that grows while matching: what was believed of the others stays`, () => {
    const random = new RandomBits(5, 0);
    const frames = Array.from({ length: 30 }, (_, frame) => scored(random, 8 + (frame >> 1), frame >> 1, 0.7));
    assert.deepEqual(bestOf(create(4), frames), bestOf(create(100), frames));
    assert.equal(bestOf(create(4), frames).at(-1), 14);
  });

  test(`${kind}: a new beginning forgets`, () => {
    const random = new RandomBits(6, 0);
    const frames = Array.from({ length: 20 }, (_, frame) => scored(random, 50, frame, 0.7));
    const filter = create();
    bestOf(filter, frames, [0, 0.4]);
    filter.begin();
    assert.deepEqual(bestOf(filter, frames), bestOf(create(), frames));
  });

  test(`${kind}: who has stopped goes on at any pace; a frame that comes twice is no stop`, () => {
    // Two places a frame; from 41 on, where the robot stopped, one back a frame: seen weakly, but for noise.
    const before = Array.from({ length: 20 }, (_, frame) => scored(new RandomBits(8, frame), 100, 3 + 2 * frame, 1));
    const after = [40, 39].map((place) => scored(new RandomBits(9, place), 100, place, 0.75));
    const goneOn = (stands: number): number[] => {
      const filter = create();
      bestOf(filter, before);
      for (let stand = 0; stand < stands; stand++) filter.stand();
      return bestOf(filter, after);
    };
    assert.deepEqual(goneOn(1), goneOn(0));
    assert.notDeepEqual(goneOn(0), [40, 39]);
    assert.deepEqual(goneOn(2), [40, 39]);
  });

  test(`${kind}: odometry that comes and goes: the belief is handed over`, () => {
    const random = new RandomBits(7, 0);
    const truth = Array.from({ length: 60 }, (_, frame) => (frame < 30 ? 3 * frame : 90 - (frame - 30)));
    const frames = truth.map((place) => scored(random, 100, place, random.uniform() < 0.6 ? 1 : 0.2));
    const advances = truth.map((_, frame) => (frame < 32 ? 3 : Number.NaN));
    const right = bestOf(create(), frames, advances).map((place, frame) => place === truth[frame]);
    const later = right.slice(9).filter(Boolean).length;
    assert.ok(later >= 45, `${later} of 51`);
  });

  test(`${kind}: no sum leaves 16 bits, however long and however sure`, () => {
    const filter = create();
    const sure = new Float32Array(1000);
    sure[500] = 1;
    for (let frame = 0; frame < 200; frame++) filter.step(sure, 1000, frame < 100 ? Number.NaN : 0);
    const values = beliefs(filter, 1000);
    assert.equal(Math.max(...values), values[500]);
    assert.ok(values.every((value) => Math.abs(value) < 20000));
  });

  test(`${kind}: a step allocates nothing`, () => {
    const filter = create();
    const random = new RandomBits(9, 0);
    const frames = Array.from({ length: 300 }, (_, frame) => scored(random, 40, frame % 40, 1));
    const beliefs = new Float32Array(40);
    let told = 0;
    const grown = (): number => {
      const before = memoryUsage().heapUsed;
      for (let frame = 0; frame < frames.length; frame++) {
        const scores = frames[frame] as Float32Array;
        // Two calls: a number that is chosen becomes an object on its way, which is not the filter's.
        if (frame % 3 === 0) filter.step(scores, 40, 0.7);
        else filter.step(scores, 40);
        filter.read(beliefs);
        told += filter.best;
      }
      return (memoryUsage().heapUsed - before) / frames.length;
    };
    // The engine compiles when it likes; the median of a few rounds stands clear of collections.
    let bytes = Infinity;
    for (let attempt = 0; attempt < 30 && bytes > 8; attempt++)
      bytes = Array.from({ length: 7 }, grown).sort((a, b) => a - b)[3] as number;
    assert.ok(bytes <= 8, `${bytes} bytes a step`);
    assert.ok(told > 0);
  });
}

test('the kernels give the bits of plain code: any scores, growth, steps by odometry, new beginnings', () => {
  const random = new RandomBits(8, 0);
  for (let round = 0; round < 60; round++) {
    const plain = new SequenceFilter(undefined, 8);
    const kernels = new SequenceFilter(readPlaceKernels(), 8);
    let places = 1 + random.below(40);
    for (let frame = 0; frame < 60; frame++) {
      if (random.uniform() < 0.15) places += random.below(20);
      if (random.uniform() < 0.03) places = 1 + random.below(places);
      const spread = 10 ** (6 * random.uniform() - 4);
      // Longer than the map: what lies beyond belongs to nobody.
      const scores = Float32Array.from({ length: places + 3 }, () => spread * (random.uniform() ** 8 - 0.3));
      if (random.uniform() < 0.1) scores.fill(spread);
      const advance = random.uniform() < 0.5 ? Number.NaN : 60 * (random.uniform() - 0.5) * random.uniform() ** 4;
      if (random.uniform() < 0.04) for (const filter of [plain, kernels]) filter.begin();
      if (random.uniform() < 0.04) for (const filter of [plain, kernels]) filter.stand();
      for (const filter of [plain, kernels]) filter.step(scores, places, advance);
      assert.deepEqual(beliefs(kernels, places), beliefs(plain, places), `round ${round}, frame ${frame}`);
      assert.equal(kernels.best, plain.best);
    }
  }
});
