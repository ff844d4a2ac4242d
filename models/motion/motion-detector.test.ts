import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, generator, type TestEvent } from '../../drivers/events/encoders.test.fixture.js';
import { createEventBlock } from '../../drivers/events/event-block.js';
import { RefractoryFilter } from '../../drivers/events/event-filters.js';
import { Evt3Decoder } from '../../drivers/events/evt3.js';
import { MotionDetector, directions } from './motion-detector.js';

const side = 64;
const speeds = [50, 200, 800];

/** An edge that crosses 64 × 64 pixels at a direction in eighths of a turn, with jitter and noise, in order of time. */
function edge(eighth: number, speed: number, seed: number): TestEvent[] {
  const random = generator(seed);
  const angle = (eighth * Math.PI) / 4;
  const events: TestEvent[] = [];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const pixels = (x - side / 2) * Math.cos(angle) + (y - side / 2) * Math.sin(angle) + side;
      const jitter = 0.15 * (random() - 0.5);
      if (random() < 0.97) events.push({ x, y, polarity: 1, timeUs: Math.round((1e6 * (pixels + jitter)) / speed) });
    }
  }
  const seconds = (2 * side) / speed;
  for (let i = 0; i < 200; i++) {
    const timeUs = Math.round(random() * seconds * 1e6);
    events.push({
      x: Math.floor(random() * side),
      y: Math.floor(random() * side),
      polarity: random() < 0.5 ? 1 : 0,
      timeUs,
    });
  }
  return events.sort((a, b) => a.timeUs - b.timeUs);
}

/** From bytes of a sensor to the detector, as a program would have it. */
function seen(events: readonly TestEvent[]): MotionDetector {
  const bytes = encode('evt3', events).subarray(encode('evt3', []).length);
  const decoder = new Evt3Decoder({ width: side, height: side });
  const refractory = new RefractoryFilter(side, side, 1000);
  const detector = new MotionDetector({ width: side, height: side, speeds });
  const block = createEventBlock(1024);
  for (let at = 0; at < bytes.length;) {
    block.events = 0;
    at = decoder.push(bytes, at, bytes.length, block);
    refractory.apply(block);
    detector.add(block);
  }
  return detector;
}

test('an edge that moves in each of eight directions, at each speed, makes the neurons of that direction and speed fire', () => {
  for (let direction = 0; direction < directions; direction++) {
    speeds.forEach((speed, place) => {
      const detector = seen(edge(direction, speed, 1 + direction));
      assert.equal(detector.direction, direction);
      const all = detector.spikes.reduce((sum, spikes) => sum + spikes, 0);
      const right = detector.spikes[direction * speeds.length + place]!;
      assert.ok(right > 0.9 * all && right > 0.5 * side * side, `${direction} at ${speed}: ${right} of ${all} spikes`);
    });
  }
});

test('noise, a flash, and motion at no speed that a neuron is tuned to make next to none fire', () => {
  const random = generator(9);
  const noise = Array.from({ length: 4000 }, (_, i) => ({
    x: Math.floor(random() * side),
    y: Math.floor(random() * side),
    polarity: 1,
    timeUs: 100 * i,
  }));
  const flash = Array.from({ length: side * side }, (_, i) => ({
    x: i % side,
    y: Math.floor(i / side),
    polarity: 1,
    timeUs: 1000,
  }));
  for (const [name, events] of Object.entries({ noise, flash, slow: edge(0, 10, 3), fast: edge(3, 8000, 3) })) {
    const spikes = seen(events).spikes.reduce((sum, count) => sum + count, 0);
    assert.ok(spikes < 0.01 * events.length, `${name}: ${spikes} spikes of ${events.length} events`);
  }
});

test('the same events backwards fire the opposite direction', () => {
  const forward = edge(1, 200, 5);
  const end = forward.at(-1)!.timeUs;
  const backward = forward.map((event) => ({ ...event, timeUs: end - event.timeUs })).reverse();
  assert.equal(seen(forward).direction, 1);
  assert.equal(seen(backward).direction, 5);
});
