import { parseArgs } from 'node:util';
import { EdvsDecoder } from '../drivers/edvs/decoder.js';
import { timestampModes, writeEvent, type TimestampMode } from '../drivers/edvs/protocol.js';
import {
  encode,
  randomEvents,
  testHeight,
  testWidth,
  type TestEvent,
} from '../drivers/events/encoders.test.fixture.js';
import { createEventBlock } from '../drivers/events/event-block.js';
import { createEventDecoder, eventFormats, type EventFormat } from '../drivers/events/formats.js';
import type { EventDecoder } from '../runtime/contracts.js';
import { Random, seedOf } from './fuzz/random.js';

/**
 * `npm run fuzz:events`: a million random events of each file format come back from their bytes as they were, and ten
 * million changed bytes of each format make no decoder throw, stand still, or tell an event that cannot be. Exit 1 if one
 * does.
 */
const { values } = parseArgs({
  options: {
    /** A share of the full run: 0.001 for a look. */
    share: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
});
const share = Number(values.share);
const seed = Number(values.seed);
const eventsThere = Math.ceil(1_000_000 * share);
const bytesToChange = Math.ceil(10_000_000 * share);
/** A file of a million events need not fit into memory. */
const stretch = 100_000;
const none: TestEvent = { x: -1, y: -1, polarity: -1, timeUs: -1 };
const block = createEventBlock(1024);
const defects: string[] = [];

for (const format of eventFormats) {
  const wrong = roundTrip(format);
  if (wrong !== undefined) defects.push(`${format}: ${wrong}`);
  change(format, encode(format, randomEvents(3000, seed, testWidth, testHeight, 40)), createEventDecoder(format));
}
for (const mode of timestampModes) change(`edvs ${mode}`, edvsBytes(mode), new EdvsDecoder(mode));
for (const defect of defects.slice(0, 100)) process.stdout.write(`${defect}\n`);
process.stdout.write(`${JSON.stringify({ seed, defects: defects.length })}\n`);
process.exitCode = defects.length === 0 ? 0 : 1;

/** What does not come back as it was, or undefined. */
function roundTrip(format: EventFormat): string | undefined {
  const random = new Random(seedOf(seed, format, 0));
  for (let done = 0; done < eventsThere; done += stretch) {
    const events = randomEvents(Math.min(stretch, eventsThere - done), seed + done, testWidth, testHeight, 40);
    const bytes = encode(format, events);
    const decoder = createEventDecoder(format);
    let next = 0;
    for (let from = 0; from < bytes.length;) {
      const end = Math.min(bytes.length, from + 1 + random.below(5000));
      while (from < end) {
        block.events = 0;
        from = decoder.push(bytes, from, end, block);
        for (let at = 0; at < block.events; at++, next++) {
          const { x, y, polarity, timeUs } = events[next] ?? none;
          const same =
            block.x[at] === x && block.y[at] === y && block.polarity[at] === polarity && block.timeUs[at] === timeUs;
          if (!same) return `event ${done + next} of seed ${seed} is not as it was`;
        }
      }
    }
    if (next !== events.length) return `${next} of ${events.length} events came back`;
  }
  process.stdout.write(`${format}: ${eventsThere} events came back as they were\n`);
  return undefined;
}

function change(name: string, sound: Uint8Array, decoder: EventDecoder): void {
  let [changed, cases, events, failures] = [0, 0, 0, 0];
  for (; changed < bytesToChange; cases++) {
    const random = new Random(seedOf(seed, name, cases));
    const { bytes, count } = mutated(sound, random);
    changed += count;
    decoder.reset();
    try {
      const wrong = decodeAll(decoder, bytes, random);
      if (wrong !== undefined) defects.push(`${name}:${seed}:${cases}: ${wrong}`);
    } catch (error) {
      defects.push(
        `${name}:${seed}:${cases}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
    events += decoder.counts.events;
    if (decoder.failure !== '') failures++;
  }
  process.stdout.write(
    `${name}: ${changed} bytes changed in ${cases} files, ${events} events, ${failures} files refused\n`,
  );
}

/** From a few bytes to a third of them: set at random, a bit turned, left out, or put in. */
function mutated(sound: Uint8Array, random: Random): { bytes: Uint8Array; count: number } {
  const bytes = sound.slice(0, 1 + random.below(sound.length));
  const count = 1 + random.below(Math.max(1, Math.floor(bytes.length / random.pick([3, 30, 300, 3000]))));
  for (let i = 0; i < count; i++) {
    const at = random.below(bytes.length);
    switch (random.below(8)) {
      case 0:
        bytes.copyWithin(at, at + 1);
        break;
      case 1:
        bytes.copyWithin(at + 1, at);
        break;
      case 2:
        bytes[at] = random.pick([0, 1, 127, 128, 255]);
        break;
      case 3:
        bytes[at]! ^= 1 << random.below(8);
        break;
      default:
        bytes[at] = random.below(256);
    }
  }
  return { bytes, count };
}

function decodeAll(decoder: EventDecoder, bytes: Uint8Array, random: Random): string | undefined {
  for (let from = 0; from < bytes.length;) {
    const end = Math.min(bytes.length, from + 1 + random.below(4000));
    while (from < end) {
      block.events = 0;
      const came = decoder.push(bytes, from, end, block);
      if (came < from || came > end || (came === from && block.events === 0)) return `came from ${from} to ${came}`;
      from = came;
      if (block.events > block.capacity) return `${block.events} events in a block of ${block.capacity}`;
      const width = decoder.width || 32_768;
      const height = decoder.height || 32_768;
      for (let at = 0; at < block.events; at++) {
        if (block.x[at]! >= width || block.y[at]! >= height) return `an event at ${block.x[at]},${block.y[at]}`;
        if (block.polarity[at]! > 1 || !Number.isFinite(block.timeUs[at])) return 'an event of no polarity or time';
      }
    }
  }
  return decoder.failure.includes('\n') || decoder.failure.length > 300 ? `says ${decoder.failure}` : undefined;
}

function edvsBytes(mode: TimestampMode): Uint8Array {
  const bytes = new Uint8Array(6 * 3000);
  let length = 0;
  let last = 0;
  for (const { x, y, polarity, timeUs } of randomEvents(3000, seed, 128, 128, 40)) {
    length += writeEvent(bytes, length, mode, x, y, polarity, timeUs, timeUs - last);
    last = timeUs;
  }
  return bytes.subarray(0, length);
}
