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

  it('ticks rarer where the answers stay at one place, and no rarer than fits views of this drive', () => {
    const low = thetaOf(winter);
    const often = ticks(low, summer);
    const clock = new DriveClock(cells, { theta: low });
    let passed = 0;
    for (const appearance of summer)
      if (clock.tick({ theta: low }, appearance, Number.NaN)) {
        passed++;
        clock.follow(0);
      }
    const fitting = ticks(theta, summer);
    assert.ok(often > 1.3 * fitting, `${often}, ${fitting}`);
    assert.ok(passed < 0.9 * often && passed > 0.9 * fitting, `${passed} of ${often}; ${fitting}`);
  });

  it('does not follow a change of mind, nor tick rarer where every tick is a place', () => {
    const low = thetaOf(winter);
    const clock = new DriveClock(cells, { theta: low });
    const passed = summer.filter((appearance, at) => {
      clock.follow(at % 2 === 0 ? 1 : 40);
      return clock.tick({ theta: low }, appearance, Number.NaN);
    });
    assert.equal(passed.length, ticks(low, summer));
  });

  it('never ticks rarer than the map while nobody tells where it is', () => {
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
