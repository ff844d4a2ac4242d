import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EdvsScene } from '../drivers/edvs/emulator.js';
import { encode, type TestEvent } from '../drivers/events/encoders.test.fixture.js';
import { RandomBits } from '../runtime/signal/random.js';

/**
 * A road for event sensors: at each place other ones of the 16 × 16 lights before the robot flicker, a quarter of them.
 * It is driven round and round.
 */
const lights = 16;
export const lightRoad = { places: 40, placeUs: 150_000, columns: lights, rows: lights };

const patterns = Array.from({ length: lightRoad.places }, (_, place) => {
  const random = new RandomBits(7, place);
  return Array.from({ length: lights * lights }, (_, light) => light).filter(() => random.uniform() < 0.25);
});

/** The light that flickers, on a sensor of `width` × `height`: in the middle of its part. */
function lightAt(timeUs: number, uniform: number, width: number, height: number): { x: number; y: number } {
  const lit = patterns[Math.floor(timeUs / lightRoad.placeUs) % lightRoad.places] ?? [];
  const light = lit[Math.floor(uniform * lit.length)] ?? 0;
  const middle = (at: number, side: number): number => Math.floor(((at + 0.5) * side) / lights);
  return { x: middle(light % lights, width), y: middle(Math.floor(light / lights), height) };
}

/** For the emulated eDVS. */
export const lightRoadOf128: EdvsScene = (timeUs, uniform) => ({
  ...lightAt(timeUs, uniform(), 128, 128),
  polarity: 1,
});

/** As a camera of 346 × 260 that sends EVT 3.0 or a file of any format would have it. */
export function lightRoadEvents(fromUs: number, untilUs: number, rate: number, random: RandomBits): TestEvent[] {
  const events: TestEvent[] = [];
  for (let timeUs = fromUs; timeUs < untilUs; timeUs += 1e6 / rate)
    events.push({ ...lightAt(timeUs, random.uniform(), 346, 260), polarity: 1, timeUs: Math.floor(timeUs) });
  return events;
}

/** Another program's part: this file, run, writes the road as EVT 3.0 to its standard output in real time, without end. */
function play(): void {
  const random = new RandomBits(Number(process.argv[2]), 0);
  const began = performance.now();
  const header = encode('evt3', []);
  process.stdout.on('error', () => process.exit());
  writeSync(1, header);
  let played = 0;
  setInterval(() => {
    const now = (performance.now() - began) * 1000;
    writeSync(1, encode('evt3', lightRoadEvents(played, now, 20_000, random)).subarray(header.length));
    played += Math.ceil((now - played) / 50) * 50;
  }, 5);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) play();
