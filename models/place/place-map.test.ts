import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mapSizes, type MapSize } from '../../runtime/contracts.js';
import { applyChanges, journalHead, journalLine, readJournal } from './map-journal.js';
import { contentOf, mapOf } from './map-content.js';
import { decodeMap, encodeMap, mapVersion, thumbnailBytes, type MapKind } from './map-format.js';
import { PlaceMap, type MapChange } from './place-map.js';
import { frameAt, ProductRecogniser } from './place-map.test.fixture.js';
import { AxondPlace } from './axond-place.js';
import { SyntheticRoad, syntheticDrive } from './synthetic-drive.js';
import { frameOf } from './traverse.js';
import { readSafetensors, writeSafetensors } from '../format/safetensors.js';

const kind: MapKind = { method: 'axond-place', sensor: 'grey', height: 32, width: 64, size: 'large' };
const rule = { theta: 0.5 };

/** Five places; the second and the fourth have a second row, of the pictures 11 and 13. */
function learned(changed: (change: MapChange) => void = () => undefined): PlaceMap {
  const map = new PlaceMap(new ProductRecogniser(), rule);
  map.changed = changed;
  for (let place = 0; place < 5; place++) {
    map.recogniser.see(frameAt(place));
    map.addPlace();
  }
  for (const place of [3, 1]) {
    map.recogniser.see(frameAt(10 + place));
    map.addRow(place);
  }
  return map;
}

function ids(map: PlaceMap): number[] {
  return map.places.map(({ id }) => id);
}

/** What tells one map from another. */
function whole(map: PlaceMap): unknown {
  const { places, owners, nextId, rule, recogniser } = map;
  const rows = owners.map((owner, row) => ({
    owner,
    spikes: recogniser.row(row),
    threshold: recogniser.threshold(row),
  }));
  return { places, nextId, rule, rows };
}

describe('place map', () => {
  it('answers for a place by the best of its rows', () => {
    const map = learned();
    map.recogniser.see(frameAt(13));
    const rows = new Float32Array(7);
    map.recogniser.score(rows);
    const scores = new Float32Array(5);
    map.score(scores);
    const [r0 = 0, r1 = 0, r2 = 0, r3 = 0, r4 = 0, second3 = 0, second1 = 0] = rows;
    assert.deepEqual([...scores], [r0, Math.max(r1, second1), r2, Math.max(r3, second3), r4]);
    assert.ok(second3 > r3);
  });

  it('keeps the ids of the others where one is forgotten, and never gives its id again', () => {
    const map = learned();
    map.forget(1);
    assert.deepEqual(ids(map), [0, 2, 3, 4]);
    assert.deepEqual([...map.owners], [0, 1, 2, 3, 2]);
    assert.deepEqual(map.recogniser.row(4), new Int8Array(frameAt(13)));
    map.forget(3);
    map.recogniser.see(frameAt(20));
    map.addPlace();
    assert.deepEqual(ids(map), [0, 2, 3, 5]);
    assert.equal(map.find(5), 3);
    assert.equal(map.find(4), -1);
  });

  it('takes 255 rows a place and refuses the next', () => {
    const map = learned();
    map.recogniser.see(frameAt(0));
    for (let row = 1; row < 255; row++) assert.equal(map.addRow(0), true);
    assert.equal(map.addRow(0), false);
    assert.equal(map.rowsOf(0).length, 255);
  });

  it('refuses a place that is not there', () => {
    assert.throws(() => {
      learned().forget(5);
    }, /place 5: there are 5/);
  });
});

describe('map format', () => {
  it('gives back the map that was written, rows in the order of their places', () => {
    const map = learned();
    map.recogniser.settle();
    map.note(2, { label: 'kitchen door', pose: { frame: 'map', x: 1, y: -2, z: 0, yaw: 0.5 } });
    map.note(4, { thumbnail: new Uint8Array(thumbnailBytes).fill(77) });
    map.forget(0);
    const content = decodeMap(encodeMap(contentOf(map, kind, 3)));
    assert.deepEqual(content.owners, [0, 0, 1, 2, 2, 3]);
    assert.deepEqual(content.kind, kind);
    assert.equal(content.revision, 3);
    const again = mapOf(content, new ProductRecogniser());
    assert.deepEqual(ids(again), [1, 2, 3, 4]);
    assert.equal(again.nextId, 5);
    assert.deepEqual(again.rule, rule);
    assert.deepEqual(again.recogniser.row(1), new Int8Array(frameAt(11)));
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5].map((row) => again.recogniser.threshold(row)),
      // As settled while all seven rows were there, in the order of learning.
      [2, 7, 3, 4, 6, 5].map((row) => row / 4),
    );
    assert.deepEqual(again.places[1], {
      id: 2,
      label: 'kitchen door',
      pose: map.places[1]?.pose,
      thumbnail: undefined,
    });
    assert.equal(again.places[3]?.thumbnail?.[9], 77);
  });

  for (const [size, most] of [
    ['large', 262],
    ['small', 140],
  ] as const)
    it(`takes at most ${most} bytes a place at 512 numbers a row: ${size}`, () => {
      const places = 1000;
      const file = encodeMap({
        kind: { ...kind, size },
        rule: { theta: 0.712345678, spacing: 0.25 },
        revision: 1000,
        nextId: places,
        places: Array.from({ length: places }, (_, id) => ({ id })),
        owners: Array.from({ length: places }, (_, place) => place),
        cells: 512,
        spikes: new Int8Array(places * 512),
        thresholds: new Float32Array(places),
      });
      assert.ok(file.length <= 1000 * most, `${file.length} bytes`);
    });

  it('names what is wrong with a file', () => {
    const file = encodeMap(contentOf(learned(), kind, 0));
    assert.throws(
      () => decodeMap(changed(file, `"version":${mapVersion}`, `"version":${mapVersion + 1}`)),
      /map is version \d+, this axond reads \d+\. Update/,
    );
    assert.throws(
      () => decodeMap(changed(file, `"version":${mapVersion}`, `"version":${mapVersion - 1}`)),
      /map is version \d+, and this axond, of version \d+, sees pictures in another way\. Learn it again/,
    );
    assert.throws(() => decodeMap(changed(file, '"theta":0.5', '"theta":-.5')), /not JSON/);
    assert.throws(() => decodeMap(changed(file, '"theta":0.5', '"theta":0.0')), /axond\.map: rule\.theta/);
    assert.throws(() => decodeMap(changed(file, '[[0,5]]', '[[1,5]]')), /places 1 to 5, but the next is 5/);
    assert.throws(() => decodeMap(changed(file, '[[0,5]]', '[[0,4]]')), /tensor rows: 5 bytes of U8, expected 4/);
    assert.throws(() => decodeMap(file.subarray(0, -1)), /cut off or is damaged/);
    const other = writeSafetensors({ metadata: new Map(), tensors: new Map() });
    assert.throws(() => decodeMap(other), /no map of axond/);
    const damaged = file.slice();
    damaged[damaged.length - 6] = 0x88;
    assert.throws(() => decodeMap(damaged), /tensor spikes: numbers beyond|a place without a row/);
  });

  it('refuses rows of another recogniser', () => {
    const content = decodeMap(encodeMap(contentOf(learned(), kind, 0)));
    assert.throws(
      () => mapOf({ ...content, cells: 7 }, new ProductRecogniser()),
      /rows of 7 numbers, but .* 8 .*Learn the map again/,
    );
  });
});

describe('a map of axond-place', () => {
  const drive = syntheticDrive(
    new SyntheticRoad(3),
    Array.from({ length: 40 }, (_, place) => 4 * place),
  );
  const recogniser = (size: MapSize): AxondPlace => new AxondPlace({ ...drive, sensor: 'grey', size });

  function scoresOf(map: PlaceMap): Float32Array[] {
    map.recogniser.begin();
    return Array.from({ length: 20 }, (_, frame) => {
      const scores = new Float32Array(map.places.length);
      if (map.recogniser.see(frameOf(drive, 2 * frame))) map.score(scores);
      return scores;
    });
  }

  for (const size of mapSizes)
    it(`answers the same, bit for bit, from its file and from its journal: ${size}`, () => {
      let text = journalHead(0);
      const map = new PlaceMap(recogniser(size), rule);
      map.changed = (change) => (text += journalLine(change));
      for (let frame = 0; frame < drive.frames; frame++) if (map.recogniser.see(frameOf(drive, frame))) map.addPlace();
      map.recogniser.settle();
      const scores = scoresOf(map);
      assert.ok(new Set(scores[3]).size > 30);
      const file = encodeMap(contentOf(map, { ...kind, size }, 0));
      assert.deepEqual(scoresOf(mapOf(decodeMap(file), recogniser(size))), scores);
      const again = new PlaceMap(recogniser(size), rule);
      applyChanges(again, readJournal(text, 512)?.changes ?? []);
      assert.deepEqual(scoresOf(again), scores);
    });
});

describe('map journal', () => {
  /** A journal of everything that `learned` and the changes below did. */
  function written(): { map: PlaceMap; text: string } {
    let text = journalHead(4);
    const map = learned((change) => (text += journalLine(change)));
    map.note(1, { label: 'Tür', thumbnail: new Uint8Array(thumbnailBytes).fill(200) });
    map.forget(2);
    return { map, text };
  }

  it('gives the map again', () => {
    const { map, text } = written();
    const journal = readJournal(text, 8);
    assert.ok(journal);
    assert.equal(journal.revision, 4);
    assert.equal(journal.cut, false);
    const again = new PlaceMap(new ProductRecogniser(), rule);
    applyChanges(again, journal.changes);
    map.recogniser.settle();
    const [is, was] = [whole(again), whole(map)];
    assert.deepEqual(JSON.parse(JSON.stringify(is)), JSON.parse(JSON.stringify(was)));
  });

  it('loses at most the last change wherever it is cut off', () => {
    const { text } = written();
    const all = readJournal(text, 8)?.changes.length ?? 0;
    const head = text.indexOf('\n');
    for (let length = 0; length < text.length; length++) {
      const journal = readJournal(text.slice(0, length), 8);
      if (length <= head) assert.equal(journal, undefined);
      else assert.equal(journal?.changes.length, text.slice(0, length).split('\n').length - 2);
      if (length === text.length - 1) assert.deepEqual([journal?.changes.length, journal?.cut], [all - 1, true]);
    }
  });

  it('names a damaged line', () => {
    const { text } = written();
    assert.throws(() => readJournal(text.replace('"id":1', '"id":-1'), 8), /line 3: id/);
    assert.throws(() => readJournal(text.replace('"spikes":"', '"spikes":"AAAA'), 8), /line 2: no row of 8 numbers/);
    const journal = readJournal(text, 8);
    assert.throws(() => {
      applyChanges(learned(), journal?.changes ?? []);
    }, /place 0 is already on the map\. The journal is of another map/);
  });
});

/** The same file with another text in its header; both texts of one length. */
function changed(file: Uint8Array, from: string, to: string): Uint8Array {
  const { metadata, tensors } = readSafetensors(file);
  const text = metadata.get('axond.map') ?? '';
  assert.ok(text.includes(from), text);
  return writeSafetensors({ metadata: new Map([['axond.map', text.replace(from, to)]]), tensors });
}
