import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AxondPlace } from './axond-place.js';
import { nowhere } from './estimate.js';
import { MapTracker } from './map-tracker.js';
import { defaultTheta, type PlaceRule } from './place-clock.js';
import { PlaceMap } from './place-map.js';
import { SyntheticRoad, syntheticDrive, type DriveConditions } from './synthetic-drive.js';
import { frameOf } from './traverse.js';

const road = new SyntheticRoad(11);

function metresOf(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, frame) => from + frame * step);
}

function trackerOf(rule: PlaceRule = { theta: defaultTheta }, adapt?: boolean): MapTracker {
  return new MapTracker(new PlaceMap(new AxondPlace({ sensor: 'grey', height: 32, width: 64 }), rule), adapt);
}

interface Answer {
  readonly at: number;
  readonly learned: number;
  readonly place: number;
  readonly known: boolean;
}

/** Drives along these metres and tells what the tracker says at each; `odometry`: it is told how far it went. */
function go(
  tracker: MapTracker,
  metres: readonly number[],
  {
    learn = false,
    odometry = false,
    ...conditions
  }: Partial<DriveConditions> & { learn?: boolean; odometry?: boolean },
): Answer[] {
  const drive = syntheticDrive(road, metres, conditions);
  const told = nowhere();
  tracker.begin();
  return metres.map((at, frame) => {
    const driven = odometry ? at - (metres[frame - 1] ?? at) : Number.NaN;
    assert.equal(tracker.track(frameOf(drive, frame), driven, told), true);
    const learned = learn ? tracker.learn(told) : -1;
    return { at, learned, place: told.place, known: told.known };
  });
}

/** Where each place was learned. */
function positions(answers: readonly Answer[]): Map<number, number> {
  return new Map(answers.filter(({ learned }) => learned >= 0).map(({ learned, at }) => [learned, at]));
}

function shareOf(answers: readonly Answer[], holds: (answer: Answer) => boolean): number {
  return answers.filter(holds).length / answers.length;
}

describe('map tracker', () => {
  const tracker = trackerOf();
  const learned = positions(go(tracker, metresOf(0, 400, 1), { learn: true }));
  tracker.map.recogniser.settle();
  const right = ({ place, at }: Answer): boolean => Math.abs((learned.get(place) ?? Infinity) - at) <= 6;

  it('learns a place a few metres, and one of standing still', () => {
    assert.ok(learned.size > 100 && learned.size < 200, String(learned.size));
    const still = trackerOf();
    assert.equal(positions(go(still, Array<number>(300).fill(50), { learn: true })).size, 1);
  });

  it('knows the places again on another day, at another frame rate, and is seldom wrong', () => {
    const answers = go(tracker, metresOf(20, 380, 1.6), { season: 'winter', seed: 2 }).slice(20);
    assert.ok(shareOf(answers, ({ known }) => known) > 0.85, 'known');
    assert.ok(
      shareOf(
        answers.filter(({ known }) => known),
        right,
      ) > 0.95,
    );
  });

  it('neither learns nor forgets where it is while the lens is covered, and takes a covered lens for no place', () => {
    const covered = new Uint8Array(64 * 32);
    const told = nowhere();
    const own = trackerOf();
    const before = positions(go(own, metresOf(0, 400, 1), { learn: true })).size;
    const [last] = go(own, metresOf(20, 200, 1), { seed: 2 }).slice(-1);
    assert.equal(last?.known, true);
    for (let frame = 0; frame < 50; frame++) {
      assert.equal(own.track(covered, Number.NaN, told), false);
      assert.equal(own.learn(told), -1);
    }
    assert.equal(own.places, before);
    const after = syntheticDrive(road, [201], { seed: 3 });
    assert.equal(own.track(frameOf(after, 0), Number.NaN, told), true);
    assert.deepEqual([told.known, told.place], [true, last.place]);
  });

  it('says unknown on a road that was never learned', () => {
    const answers = go(tracker, metresOf(2000, 2300, 1), { seed: 3 });
    assert.ok(shareOf(answers, ({ known }) => known) < 0.05);
    assert.ok(answers.every(({ known, place }) => known === place >= 0));
  });

  it('is lost where it was never, and found again soon after it was carried back', () => {
    const here = metresOf(60, 120, 1);
    const away = metresOf(2000, 2100, 1);
    const back = metresOf(250, 330, 1);
    const answers = go(tracker, [...here, ...away, ...back], { season: 'winter', seed: 6 });
    const lost = answers.slice(here.length + 50, here.length + away.length);
    assert.ok(shareOf(lost, ({ known }) => known) < 0.1, 'lost');
    const found = answers.slice(here.length + away.length).findIndex((answer) => answer.known && right(answer));
    assert.ok(found > 0 && found < 30, `found after ${found} m`);
  });

  it('follows a robot that has stopped and goes back', () => {
    const backwards = [120, 280, 360].flatMap((end) => {
      const there = metresOf(end - 100, end, 1);
      const stop = Array<number>(60).fill(end);
      const back = metresOf(end - 40, end - 1, 1).reverse();
      return go(tracker, [...there, ...stop, ...back], { season: 'winter', seed: 9 }).slice(-back.length);
    });
    // A filter that does not hear of the stop looks for the robot further on first.
    assert.ok(shareOf(backwards, right) > 0.96, String(shareOf(backwards, right)));
  });

  it('knows the places of a short route, too', () => {
    const short = trackerOf();
    const places = positions(go(short, metresOf(0, 90, 1), { learn: true }));
    assert.ok(places.size >= 24 && places.size < 60, String(places.size));
    const answers = go(short, metresOf(0, 90, 1), { seed: 8 }).slice(30);
    const share = shareOf(answers, ({ known }) => known);
    assert.ok(share > 0.8, `${share} of ${places.size}`);
    // So few places leave little to compare with: a sixth of an unknown road is taken for one of them.
    assert.ok(shareOf(go(short, metresOf(2000, 2100, 1), { seed: 8 }), ({ known }) => known) < 0.33);
  });

  it('adds what is new on a second drive, and does not touch what it knows', () => {
    const grown = trackerOf();
    const before = positions(go(grown, metresOf(0, 400, 1), { learn: true }));
    grown.map.recogniser.settle();
    const rows = Array.from({ length: before.size }, (_, row) => grown.map.recogniser.row(row).slice());
    const added = [...positions(go(grown, metresOf(200, 500, 1), { learn: true, seed: 4 })).values()];
    assert.ok(added.filter((at) => at > 230 && at < 395).length <= 1, added.join(' '));
    assert.ok(added.filter((at) => at > 420).length > 15, added.join(' '));
    rows.forEach((row, place) => {
      assert.deepEqual(grown.map.recogniser.row(place), row);
    });
  });

  it('makes a place every so many metres where odometry comes in', () => {
    const spaced = trackerOf({ theta: defaultTheta, spacing: 2.5 });
    const at = [...positions(go(spaced, metresOf(0, 100, 0.5), { learn: true, odometry: true })).values()];
    assert.deepEqual(at, metresOf(0, 100, 2.5));
    assert.equal(spaced.notice, '');
  });

  it('says when the spacing is implausible', () => {
    const far = trackerOf({ theta: defaultTheta, spacing: 300 });
    go(far, metresOf(0, 3000, 5), { learn: true, odometry: true });
    assert.match(far.notice, /spacing 300 m: one place shows nothing of the next/);
    const near = trackerOf({ theta: defaultTheta, spacing: 0.05 });
    go(
      near,
      metresOf(0, 300, 2).flatMap((at) => [at, at + 0.06]),
      { learn: true, odometry: true },
    );
    assert.equal(near.notice === '' || near.notice.includes('larger spacing'), true);
  });

  it('says when theta is beyond what views of the drive differ', () => {
    const coarse = trackerOf({ theta: 1.4 }, false);
    go(coarse, metresOf(0, 400, 1), { learn: true });
    assert.match(coarse.notice, /theta 1\.40: views of this drive differ by [01]\.\d\d, .* Learn with theta 0\.\d\d/);
    const adapting = trackerOf({ theta: 1.4 });
    go(adapting, metresOf(0, 400, 1), { learn: true });
    assert.ok(adapting.map.rule.theta <= defaultTheta);
    assert.equal(adapting.notice, '');
  });

  it('forgets a place', () => {
    const some = trackerOf();
    const ids = [...positions(go(some, metresOf(0, 100, 1), { learn: true })).keys()];
    const [, gone = -1] = ids;
    some.forget(gone);
    assert.equal(some.has(gone), false);
    assert.equal(some.places, ids.length - 1);
    const answers = go(some, metresOf(0, 100, 1), {});
    assert.ok(answers.every(({ place }) => place !== gone));
  });
});
