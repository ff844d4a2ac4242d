import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decoded, hex } from '../events/decoded.test.fixture.js';
import { generator, randomEvents, type TestEvent } from '../events/encoders.test.fixture.js';
import { EdvsDecoder } from './decoder.js';
import { modeCommand, timestampModes, writeEvent, type TimestampMode } from './protocol.js';

/** With each event's number of the byte at which it begins. */
function encoded(mode: TimestampMode, events: readonly TestEvent[]): { bytes: Uint8Array; begins: number[] } {
  const bytes = new Uint8Array(6 * events.length);
  const begins: number[] = [];
  let length = 0;
  events.forEach(({ x, y, polarity, timeUs }, place) => {
    begins.push(length);
    length += writeEvent(bytes, length, mode, x, y, polarity, timeUs, timeUs - (events[place - 1]?.timeUs ?? 0));
  });
  return { bytes: bytes.subarray(0, length), begins };
}

/** The decoder waits for events that follow: these are only there to be waited for. */
const following = (events: readonly TestEvent[]): TestEvent[] => {
  const last = events.at(-1)!.timeUs;
  return Array.from({ length: 20 }, (_, i) => ({ x: i, y: i, polarity: i % 2, timeUs: last + 10 * (i + 1) }));
};

const golden: Record<TimestampMode, string> = {
  none: '8a94 8b15',
  delta: '8a94 0784 8b15 81',
  '16bit': '8a94 0384 8b15 0385',
  '24bit': '8a94 010384 8b15 010385',
  '32bit': '8a94 00010384 8b15 00010385',
};

for (const mode of timestampModes) {
  test(`eDVS ${mode}: bytes by hand`, () => {
    // y 10, x 20, brighter, 900 µs (and 65536 where that fits); y 11, x 21, darker, a microsecond later
    const timeUs = { none: 0, delta: 900, '16bit': 900, '24bit': 66436, '32bit': 66436 }[mode];
    const rest = following([{ x: 0, y: 0, polarity: 0, timeUs: timeUs + 1 }]);
    const tail = encoded(mode, [{ x: 21, y: 11, polarity: 0, timeUs: timeUs + 1 }, ...rest]);
    const bytes = Uint8Array.from([...hex(golden[mode]), ...tail.bytes.subarray(tail.begins[1])]);
    const step = mode === 'none' ? 0 : 1;
    assert.deepEqual(decoded(new EdvsDecoder(mode), bytes).slice(0, 2), [
      { x: 20, y: 10, polarity: 1, timeUs },
      { x: 21, y: 11, polarity: 0, timeUs: timeUs + step },
    ]);
    assert.deepEqual(decoded(new EdvsDecoder(mode, true), bytes)[0], { x: 10, y: 20, polarity: 1, timeUs });
  });

  test(`eDVS ${mode}: every event comes back, however the bytes are cut, and over wraps of the clock`, () => {
    const longest = mode === '16bit' ? 3000 : mode === '24bit' ? 300_000 : 3_000_000;
    const events = randomEvents(3000, 8, 128, 128, longest);
    const { bytes } = encoded(mode, [...events, ...following(events)]);
    const random = generator(2);
    const expected = events.map((event) => ({ ...event, timeUs: mode === 'none' ? 0 : event.timeUs }));
    // A counter of few bits does not tell how often it went round before the first event.
    const lost =
      mode === 'none' || mode === 'delta' ? 0 : events[0]!.timeUs - (events[0]!.timeUs % 2 ** Number.parseInt(mode));
    for (const pieces of [() => bytes.length, () => 1, () => 1 + Math.floor(random() * 40)]) {
      const decoder = new EdvsDecoder(mode);
      const found = decoded(decoder, bytes, pieces).slice(0, events.length);
      assert.deepEqual(
        found,
        expected.map((event) => ({ ...event, timeUs: event.timeUs - lost })),
      );
      assert.equal(decoder.counts.discardedBytes, 0);
    }
  });
}

/**
 * What a lost byte costs: with a time of its own, an event, and now and then (where a byte fits two explanations) one
 * more whose time or row is off. Without such a time nothing but bit 7 tells events apart, and where all events are
 * brighter ones it tells nothing: an edge that moves is not tried.
 */
const mostCost: Record<TimestampMode, number> = { none: 2.5, delta: 2.5, '16bit': 1.1, '24bit': 1.1, '32bit': 1.1 };

/** Events of a real rate: 20 000 a second over the whole sensor, or the front of a bar that moves. */
const scenes: Record<string, (seed: number) => TestEvent[]> = {
  noise: (seed) => randomEvents(4000, seed, 128, 128, 80),
  bar: (seed) =>
    randomEvents(4000, seed, 1, 128, 80).map((event) => ({
      ...event,
      x: Math.floor(event.timeUs / 5000) % 128,
      polarity: 1,
    })),
};

for (const [scene, make] of Object.entries(scenes)) {
  for (const mode of timestampModes) {
    if (scene === 'bar' && (mode === 'none' || mode === 'delta')) continue;
    test(`eDVS ${mode}, ${scene}: one lost byte costs one event`, () => {
      let cost = 0;
      let worst = 0;
      const trials = 200;
      const random = generator(11);
      for (let trial = 0; trial < trials; trial++) {
        const events = make(100 + trial).slice(0, 300);
        const { bytes } = encoded(mode, [...events, ...following(events)]);
        const at = 100 + Math.floor(random() * 600);
        const cut = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
        const found = decoded(new EdvsDecoder(mode), cut);
        // Without a time, or with the time since the last event, what follows the lost one is later by nothing.
        const key = ({ x, y, polarity, timeUs }: TestEvent): string =>
          `${x} ${y} ${polarity} ${mode === 'none' || mode === 'delta' ? '' : timeUs % 65536}`;
        const left = new Map<string, number>();
        for (const event of events) left.set(key(event), (left.get(key(event)) ?? 0) + 1);
        let wrong = 0;
        for (const event of found.slice(0, events.length - 1)) {
          const count = left.get(key(event)) ?? 0;
          if (count === 0) wrong++;
          else left.set(key(event), count - 1);
        }
        const missing = [...left.values()].reduce((sum, count) => sum + count, 0);
        cost += Math.max(missing, wrong);
        worst = Math.max(worst, missing + wrong);
      }
      assert.ok(cost / trials <= mostCost[mode], `${cost / trials} events a byte, at worst ${worst} lost or wrong`);
    });
  }
}

test('eDVS: who tunes in within an event finds the next ones', () => {
  for (const mode of ['delta', '16bit', '24bit', '32bit'] as const) {
    const events = scenes['noise']!(5);
    const { bytes, begins } = encoded(mode, events);
    for (let into = 1; into < 6; into++) {
      const found = decoded(new EdvsDecoder(mode), bytes.subarray(begins[100]! + into));
      const next = events.slice(begins.findIndex((begin) => begin >= (begins[100] as number) + into));
      const right = found
        .slice(0, 12)
        .filter(({ x, y }) => next.slice(0, 12).some((one) => one.x === x && one.y === y));
      assert.ok(right.length >= 2, `${mode} ${into}: ${right.length}`);
      const far = next[100] as TestEvent;
      assert.ok(
        found.some(({ x, y }) => x === far.x && y === far.y),
        `${mode} ${into}`,
      );
    }
  }
});

test('eDVS: the number of a mode depends on the firmware', () => {
  assert.deepEqual(
    timestampModes.map((mode) => modeCommand(mode, 'new')),
    ['!E0\n', '!E1\n', '!E2\n', '!E3\n', '!E4\n'],
  );
  assert.deepEqual(
    timestampModes.map((mode) => modeCommand(mode, 'old')),
    ['!E0\n', undefined, '!E1\n', '!E2\n', '!E3\n'],
  );
});
