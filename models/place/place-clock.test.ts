import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../engine/random-draft.test.fixture.js';
import { changeBetween, defaultTheta, PlaceClock } from './place-clock.js';

const cells = 64;
const byTheta = { theta: defaultTheta };

/** Scenes of one route, cells from −100 to 100. Half of each is common to all, as in a drive: any two differ by 1.0. */
function scenes(count: number, random: Random): Int32Array[] {
  const common = Array.from({ length: cells }, () => random.whole(-50, 50));
  return Array.from({ length: count }, () => Int32Array.from(common, (value) => value + random.whole(-50, 50)));
}

/** A drive through these scenes at `rate` frames from one to the next, each frame with its own noise. */
function drive(through: readonly Int32Array[], rate: number, noise: number, random: Random): Int32Array[] {
  return through.slice(1).flatMap((to, scene) =>
    Array.from({ length: rate }, (_, frame) =>
      to.map((value, cell) => {
        const from = through[scene]?.[cell] ?? 0;
        return from + ((value - from) * frame) / rate + random.whole(-noise, noise);
      }),
    ),
  );
}

function ticks(clock: PlaceClock, frames: readonly Int32Array[], metres = Number.NaN): number[] {
  return frames.flatMap((frame, at) => (clock.tick(frame, metres) ? [at] : []));
}

describe('place clock', () => {
  it('measures change against the mean size of the earlier appearance', () => {
    assert.equal(changeBetween(Int32Array.of(4, -4, 0, 8), Int32Array.of(4, 4, 0, 6)), 10 / 16);
    assert.equal(changeBetween(new Int32Array(3), new Int32Array(3)), 0);
    assert.equal(changeBetween(new Int32Array(3), Int32Array.of(0, 1, 0)), Number.POSITIVE_INFINITY);
  });

  it('begins a place with the first frame, and then where the change first exceeds theta', () => {
    const clock = new PlaceClock(2, { theta: 0.5 });
    const seen = [Int32Array.of(10, 10), Int32Array.of(10, 0), Int32Array.of(10, -1), Int32Array.of(10, -1)];
    assert.deepEqual(ticks(clock, seen), [0, 2]);
    assert.ok(Number.isNaN(clock.advance));
    clock.begin();
    assert.deepEqual(ticks(clock, seen.slice(3)), [0]);
  });

  it('makes the same places at 5, 15 and 30 frames a second, within a tenth', () => {
    const counts = [5, 15, 30].map((rate) => {
      const random = new Random(4);
      return ticks(new PlaceClock(cells, byTheta), drive(scenes(60, random), rate, 3, random)).length;
    });
    assert.ok(Math.min(...counts) > 45 && Math.max(...counts) <= 1.1 * Math.min(...counts), counts.join(', '));
  });

  it('makes no place of standing still for a minute, whatever the noise of a picture', () => {
    const random = new Random(5);
    const [scene = new Int32Array(cells)] = scenes(1, random);
    const still = Array.from({ length: 1800 }, () => scene.map((value) => value + random.whole(-10, 10)));
    assert.deepEqual(ticks(new PlaceClock(cells, byTheta), still), [0]);
  });

  it('follows the odometer where there is one, however little is to be seen', () => {
    const clock = new PlaceClock(cells, { theta: defaultTheta, spacing: 0.5 });
    const same = Array.from({ length: 21 }, () => new Int32Array(cells).fill(9));
    assert.deepEqual(ticks(clock, same, 0.125), [0, 4, 8, 12, 16, 20]);
    assert.equal(clock.advance, 1);
  });

  it('counts places backwards, and several at once', () => {
    const clock = new PlaceClock(1, { theta: defaultTheta, spacing: 1 });
    const seen = Int32Array.of(1);
    clock.tick(seen, 0);
    assert.equal(clock.tick(seen, -0.75), false);
    assert.equal(clock.tick(seen, -0.75), true);
    assert.equal(clock.advance, -1);
    // It stands half a metre behind that place: 0.75 m forwards are not the next one yet.
    assert.equal(clock.tick(seen, 0.75), false);
    assert.equal(clock.tick(seen, 3), true);
    assert.equal(clock.advance, 3);
  });

  it('makes no place of rocking to and fro by less than the spacing', () => {
    const clock = new PlaceClock(1, { theta: defaultTheta, spacing: 1 });
    const rocking = Array.from({ length: 1000 }, (_, at) => clock.tick(Int32Array.of(1), at % 2 === 0 ? 0.4 : -0.4));
    assert.equal(rocking.filter(Boolean).length, 1);
  });

  it('goes by what is seen while the odometer is silent', () => {
    const clock = new PlaceClock(1, { theta: defaultTheta, spacing: 1 });
    clock.tick(Int32Array.of(10), 0);
    assert.equal(clock.tick(Int32Array.of(-10), Number.NaN), true);
    assert.ok(Number.isNaN(clock.advance));
  });

  it('refuses a rule that holds for no drive', () => {
    assert.throws(() => new PlaceClock(1, { theta: 0 }), /theta: 0\. Use a number above 0/);
    assert.throws(() => new PlaceClock(1, { theta: 1, spacing: -1 }), /spacing: -1 m\. Use a distance above 0/);
  });
});
