import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapChanges, placeRequests, recordLength, type LoopEvent, type MessageKind } from '../contracts.js';
import { createRecordList, type RecordList } from '../loop/loop.js';
import { decodeEvent, encodeMessage } from '../loop/records.js';
import { MapSwitch } from '../../models/place/map-switch.js';
import { PlaceLoop, type PlaceMode } from './place-loop.js';
import { DifferenceTracker, frameOf, pictureOf } from './place-loop.test.fixture.js';

type Message = readonly [MessageKind, ...number[]];
const dark = new Uint8Array(64 * 32);

function messagesOf(...messages: readonly Message[]): RecordList {
  const list = createRecordList(16);
  for (const [kind, ...fields] of messages) {
    list.records.set(encodeMessage(kind, fields), list.length++ * recordLength);
  }
  return list;
}

const ask = (request: (typeof placeRequests)[number], place = -1, text = 0): Message => [
  'place',
  placeRequests.indexOf(request),
  place,
  text,
];

class Drive {
  readonly tracker = new DifferenceTracker();
  readonly loop: PlaceLoop;
  #sequence = 0;
  constructor(mode: PlaceMode) {
    this.loop = new PlaceLoop(this.tracker, mode);
  }
  /** Events of a cycle. The frame is 5 ms old when the cycle begins. */
  cycle(picture?: Uint8Array, ...messages: readonly Message[]): LoopEvent[] {
    const frameUs = 1e6 + 33_000 * this.#sequence;
    const frame = picture && frameOf(picture, this.#sequence++, frameUs);
    this.loop.cycle(frameUs + 5000, frame, messagesOf(...messages));
    const { records, length } = this.loop.events;
    return Array.from({ length }, (_, place) => decodeEvent(records, place * recordLength)).filter(
      (event) => event !== undefined,
    );
  }
  kinds(picture?: Uint8Array, ...messages: readonly Message[]): string[] {
    return this.cycle(picture, ...messages).map((event) =>
      event.kind === 'map' ? `${mapChanges[event.change]} ${event.place} of ${event.places}` : event.kind,
    );
  }
}

test('a route is learned while it is driven, and known the next time', () => {
  const drive = new Drive('learning');
  assert.deepEqual(drive.kinds(pictureOf(0)), ['learned 0 of 1', 'belief', 'place']);
  assert.deepEqual(drive.kinds(pictureOf(0, 3)), ['belief']);
  assert.deepEqual(drive.kinds(pictureOf(1)), ['learned 1 of 2', 'belief', 'place']);
  drive.cycle(undefined, ask('match'));
  const [belief, place] = drive.cycle(pictureOf(0, 3, 7));
  assert.ok(belief?.kind === 'belief' && place?.kind === 'place');
  assert.equal(place.place, 0);
  assert.equal(place.known, 1);
  assert.equal(place.ageUs, 5000);
  assert.equal(place.frameUs, drive.loop.estimate.frameUs);
  assert.equal(drive.loop.place, 0);
});

test('a place that is not on the map is unknown, and told once', () => {
  const drive = new Drive('learning');
  drive.cycle(pictureOf(0));
  drive.cycle(undefined, ask('match'));
  const [, unknown] = drive.cycle(pictureOf(5));
  assert.ok(unknown?.kind === 'place');
  assert.equal(unknown.known, 0);
  assert.deepEqual(drive.kinds(pictureOf(5, 2)), ['belief']);
  assert.equal(drive.loop.place, -1);
  assert.equal(drive.tracker.places, 1);
});

test('a frame without evidence changes nothing: not even what is unknown', () => {
  const drive = new Drive('learning');
  drive.cycle(pictureOf(0));
  const before = { ...drive.loop.estimate };
  assert.deepEqual(drive.kinds(dark), []);
  assert.deepEqual(drive.loop.estimate, before);
  assert.equal(drive.loop.place, 0);
  assert.equal(drive.loop.withoutEvidence, 1);
});

test('odometry between two frames adds up; without a reading nothing is assumed', () => {
  const drive = new Drive('matching');
  drive.cycle(pictureOf(0));
  drive.cycle(undefined, ['odometry', 0.25, 1e6]);
  drive.cycle(pictureOf(0), ['odometry', -0.5, 1e6], ['odometry', NaN, 1e6]);
  drive.cycle(pictureOf(0));
  assert.deepEqual(drive.tracker.metres, [NaN, -0.25, NaN]);
});

test('what was driven while nothing was seen belongs to the next frame that shows something', () => {
  const drive = new Drive('matching');
  drive.cycle(pictureOf(0));
  drive.cycle(dark, ['odometry', 0.25, 1e6]);
  drive.cycle(dark);
  drive.cycle(pictureOf(0), ['odometry', 0.5, 1e6]);
  assert.deepEqual(drive.tracker.metres, [NaN, 0.75]);
});

test('while it is paused nothing is learned or told; after it nothing is taken for granted', () => {
  const drive = new Drive('learning');
  drive.cycle(pictureOf(0));
  assert.deepEqual(drive.kinds(undefined, ask('pause')), ['paused -1 of 1']);
  assert.deepEqual(drive.kinds(pictureOf(1)), []);
  assert.equal(drive.tracker.places, 1);
  assert.equal(drive.loop.lastIndex, 1, 'the frame counts all the same');
  assert.equal(drive.tracker.begun, 1);
  assert.deepEqual(drive.kinds(undefined, ask('match')), ['matching -1 of 1']);
  assert.equal(drive.tracker.begun, 2);
  assert.deepEqual(drive.kinds(undefined, ask('match')), [], 'asked again it does nothing');
  assert.equal(drive.tracker.settled, 1, 'learning ended once');
});

test('a label goes to the place that is named, or to the one where the robot is', () => {
  const drive = new Drive('learning');
  drive.cycle(pictureOf(0));
  drive.cycle(pictureOf(1));
  const [here] = drive.cycle(undefined, ask('label', -1, 4));
  assert.deepEqual([here?.kind === 'map' && here.place, here?.kind === 'map' && here.text], [1, 4]);
  assert.deepEqual(drive.kinds(undefined, ask('label', 0, 5)), ['labelled 0 of 2']);
  assert.equal(drive.loop.refusal, '');
});

test('a place that is forgotten is unknown from then on, and no other one changes', () => {
  const drive = new Drive('learning');
  drive.cycle(pictureOf(0));
  drive.cycle(pictureOf(1));
  drive.cycle(undefined, ask('match'));
  assert.deepEqual(drive.kinds(undefined, ask('forget')), ['forgotten 1 of 1']);
  assert.equal(drive.loop.place, -1);
  const [belief] = drive.cycle(pictureOf(1));
  assert.ok(belief?.kind === 'belief');
  assert.equal(belief.known, 0);
  drive.cycle(pictureOf(0));
  assert.equal(drive.loop.place, 0);
});

test('a request that cannot be followed says why and changes nothing', () => {
  const drive = new Drive('matching');
  assert.deepEqual(drive.kinds(undefined, ask('label')), []);
  assert.match(drive.loop.refusal, /at no known place/);
  assert.deepEqual(drive.kinds(undefined, ask('forget', 7)), []);
  assert.match(drive.loop.refusal, /place 7 is not on the map/);
  drive.cycle(undefined, ask('learn'));
  assert.equal(drive.loop.refusal, '');
});

test('the same cycles give the same events, bit for bit', () => {
  const play = (): Float64Array[] => {
    const drive = new Drive('learning');
    return [0, 0, 1, 2, 1, 0, 3].map((place, step) => {
      drive.cycle(pictureOf(place, 4, step + 1), ['odometry', 0.3, 1e6]);
      return drive.loop.events.records.slice(0, drive.loop.events.length * recordLength);
    });
  };
  assert.deepEqual(play(), play());
});

test('a robot on several maps is told which one it is on before it is told where, by its own finding or by a request', () => {
  const trackers = [new DifferenceTracker(), new DifferenceTracker()];
  const [ground, first] = trackers;
  assert.ok(ground && first);
  for (const place of [0, 1, 2]) ground.rows.set(place, pictureOf(place));
  for (const place of [0, 1, 2]) first.rows.set(place, pictureOf(place + 10));
  const loop = new PlaceLoop(new MapSwitch(trackers), 'matching');
  let sequence = 0;
  const kinds = (picture?: Uint8Array, ...messages: readonly Message[]): string[] => {
    loop.cycle(1e6 + 33_000 * sequence, picture && frameOf(picture, sequence++, 0), messagesOf(...messages));
    return Array.from({ length: loop.events.length }, (_, at) =>
      decodeEvent(loop.events.records, at * recordLength),
    ).map((event) =>
      event?.kind === 'map'
        ? `${mapChanges[event.change]} ${event.text}`
        : event?.kind === 'place'
          ? `at ${event.known ? event.place : -1}`
          : '',
    );
  };
  assert.deepEqual(kinds(pictureOf(1)), ['', 'at 1']);
  // Upstairs: the ground floor's map knows nothing of it, at first for no longer than it takes to pass a door.
  assert.deepEqual(kinds(pictureOf(11)), ['', 'at -1']);
  const later = Array.from({ length: 40 }, () => kinds(pictureOf(11)));
  const switched = later.findIndex((told) => told.length > 1);
  assert.ok(switched >= 10 && switched < 40, String(switched));
  assert.deepEqual(later[switched], ['switched 2', '', 'at 1'], 'the second map, and its place 1');
  assert.equal(loop.map, 1);
  const goTo = (map: number): Message => ['place', placeRequests.indexOf('map'), map, 0];
  assert.deepEqual(kinds(undefined, goTo(0)), ['switched 1']);
  assert.deepEqual([loop.map, loop.place], [0, -1]);
  assert.deepEqual(kinds(undefined, goTo(0)), [], 'it is there');
  assert.deepEqual(kinds(undefined, goTo(2)), []);
  assert.equal(loop.refusal, 'map 2: there are 2.');
  assert.deepEqual(kinds(pictureOf(2)), ['', 'at 2']);
});
