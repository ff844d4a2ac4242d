import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { placeRequests, recordLength, type RunDescription } from '../contracts.js';
import { createRecordList } from '../loop/loop.js';
import { pictureSlotBytes } from '../loop/picture-slot.js';
import { encodeMessage } from '../loop/records.js';
import { SlotRing } from '../loop/ring.js';
import { LoggedPlaceLoop } from '../place/logged-place-loop.js';
import { PlaceLoop } from '../place/place-loop.js';
import { DifferenceTracker, frameOf, pictureOf } from '../place/place-loop.test.fixture.js';
import { checkRecording } from '../recording/check.js';
import { openRecording, type Recording } from '../recording/read.js';
import { describeRun, emptySummary } from '../recording/recording.test.fixture.js';
import { RecordingWriter } from '../recording/writer.js';
import { replayPlaces } from './place-recording.js';

const [width, height] = [64, 32];
const run: RunDescription = {
  ...describeRun(0),
  stream: { device: 'camera', channels: [], rate: 30, delayUs: 0 },
  pictures: { width, height },
};
const order = [0, 0, 1, 2, 1, 0, 3, 3, 2, 1].flatMap((place) => Array<number>(20).fill(place));

/** A drive through the real rings and the real writer: frames, odometry between them, a label, a pause. */
function record(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-place-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'drive.db');
  const pictures = SlotRing.create(256, pictureSlotBytes(width, height));
  const decisions = SlotRing.create(1024, recordLength * 8);
  const loop = new LoggedPlaceLoop(new PlaceLoop(new DifferenceTracker(), 'learning'), pictures, decisions);
  const writer = new RecordingWriter(path, run);
  writer.map('floor', Uint8Array.of(1, 2, 3));
  const messages = createRecordList(1);
  let nowUs = run.startUs;
  const say = (kind: 'odometry' | 'place', ...fields: number[]): void => {
    messages.records.set(encodeMessage(kind, fields));
    messages.length = 1;
    loop.step((nowUs += 100), undefined, messages);
  };
  order.forEach((place, sequence) => {
    nowUs += 33_000;
    say('odometry', 0.1 + sequence / 1000, nowUs);
    loop.step(nowUs, frameOf(pictureOf(place, 5, sequence + 1), 2 * sequence, nowUs - 4321.5));
    if (sequence === 50) say('place', placeRequests.indexOf('label'), -1, 1);
    if (sequence === 100) say('place', placeRequests.indexOf('pause'), -1, 0);
    if (sequence === 110) say('place', placeRequests.indexOf('match'), -1, 0);
    writer.drain(pictures, decisions, new Map([[1, 'kitchen']]));
    if (sequence % 7 === 0) writer.commit();
  });
  writer.close({ ...emptySummary, samples: order.length });
  return path;
}

function reading<Result>(path: string, act: (recording: Recording) => Result): Result {
  const recording = openRecording(path);
  try {
    return act(recording);
  } finally {
    recording.close();
  }
}

test('the recording of a drive holds every picture with its time and number, and the map that it began with', (t) => {
  const path = record(t);
  reading(path, (recording) => {
    const pictures = [...recording.pictures()];
    assert.equal(pictures.length, order.length);
    order.forEach((place, sequence) => {
      const picture = pictures[sequence];
      assert.equal(picture?.sequence, 2 * sequence);
      assert.deepEqual(picture.pixels, pictureOf(place, 5, sequence + 1));
      assert.equal(picture.frameUs % 1, 0.5);
    });
    assert.deepEqual(recording.maps()[0]?.bytes, Buffer.from([1, 2, 3]));
    const label = [...recording.readableEvents()].find(({ text }) => text === 'kitchen');
    assert.ok(label?.event?.kind === 'map');
  });
  const { ok, faults, frames, warnings } = checkRecording(path);
  assert.deepEqual({ ok, faults, frames, warnings }, { ok: true, faults: [], frames: order.length, warnings: [] });
});

test('replay gives the same estimates and the same map, bit for bit', (t) => {
  const path = record(t);
  const tracker = new DifferenceTracker();
  const { frames, differences } = reading(path, (recording) =>
    replayPlaces(recording, new PlaceLoop(tracker, 'learning')),
  );
  assert.deepEqual(differences, []);
  assert.equal(frames, order.length);
  assert.ok(tracker.places >= 4);
});

test('a loop that decides otherwise is told apart, by the first place where it does', (t) => {
  const path = record(t);
  const { differences } = reading(path, (recording) =>
    replayPlaces(recording, new PlaceLoop(new DifferenceTracker(2), 'learning')),
  );
  assert.equal(differences[0]?.recorded !== null, true);
  assert.ok(differences.length > 0);
});

test('a pixel that was changed, and a picture that is missing, are found', (t) => {
  const path = record(t);
  const db = new Database(path);
  db.exec("update picture set packed = cast(packed || x'00' as blob) where id = 3");
  db.close();
  assert.match(checkRecording(path).faults.join('\n'), /table picture, row 3: its checksum does not fit/);
  const again = new Database(path);
  again.exec('delete from picture where id = 3');
  again.close();
  assert.match(checkRecording(path).faults.join('\n'), /table picture, row 3: is missing/);
  const { differences } = reading(path, (recording) =>
    replayPlaces(recording, new PlaceLoop(new DifferenceTracker(), 'learning')),
  );
  assert.match(JSON.stringify(differences[0]), /table picture, row 3/);
});
