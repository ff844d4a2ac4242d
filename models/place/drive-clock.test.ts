import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RandomBits } from '../../runtime/signal/random.js';
import { DriveClock } from './drive-clock.js';
import { defaultTheta, PlaceClock } from './place-clock.js';
import { ViewRange } from './view-range.js';

const cells = 64;
const rate = 10;

/** Appearances on a way past 80 scenes, ten from one to the next; each cell differs between them by up to `contrast` of 1000. */
function way(contrast: number): Int32Array[] {
  const random = new RandomBits(3, 0);
  const whole = (most: number): number => random.below(2 * most + 1) - most;
  const common = Array.from({ length: cells }, () => whole(1000 - contrast));
  const scenes = Array.from({ length: 81 }, () => common.map((value) => value + whole(contrast)));
  return Array.from({ length: 80 * rate }, (_, frame) => {
    const [from = [], to = []] = [scenes[Math.floor(frame / rate)], scenes[Math.floor(frame / rate) + 1]];
    const share = (frame % rate) / rate;
    return Int32Array.from(from, (value, cell) => value + ((to[cell] ?? 0) - value) * share + whole(10));
  });
}

function thetaOf(appearances: readonly Int32Array[]): number {
  const range = new ViewRange(cells);
  for (const appearance of appearances) range.see(appearance);
  return range.theta;
}

function ticks(theta: number, appearances: readonly Int32Array[]): number {
  const clock = new DriveClock(cells, { theta });
  return appearances.filter((appearance) => clock.tick({ theta }, appearance, Number.NaN)).length;
}

describe('drive clock', () => {
  const [summer, winter] = [way(600), way(200)];
  const theta = thetaOf(summer);

  it('ticks as often where views differ less than those of the map, as in snow', () => {
    const [there, here] = [ticks(theta, summer), ticks(theta, winter)];
    assert.ok(there > 50 && here > 0.8 * there && here < 1.2 * there, `${there}, ${here}`);
    const fixed = new PlaceClock(cells, { theta });
    const passed = winter.filter((appearance) => fixed.tick(appearance, Number.NaN)).length;
    assert.ok(passed < 0.2 * there, `${passed} without it`);
  });

  it('never ticks rarer than the map, whatever the views', () => {
    const low = thetaOf(winter);
    const fixed = new PlaceClock(cells, { theta: low });
    assert.equal(ticks(low, summer), summer.filter((appearance) => fixed.tick(appearance, Number.NaN)).length);
  });

  it('keeps places as rare as they were asked for', () => {
    assert.ok(ticks(1.6 * defaultTheta, way(1000)) < 0.7 * ticks(defaultTheta, way(1000)));
  });

  it('takes the spacing of the map when that changes', () => {
    const clock = new DriveClock(1, { theta: 1 });
    const driven = (metres: number): boolean => clock.tick({ theta: 1, spacing: 2 }, Int32Array.of(100), metres);
    assert.deepEqual([driven(0), driven(1.5), driven(1.5), driven(1.5)], [true, false, true, true]);
    assert.equal(clock.advance, 1);
  });
});
