import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AxondPlace } from './axond-place.js';
import { nowhere } from './estimate.js';
import { appearancesOf, fittingTheta, learnDrive, ruleFor, thetaFor, type RecordedDrive } from './learn-drive.js';
import { MapSwitch } from './map-switch.js';
import { MapTracker } from './map-tracker.js';
import { mergeMaps } from './merge-maps.js';
import { defaultTheta } from './place-clock.js';
import { PlaceMap } from './place-map.js';
import { pruneMap } from './prune-map.js';
import { SyntheticRoad, syntheticDrive, type DriveConditions } from './synthetic-drive.js';
import { frameOf } from './traverse.js';

const road = new SyntheticRoad(21);

function driveFrom(from: number, to: number, conditions: Partial<DriveConditions> = {}): RecordedDrive {
  const drive = syntheticDrive(
    road,
    Array.from({ length: to - from }, (_, metre) => from + metre),
    conditions,
  );
  return { frames: Array.from({ length: drive.frames }, (_, frame) => frameOf(drive, frame)) };
}

function recogniser(): AxondPlace {
  return new AxondPlace({ sensor: 'grey', height: 32, width: 64 });
}

function learned(drive: RecordedDrive): PlaceMap {
  const map = new PlaceMap(recogniser(), { theta: defaultTheta });
  learnDrive(map, drive);
  return map;
}

function ids(map: PlaceMap): number[] {
  return map.places.map(({ id }) => id);
}

describe('learning a whole drive', () => {
  const drive = driveFrom(0, 300);

  it('makes the number of places that is wanted', () => {
    for (const wanted of [20, 60]) {
      const map = new PlaceMap(recogniser(), ruleFor(recogniser(), drive, { places: wanted }));
      learnDrive(map, drive);
      assert.ok(Math.abs(map.places.length - wanted) <= 0.1 * wanted, `${map.places.length} of ${wanted}`);
    }
  });

  it('takes the threshold that fits the drive where nothing is asked, and what is asked otherwise', () => {
    const appearances = appearancesOf(recogniser(), drive);
    assert.deepEqual(ruleFor(recogniser(), drive, {}), { theta: fittingTheta(appearances) });
    assert.deepEqual(ruleFor(recogniser(), drive, { theta: 0.4, spacing: 2 }), { theta: 0.4, spacing: 2 });
    assert.ok(thetaFor(appearances, 20) > thetaFor(appearances, 60));
  });

  it('makes a place every so many metres where they are told', () => {
    const map = new PlaceMap(recogniser(), { theta: defaultTheta, spacing: 10 });
    const frames: number[] = [];
    learnDrive(map, { ...drive, metres: drive.frames.map(() => 1) }, (_, frame) =>
      frames.push(drive.frames.indexOf(frame)),
    );
    assert.deepEqual(
      frames,
      Array.from({ length: 30 }, (_, place) => 10 * place),
    );
  });
});

describe('pruning a map', () => {
  it('takes further rows of a place before any place', () => {
    const drive = driveFrom(0, 150);
    const map = learned(drive);
    const places = map.places.length;
    for (const place of [3, 7, 9]) {
      map.recogniser.see(drive.frames[10 * place] ?? new Uint8Array());
      map.addRow(place);
    }
    assert.deepEqual(pruneMap(map, places + 1), { rows: 2, places: 0 });
    assert.equal(map.places.length, places);
    assert.deepEqual(pruneMap(map, places + 1), { rows: 0, places: 0 });
  });

  it('then thins the route, and leaves its ends and what a person has named', () => {
    const map = learned(driveFrom(0, 200));
    const before = ids(map);
    const named = [5, 6, 7].map((place) => before[place] ?? -1);
    for (const id of named) map.note(map.find(id), { label: `door ${id}` });
    const rows = Math.ceil(before.length / 2);
    pruneMap(map, rows);
    assert.equal(map.owners.length, rows);
    const after = ids(map);
    for (const id of [...named, before[0] ?? -1, before.at(-1) ?? -1]) assert.ok(after.includes(id), String(id));
    const holes = after.slice(1).map((id, place) => id - (after[place] ?? 0));
    assert.ok(Math.max(...holes) <= 4, holes.join(' '));
  });

  it('keeps what may not go, even above the budget', () => {
    const map = learned(driveFrom(0, 100));
    map.places.forEach((_, place) => {
      map.note(place, { label: 'here' });
    });
    assert.deepEqual(pruneMap(map, 3), { rows: 0, places: 0 });
  });
});

describe('merging maps', () => {
  it('finds what both know, and gives the rest new ids', () => {
    const map = learned(driveFrom(0, 250));
    const other = learned(driveFrom(100, 400, { seed: 9 }));
    const [first, second] = [map.places.length, other.places.length];
    const shared = other.places.findIndex((_, place) => place === 40);
    other.note(shared, { label: 'the mill' });
    const given = mergeMaps(map, other);
    assert.equal(given.size, second);
    const old = [...given.values()].filter((id) => id < first).length;
    assert.ok(old > 0.5 * first && old < 0.75 * first, `${old} of ${first} known`);
    const added = map.places.length - first;
    assert.equal(added + old, second);
    assert.equal(new Set(ids(map)).size, map.places.length);
    assert.equal(map.places[map.find(given.get(40) ?? -1)]?.label, 'the mill');
  });
});

describe('several maps', () => {
  it('goes over to the map that knows the place', () => {
    const maps = [learned(driveFrom(0, 200)), learned(driveFrom(1000, 1200))];
    const several = new MapSwitch(maps.map((map) => new MapTracker(map, false)));
    several.begin();
    const present: number[] = [];
    const told = nowhere();
    for (const drive of [driveFrom(20, 180, { seed: 5 }), driveFrom(1020, 1180, { seed: 6 })])
      for (const frame of drive.frames) {
        several.track(frame, Number.NaN, told);
        present.push(several.present);
      }
    assert.ok(present.slice(0, 160).every((map) => map === 0));
    const taken = present.indexOf(1) - 160;
    assert.ok(taken > 0 && taken < 100, String(taken));
    assert.ok(present.slice(160 + taken).every((map) => map === 1));
    assert.equal(told.known, true);
  });
});
