import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { mapVersion } from '../../models/place/map-format.js';
import { encode as encodePng } from 'fast-png';
import { SyntheticRoad, syntheticDrive, type DriveConditions } from '../../models/place/synthetic-drive.js';
import { encode } from '../../drivers/events/encoders.test.fixture.js';
import type { EventFormat } from '../../drivers/events/formats.js';
import { RandomBits } from '../signal/random.js';
import { checkCommand } from './check.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { placeCommand } from './place.js';

const road = new SyntheticRoad(5);

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-place-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** A drive of a metre a frame, as a pack; returns its path. */
function pack(folder: string, from: number, to: number, conditions: Partial<DriveConditions> = {}): string {
  const metres = Array.from({ length: to - from }, (_, frame) => from + frame);
  const drive = syntheticDrive(road, metres, conditions);
  const path = join(folder, `${conditions.season ?? 'summer'}-${from}.${drive.frames}x32x64.u8`);
  writeFileSync(path, drive.pixels);
  return path;
}

/** Of a map, as its bytes have it: JSON in a string of JSON. */
const writtenVersion = `\\"version\\":${mapVersion}`;

const place = (t: TestContext, ...words: string[]): Promise<string> => runCommand(t, placeCommand(), ...words);
const placeJson = (t: TestContext, ...words: string[]): Promise<Record<string, unknown>> =>
  runJson(t, placeCommand(), ...words);

describe('axond place learn, add, match, inspect', () => {
  it('learns a route, knows it again, and takes another drive into the map', async (t) => {
    const folder = folderFor(t);
    const map = join(folder, 'route.map');
    const learned = await placeJson(t, 'learn', pack(folder, 0, 200), '--map', map, '--thumbnails');
    const places = Number(learned['places']);
    assert.ok(places > 50 && places < 120, String(places));

    const sheet = await placeJson(t, 'inspect', map);
    assert.deepEqual(
      [sheet['places'], sheet['rows'], sheet['thumbnails'], sheet['version']],
      [places, places, places, mapVersion],
    );
    assert.equal(sheet['bytes'], readFileSync(map).length);

    const winter = pack(folder, 20, 180, { season: 'winter', seed: 3 });
    const lines = (await place(t, 'match', winter, '--map', map, '--json')).trimEnd().split('\n');
    const estimates = lines.map((line) => JSON.parse(line) as { frame: number; place: number; known: boolean });
    assert.deepEqual(
      estimates.map(({ frame }) => frame),
      Array.from({ length: 160 }, (_, frame) => frame),
    );
    const late = estimates.slice(30);
    const known = late.filter((estimate) => estimate.known);
    assert.ok(known.length > 0.8 * late.length);
    // Places are about as far apart everywhere.
    const right = known.filter((estimate) => Math.abs((estimate.place * 200) / places - (20 + estimate.frame)) < 15);
    assert.ok(right.length > 0.8 * known.length, `${right.length} of ${known.length}`);

    const added = await placeJson(t, 'add', pack(folder, 100, 300, { seed: 7 }), '--map', map);
    assert.ok(Number(added['newPlaces']) > 15 && Number(added['newPlaces']) < 60, JSON.stringify(added));
    assert.equal(added['places'], places + Number(added['newPlaces']));
  });

  it('keeps to a wanted number of places, to a spacing, and to a budget', async (t) => {
    const folder = folderFor(t);
    const drive = pack(folder, 0, 120);
    const named = (name: string): string => join(folder, name);
    const few = await placeJson(t, 'learn', drive, '--map', named('few.map'), '--places', '20');
    assert.ok(Math.abs(Number(few['places']) - 20) <= 2, JSON.stringify(few));
    writeFileSync(named('metres'), Array<string>(120).fill('1').join('\n'));
    const words = ['--spacing', '10', '--odometry', named('metres')];
    const spaced = await placeJson(t, 'learn', drive, '--map', named('spaced.map'), ...words);
    assert.deepEqual([spaced['places'], spaced['spacing']], [12, 10]);
    const small = await placeJson(t, 'learn', drive, '--map', named('small.map'), '--budget', '7');
    assert.equal(small['rows'], 7);
  });

  it('adds a map to a map', async (t) => {
    const folder = folderFor(t);
    const [one, other] = [join(folder, 'one.map'), join(folder, 'other.map')];
    const first = await placeJson(t, 'learn', pack(folder, 0, 150), '--map', one);
    const second = await placeJson(t, 'learn', pack(folder, 1000, 1100), '--map', other);
    const both = await placeJson(t, 'add', other, '--map', one);
    const most = Number(first['places']) + Number(second['places']);
    assert.ok(
      Number(both['places']) <= most && Number(both['places']) > 0.95 * most,
      JSON.stringify([first, second, both]),
    );
  });

  it('learns a small map of half the bytes, which knows the route and takes no other size', async (t) => {
    const folder = folderFor(t);
    const [small, large] = [join(folder, 'small.map'), join(folder, 'large.map')];
    const drive = pack(folder, 0, 150);
    await place(t, 'learn', drive, '--map', large);
    await place(t, 'learn', drive, '--map', small, '--size', 'small');
    const [sheet, other] = [await placeJson(t, 'inspect', small), await placeJson(t, 'inspect', large)];
    assert.equal(sheet['places'], other['places']);
    // Headers are padded to eight bytes.
    const saved = Number(other['bytes']) - Number(sheet['bytes']) - 128 * Number(sheet['places']);
    assert.ok(Math.abs(saved) <= 8, String(saved));
    assert.match(await place(t, 'inspect', small), /of axond-place, small, frames of 32x64 \(grey\)/);
    const winter = pack(folder, 10, 140, { season: 'winter', seed: 3 });
    const lines = (await place(t, 'match', winter, '--map', small, '--json')).trimEnd().split('\n').slice(30);
    const known = lines.filter((line) => (JSON.parse(line) as { known: boolean }).known);
    assert.ok(known.length > 0.8 * lines.length, `${known.length} of ${lines.length}`);
    await assert.rejects(
      place(t, 'add', small, '--map', large),
      /small\.map: a map of axond-place, small, .* but --map is one of axond-place, large/,
    );
  });

  it('leaves a map of another version as it is, and says to learn it again', async (t) => {
    const folder = folderFor(t);
    const map = join(folder, 'route.map');
    const drive = pack(folder, 0, 60);
    await place(t, 'learn', drive, '--map', map);
    const old = readFileSync(map, 'latin1').replace(writtenVersion, '\\"version\\":1');
    writeFileSync(map, old, 'latin1');
    writeFileSync(`${map}.journal`, 'what was learned last');
    for (const words of [
      ['match', drive],
      ['add', drive],
    ])
      await assert.rejects(
        place(t, ...words, '--map', map),
        /route\.map: the map is version 1, and this axond, of version \d+, .*Learn it again .*axond place learn/,
      );
    await assert.rejects(place(t, 'inspect', map), /route\.map: the map is version 1/);
    assert.equal(readFileSync(map, 'latin1'), old);
    assert.equal(readFileSync(`${map}.journal`, 'latin1'), 'what was learned last');
  });

  it('follows the robot from one map to another', async (t) => {
    const folder = folderFor(t);
    const maps = [join(folder, 'north.map'), join(folder, 'south.map')];
    for (const [at, map] of maps.entries())
      await place(t, 'learn', pack(folder, 1000 * at, 1000 * at + 150), '--map', map);
    const text = await place(t, 'match', pack(folder, 1010, 1140, { seed: 9 }), '--map', ...maps);
    assert.match(text, /frame \d+: place \d+ of .*south\.map\n/);
  });

  it('recalls places from a part of the view, on a map as it is', async (t) => {
    const folder = folderFor(t);
    const map = join(folder, 'route.map');
    await place(t, 'learn', pack(folder, 0, 200), '--map', map);
    const before = readFileSync(map);
    // The upper half is behind something dark, then the lower one, which the camera sees with noise.
    const metres = Array.from({ length: 160 }, (_, frame) => 20 + frame);
    const { pixels } = syntheticDrive(road, metres, { season: 'winter', seed: 3 });
    const random = new RandomBits(2, 0);
    for (let pixel = 0; pixel < pixels.length; pixel++) {
      const half = Math.floor(pixel / 1024) % 2;
      if (half === Math.floor(pixel / 2048 / 7) % 2) pixels[pixel] = 20 + random.below(3);
    }
    const covered = join(folder, 'covered.160x32x64.u8');
    writeFileSync(covered, pixels);
    const right = async (...words: string[]): Promise<number> => {
      const lines = (await place(t, 'match', covered, '--map', map, '--json', ...words)).trimEnd().split('\n');
      const { places } = await placeJson(t, 'inspect', map);
      return lines
        .map((line) => JSON.parse(line) as { frame: number; place: number; known: boolean })
        .filter(({ known, place, frame }) => known && Math.abs((place * 200) / Number(places) - (20 + frame)) < 15)
        .length;
    };
    const [recalled, matched] = [await right('--recall'), await right()];
    assert.ok(recalled > 80 && recalled > matched + 20, `${recalled} recalled, ${matched} matched`);
    assert.deepEqual(readFileSync(map), before);
  });

  it('learns pictures in no order, each a place with its name, and knows, adds and inspects them', async (t) => {
    const folder = folderFor(t);
    const map = join(folder, 'views.map');
    /** Of a road, every eighth metre, backwards; every second one is twice as large. */
    const pictures = (name: string, from: number, to: number, conditions: Partial<DriveConditions>): string => {
      const path = join(folder, name);
      mkdirSync(path);
      for (let view = from; view < to; view++) {
        const size = view % 2 === 0 ? 1 : 2;
        const drive = syntheticDrive(road, [8 * view], conditions, 64 * size, 32 * size);
        const png = { width: drive.width, height: drive.height, channels: 1, depth: 8, data: drive.pixels } as const;
        writeFileSync(join(path, `${String(99 - view)}-view ${view}.png`), encodePng(png));
      }
      return path;
    };
    const summer = pictures('summer', 0, 40, {});
    const learned = await placeJson(t, 'learn', summer, '--map', map, '--sensor', 'unordered', '--thumbnails');
    assert.deepEqual([learned['places'], learned['frames'], learned['rows']], [40, 40, 40]);
    const inspected = await place(t, 'inspect', map);
    assert.match(inspected, /frames of 32x64 \(unordered\)/);
    assert.match(inspected, /rule +a place each picture\n/);
    assert.match(inspected, /40 labels, 0 poses, 40 thumbnails/);
    assert.match(inspected, /\n +0 60-view 39\n/);

    const winter = pictures('winter', 20, 60, { season: 'winter', seed: 3 });
    const lines = (await place(t, 'match', winter, '--map', map, '--json')).trimEnd().split('\n');
    const told = lines.map((line) => JSON.parse(line) as { name: string; known: boolean; label: string | null });
    assert.equal(told.length, 40);
    const viewOf = (name: string): number => Number(name.split(' ')[1]);
    for (const { name, known, label } of told)
      if (known) assert.equal(label, name, 'a picture is known as what it is of');
    assert.ok(told.filter(({ name, known }) => known && viewOf(name) < 40).length >= 10);
    assert.ok(!told.some(({ name, known }) => known && viewOf(name) >= 40));
    const text = await place(t, 'match', winter, '--map', map);
    assert.match(text, /picture 0 \(40-view 59\): unknown, most like place \d+ \(\d+-view \d+\)\n/);
    assert.match(text, /picture 39 \(79-view 20\): place 19 \(79-view 20\)/);

    const added = await placeJson(t, 'add', winter, '--map', map);
    assert.equal(added['frames'], 40);
    assert.ok(Number(added['newPlaces']) >= 20 && Number(added['newPlaces']) <= 30, JSON.stringify(added));
    const again = (await place(t, 'match', winter, '--map', map, '--json')).trimEnd().split('\n');
    const known = again.map((line) => JSON.parse(line) as { name: string; known: boolean; label: string });
    assert.ok(known.every((one) => !one.known || one.label === one.name));
    assert.ok(known.filter((one) => one.known && viewOf(one.name) >= 40).length >= 17, 'what was added is known');

    for (const [words, message] of [
      [['learn', summer, '--map', `${map}2`, '--sensor', 'unordered', '--places', '3'], /--places: has no meaning for/],
      [['match', winter, '--map', map, '--recall'], /--recall: has no meaning for pictures in no order/],
      [['match', winter, '--map', map, map], /--map: several, which a robot drives over/],
      [['add', map, '--map', map], /views\.map: a map, and --map is one of pictures/],
      [['add', winter, '--map', map, '--budget', '9'], /--budget: has no meaning for/],
      [['learn', summer, '--map', `${map}2`], /the pictures before it are/],
    ] as const)
      await assert.rejects(place(t, ...words), message);
    assert.equal(existsSync(`${map}2`), false);
  });

  it('checks a map, and says what is wrong with it', async (t) => {
    const folder = folderFor(t);
    const map = join(folder, 'route.map');
    await place(t, 'learn', pack(folder, 0, 60), '--map', map);
    assert.match(
      await runCommand(t, checkCommand(), map),
      /route\.map: a map of \d+ places, \d+ rows: no fault found\./,
    );
    const bytes = readFileSync(map);
    writeFileSync(map, bytes.subarray(0, bytes.length / 2));
    t.after(() => {
      process.exitCode = 0;
    });
    const verdict = await runJson(t, checkCommand(), map);
    assert.equal(verdict['ok'], false);
    assert.match(String(verdict['faults']), /route\.map: tensor .*cut off or is damaged/);
    writeFileSync(map, bytes.toString('latin1').replace(writtenVersion, '\\"version\\":7'), 'latin1');
    await assert.rejects(place(t, 'inspect', map), /route\.map: the map is version 7, .* Update axond/);
  });

  it('refuses wrong usage with one line', async (t) => {
    const folder = folderFor(t);
    const drive = pack(folder, 0, 60);
    const map = join(folder, 'route.map');
    await place(t, 'learn', drive, '--map', map);
    const pictures = join(folder, 'pictures');
    mkdirSync(pictures);
    const picture = encodePng({ width: 64, height: 32, channels: 1, depth: 8, data: new Uint8Array(64 * 32) });
    writeFileSync(join(pictures, 'cut.png'), picture.subarray(0, picture.length - 20));
    const short = join(folder, 'short.1x32x64.u8');
    writeFileSync(short, new Uint8Array(1000));
    const silent = join(folder, 'silent.raw');
    writeFileSync(silent, encode('evt3', []));
    for (const [words, message] of [
      [['learn', drive, '--map', map], /route\.map: there is a map already.*axond place add/],
      [['learn', drive, '--map', `${map}2`, '--theta', '1', '--places', '3'], /--theta and --places: .*Use one/],
      [['learn', drive, '--map', `${map}2`, '--spacing', '1'], /--spacing: needs --odometry/],
      [
        ['learn', join(folder, 'none.5x32x64.u8'), '--map', `${map}2`],
        /none\.5x32x64\.u8: there is no such file or folder\. Correct the path/,
      ],
      [['learn', join(folder, 'none'), '--map', `${map}2`], /none: there is no such file or folder\. Correct the path/],
      [['learn', folder, '--map', `${map}2`], /: holds no picture\. Name a folder with \.png/],
      [['learn', pictures, '--map', `${map}2`], /cut\.png: cannot be read \(.*[^:]\)\. Copy it again/],
      [['learn', short, '--map', `${map}2`], /1000 bytes are not a whole number of frames of 32x64/],
      [['learn', silent, '--map', `${map}2`], /silent\.raw: has no frame\. Is it the right one/],
      [['learn', 'stdin:64', '--map', `${map}2`], /stdin:64: no frame size\. Write stdin:HEIGHTxWIDTH/],
      [['match', drive, '--map', join(folder, 'none.map')], /none\.map: there is no such file\. Learn a map first/],
      [['add', drive, '--map', map, '--odometry', drive], /line 1, ".*", is no number of metres/],
    ] as const)
      await assert.rejects(place(t, ...words), message);
    assert.equal(existsSync(`${map}2`), false, 'and no map is begun');
  });

  it('learns from a file of events of one format and matches one of another; hot pixels are learned once and kept', async (t) => {
    const folder = folderFor(t);
    const map = join(folder, 'events.map');
    const hot = join(folder, 'hot.json');
    // Forty places for three windows each; each has lights of its own among 16 x 16, blurred. One pixel fires all
    // the time.
    const drive = (name: string, format: EventFormat, seed: number): string => {
      const random = new RandomBits(seed, 0);
      const events = Array.from({ length: 40 * 3 * 800 }, (_, event) => {
        const timeUs = event * 50;
        const lights = new RandomBits(7, Math.floor(event / 2400));
        const lit = Array.from({ length: 30 }, () => Math.floor(lights.uniform() * 256));
        const light = lit[Math.floor(random.uniform() * lit.length)] ?? 0;
        const at = (part: number, side: number): number =>
          Math.floor(((part + 0.5) * side) / 16) +
          Math.floor(3 * random.uniform()) +
          Math.floor(3 * random.uniform()) -
          2;
        const seen = { x: at(light % 16, 346), y: at(Math.floor(light / 16), 260), polarity: 1, timeUs };
        return event % 40 === 0 ? { ...seen, x: 300, y: 200 } : seen;
      });
      const path = join(folder, name);
      writeFileSync(path, encode(format, events));
      return path;
    };
    const counting = ['--window', '40ms', '--hot-pixels', hot];
    const first = drive('first.raw', 'evt3', 1);
    const size = ['--columns', '16', '--rows', '16'];
    const learned = await placeJson(t, 'learn', first, '--map', map, ...size, ...counting);
    assert.equal(learned['frames'], 119, 'the last window is not known to be over');
    assert.ok(Number(learned['places']) >= 36 && Number(learned['places']) <= 42, String(learned['places']));
    assert.deepEqual((JSON.parse(readFileSync(hot, 'utf8')) as { pixels: unknown }).pixels, [[300, 200]]);
    assert.match(await place(t, 'inspect', map), /frames of 16x16 \(events, 40 ms each\)/);
    const second = drive('second.aedat4', 'aedat4', 2);
    await assert.rejects(
      place(t, 'match', second, '--map', map, '--window', '33ms'),
      /--window 33ms: the map was learned with 40ms\. Leave it out, or learn another map/,
    );
    // The map knows the window.
    const words = ['match', second, '--map', map, '--hot-pixels', hot, '--json'];
    const lines = (await place(t, ...words)).trimEnd().split('\n');
    const estimates = lines.map((line) => JSON.parse(line) as { frame: number; place: number; known: boolean });
    const right = estimates.filter(
      ({ frame, place, known }) => known && Math.abs(place - Math.floor(frame / 3)) <= 2,
    ).length;
    assert.ok(right >= 90, `${right} of ${estimates.length}`);
  });

  it('says in one line what does not fit: events for a map of pictures, a damaged file, other hot pixels', async (t) => {
    const folder = folderFor(t);
    const map = join(folder, 'route.map');
    await placeJson(t, 'learn', pack(folder, 0, 60), '--map', map, '--places', '20');
    const file = join(folder, 'drive.raw');
    const spot = [{ x: 5, y: 5, polarity: 1, timeUs: 1000 }];
    writeFileSync(file, encode('evt3', spot));
    await assert.rejects(place(t, 'match', file, '--map', map), /drive\.raw: has events, the map is of pictures/);
    const damaged = join(folder, 'damaged.aedat');
    writeFileSync(damaged, Buffer.concat([encode('aedat31', spot), new Uint8Array(28).fill(255)]));
    const other = join(folder, 'other.map');
    await assert.rejects(place(t, 'learn', damaged, '--map', other), /damaged\.aedat: a packet says type/);
    const hot = join(folder, 'hot.json');
    writeFileSync(hot, JSON.stringify({ sensor: 'x', width: 8, height: 8, seconds: 9, pixels: [] }));
    await assert.rejects(
      place(t, 'learn', file, '--map', other, '--hot-pixels', hot),
      /drive\.raw: the hot pixels are of a sensor of 8x8, this one has 346x260\. Learn them anew/,
    );
  });
});
