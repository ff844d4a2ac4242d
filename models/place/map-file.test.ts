import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { journalPath, MapFile } from './map-file.js';
import { encodeMap, type MapKind } from './map-format.js';
import { contentOf } from './map-content.js';
import { frameAt, ProductRecogniser } from './place-map.test.fixture.js';

const kind: MapKind = { method: 'axond-place', sensor: 'grey', height: 32, width: 64, size: 'large' };
const rule = { theta: 0.5 };

function pathFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-map-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'floor.map');
}

function create(path: string): MapFile {
  return MapFile.create(path, kind, rule, new ProductRecogniser());
}

function open(path: string): MapFile {
  return MapFile.open(path, () => new ProductRecogniser());
}

function learn({ map }: MapFile, count: number): void {
  for (let place = 0; place < count; place++) {
    map.recogniser.see(frameAt(map.nextId));
    map.addPlace();
  }
}

/** Every place looks as it looked when it was learned. */
function assertWhole({ map }: MapFile): void {
  map.places.forEach(({ id }, place) => {
    assert.equal(id, place);
    assert.deepEqual(map.recogniser.row(place), new Int8Array(frameAt(id)));
  });
}

describe('map file', () => {
  it('has every change on the disk before it is saved', (t) => {
    const path = pathFor(t);
    const file = create(path);
    learn(file, 3);
    file.map.note(1, { label: 'lift' });
    const again = open(path);
    assertWhole(again);
    assert.equal(again.map.places.length, 3);
    assert.equal(again.map.places[1]?.label, 'lift');
    assert.match(again.notices.join(), /took 4 changes from its journal/);
    assert.equal(existsSync(journalPath(path)), false);
    assert.deepEqual(open(path).notices, []);
  });

  it('goes on after saving', (t) => {
    const path = pathFor(t);
    const file = create(path);
    learn(file, 2);
    file.save();
    learn(file, 2);
    file.close();
    assert.equal(open(path).map.places.length, 4);
  });

  it('leaves out a change that power failure cut off, and says so', (t) => {
    const path = pathFor(t);
    learn(create(path), 4);
    truncateSync(journalPath(path), readFileSync(journalPath(path)).length - 5);
    const again = open(path);
    assert.equal(again.map.places.length, 3);
    assertWhole(again);
    assert.match(again.notices.join(), /last change was cut off and is lost/);
  });

  it('forgets a journal that is in the file already', (t) => {
    const path = pathFor(t);
    const file = create(path);
    learn(file, 4);
    const journal = readFileSync(journalPath(path));
    file.save();
    writeFileSync(journalPath(path), journal);
    const again = open(path);
    assert.equal(again.map.places.length, 4);
    assert.deepEqual(again.notices, []);
    assert.equal(existsSync(journalPath(path)), false);
  });

  it('refuses a journal of a later map, and keeps both', (t) => {
    const path = pathFor(t);
    const file = create(path);
    const old = readFileSync(path);
    file.save();
    learn(file, 1);
    writeFileSync(path, old);
    assert.throws(() => open(path), /goes on from revision 1, .*floor\.map is 0\. One of them was replaced/);
    assert.equal(existsSync(journalPath(path)), true);
  });

  it('does not write over what another program wrote', (t) => {
    const path = pathFor(t);
    const file = create(path);
    writeFileSync(path, encodeMap(contentOf(file.map, kind, 9)));
    assert.throws(() => {
      file.save();
    }, /written by another program meanwhile/);
  });

  it('names file and damage', (t) => {
    const path = pathFor(t);
    assert.throws(() => open(path), /floor\.map: there is no such file\. Learn a map first/);
    learn(create(path), 1);
    appendFileSync(journalPath(path), 'x\n');
    assert.throws(() => open(path), /floor\.map\.journal: line 3: not JSON/);
    assert.throws(() => create(path), /there is a map already/);
    writeFileSync(path, 'nothing');
    assert.throws(() => open(path), /floor\.map: safetensors: 7 bytes/);
  });

  it('keeps in memory what a full disk does not take, and writes it when there is room', (t) => {
    const path = pathFor(t);
    const file = create(path);
    symlinkSync('/dev/full', journalPath(path));
    learn(file, 2);
    assert.match(file.failure, /floor\.map\.journal: cannot be written \(ENOSPC\)\. Make room/);
    unlinkSync(journalPath(path));
    learn(file, 1);
    assert.equal(file.failure, '');
    const again = open(path);
    assert.equal(again.map.places.length, 3);
    assertWhole(again);
  });

  it('has lost nothing that was told when the learner is killed', async (t) => {
    const path = pathFor(t);
    create(path);
    for (const lines of [3, 17]) {
      const fixture = fileURLToPath(new URL('learn-until-killed.test.fixture.js', import.meta.url));
      const child = spawn(process.execPath, [fixture, path], { stdio: ['ignore', 'pipe', 'inherit'] });
      let told = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        told += text;
        if (told.split('\n').length > lines) child.kill('SIGKILL');
      });
      await new Promise((resolve) => child.on('close', resolve));
      const last = Number(told.trimEnd().split('\n').at(-1));
      const file = open(path);
      assertWhole(file);
      assert.ok(
        last >= lines - 1 && file.map.places.length >= last + 1,
        `${last} told, ${file.map.places.length} kept`,
      );
      assert.ok(file.map.places.length <= last + 2);
    }
  });
});
