import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { openSignalFile } from '../../../drivers/file/signal-file.js';
import { createSleeper, type SleeperEvent, type SleeperOptions } from '../../../drivers/sleeper/generator.js';
import { sharedData } from '../../../test/shared-data.js';
import type { Detector } from '../../contracts.js';
import { createSampleBlock } from '../../loop/sample-block.js';
import { createDetectionList } from '../detection-list.js';
import { checkDetector } from '../detector.laws.js';
import { SignalQuality } from './detector.js';

type Name = 'index' | 'flat' | 'clipping' | 'mains' | 'movement' | 'electrode';
const rates = [50, 100, 250, 1000];
const offset = 3000;
const cyton = sharedData('eeg', 'openbci', 'OpenBCI_GUI-v6-blinks-jawClench-alpha.txt.gz');

/** C3 − M2 of a sleeper in microvolts, on an offset as electrodes have one. */
function sleeper(seconds: number, rate: number, options: Partial<SleeperOptions> = {}): Float64Array {
  const made = createSleeper({ seed: 3, rate: Math.max(rate, 100), channels: ['C3', 'M2'], ...options });
  const frame = new Float64Array(2);
  const step = made.rate / rate;
  const x = Float64Array.from({ length: seconds * rate }, () => {
    for (let i = 0; i < step; i++) made.read(frame);
    return frame[0]! - frame[1]!;
  });
  return x.map((value) => value - x[0]! + offset);
}

/** The names that hold, for each tenth of a second. */
function judge(x: Float64Array, rate: number): ReadonlySet<Name>[] {
  const detector: Detector = new SignalQuality();
  detector.prepare({ rate, unit: 'uV' });
  const none = createDetectionList(1);
  const tick = rate / 10;
  return Array.from({ length: Math.floor(x.length / tick) }, (_, place) => {
    detector.process(x.subarray(place * tick, (place + 1) * tick), tick, place * tick, none);
    return new Set(detector.estimates!.filter(({ state }) => state !== 'clear').map(({ name }) => name as Name));
  });
}

/** Seconds from 5 on at whose end `name` holds. */
function seconds(held: readonly ReadonlySet<Name>[], name: Name): number[] {
  return held.flatMap((names, place) => (place >= 40 && place % 10 === 9 && names.has(name) ? [(place + 1) / 10] : []));
}

for (const rate of rates) {
  test(`keeps the laws of detectors and estimates at ${rate} Hz`, () => {
    // Slower ones take too few samples for the engine to compile everything; what they allocate is the same.
    const options = rate >= 250 ? { heapUsed: () => memoryUsage().heapUsed } : {};
    assert.deepEqual(
      checkDetector(() => new SignalQuality(), { rate, unit: 'uV' }, options),
      [],
    );
  });

  test(`clean sleep with spindles and slow waves is clear from 4 s on at ${rate} Hz`, () => {
    for (const stage of ['N2', 'N3', 'R'] as const) {
      const stages = Array.from({ length: 4 }, () => stage);
      const held = judge(sleeper(115, rate, { stages, seed: 7 }), rate);
      assert.ok(held.slice(0, 39).every((names) => names.size === 6));
      const names = new Set(held.slice(40).flatMap((names) => [...names]));
      assert.deepEqual([...names], [], stage);
    }
  });
}

/** What is done to clean sleep from 60 s to 62 s, and what must hold: nothing else, and not for longer. */
const faults: { what: string; name: Name; rates: readonly number[]; until: number; spoil: Spoil; also?: Name[] }[] = [
  { what: 'a dead channel', name: 'flat', rates, until: 65, spoil: () => offset },
  {
    what: 'slow waves cut off at 120 µV',
    name: 'clipping',
    rates,
    until: 65,
    spoil: (x, t) => offset + Math.max(-120, Math.min(120, x - offset + 240 * Math.sin(2 * Math.PI * t))),
    also: ['electrode', 'movement'],
  },
  ...[49.8, 60.2].map((hum) => ({
    what: `hum of 60 µV at ${hum} Hz`,
    name: 'mains' as const,
    rates: rates.filter((rate) => rate > 2.08 * hum),
    until: 66,
    spoil: (x: number, t: number) => x + 60 * Math.sin(2 * Math.PI * hum * t),
  })),
  {
    what: 'the head turns',
    name: 'movement',
    rates,
    until: 70,
    spoil: (x, t) => x + 350 * Math.sin(2 * Math.PI * 0.5 * t),
  },
  {
    what: 'a jaw clenches',
    name: 'movement',
    rates: rates.filter((rate) => rate >= 90),
    until: 68,
    spoil: (x, t) => x + [23, 29, 37].reduce((sum, hertz) => sum + 25 * Math.sin(2 * Math.PI * hertz * t), 0),
    also: ['electrode'],
  },
  {
    what: 'an electrode pops',
    name: 'electrode',
    rates,
    until: 66,
    spoil: (x, t) => x + 160 * Math.exp(-(t - 60) / 0.4),
    also: ['movement'],
  },
];
type Spoil = (x: number, t: number) => number;

for (const { what, name, rates, until, spoil, also = [] } of faults) {
  for (const rate of rates) {
    test(`${what}: ${name} holds, and ends, at ${rate} Hz`, () => {
      const x = sleeper(75, rate).map((value, sample) => {
        const t = sample / rate;
        return t >= 60 && t < 62 ? spoil(value, t) : value;
      });
      const held = judge(x, rate);
      const when = seconds(held, name);
      assert.ok(when.includes(62), `holds at ${when.join(' ')} s`);
      assert.ok(when[0]! > 60 && when.at(-1)! <= until, `holds at ${when.join(' ')} s`);
      const others = new Set(held.slice(40).flatMap((names) => [...names]));
      for (const other of [name, ...also]) others.delete(other);
      assert.deepEqual([...others], []);
    });
  }
}

test('an electrode that comes off is told from its noise, and from its silence', () => {
  const rate = 250;
  let state = 1;
  const noise = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state / 2 ** 31) * Math.sqrt(3);
  };
  const off = (open: (x: number) => number): Float64Array =>
    sleeper(90, rate).map((x, sample) => (sample >= 60 * rate ? open(x) : x));
  for (const open of [() => offset + 12 * noise(), (x: number) => offset + (x - offset) / 12]) {
    const held = judge(off(open), rate);
    assert.ok(held.slice(670).every((names) => names.size > 0));
    const when = seconds(held, 'electrode').filter((second) => second > 69);
    assert.ok(when.length >= 17, `holds at ${when.join(' ')} s`);
  }
});

test('the index is the share of the last half minute without an artefact, and holds below one half', () => {
  const rate = 250;
  const x = sleeper(120, rate).map((value, sample) => (sample >= 60 * rate && sample < 78 * rate ? offset : value));
  const detector: Detector = new SignalQuality();
  detector.prepare({ rate, unit: 'uV' });
  const none = createDetectionList(1);
  const index = detector.estimates?.find(({ name }) => name === 'index');
  const told: [number, number, string][] = [];
  for (let second = 0; second < 120; second++) {
    detector.process(x.subarray(second * rate, (second + 1) * rate), rate, second * rate, none);
    if ([59, 69, 79, 110].includes(second)) told.push([second + 1, Math.round(index!.value * 10) / 10, index!.state]);
  }
  assert.deepEqual(told, [
    [60, 1, 'clear'],
    [70, 0.7, 'clear'],
    [80, 0.4, 'holds'],
    [111, 1, 'clear'],
  ]);
});

test('hum that the EEG outweighs holds nothing', () => {
  const x = sleeper(30, 250).map((value, sample) => value + 6 * Math.sin((2 * Math.PI * 50 * sample) / 250));
  assert.deepEqual(seconds(judge(x, 250), 'mains'), []);
});

test('what is no number holds', () => {
  const x = sleeper(20, 250);
  x[15 * 250] = NaN;
  const names = judge(x, 250).at(-1)!;
  for (const name of ['mains', 'movement', 'electrode'] as const) assert.ok(names.has(name), name);
});

test('signals that cannot be judged are refused', () => {
  const detector: Detector = new SignalQuality();
  assert.throws(() => detector.prepare({ rate: 25, unit: 'uV' }), /^RangeError: rate: 25 Hz is too low/);
  assert.throws(() => detector.prepare({ rate: 250, unit: '' }), /^RangeError: unit: the signal is in ""/);
});

test('a night with artefacts: all movements and nearly all pops hold, and hardly anything else does', () => {
  const rate = 250;
  const hours = 2;
  const events: SleeperEvent[] = [];
  const x = sleeper(hours * 3600, rate, { night: true, seed: 3, onEvent: (event) => events.push(event) });
  const held = judge(x, rate);
  const spoilt = new Uint8Array(held.length);
  const caught = { movement: [0, 0], pop: [0, 0] };
  for (const event of events) {
    if (event.kind !== 'movement' && event.kind !== 'pop') continue;
    const [from, to] = [Math.floor(10 * event.onset), Math.ceil(10 * (event.onset + event.duration))];
    spoilt.fill(1, from, to + 350);
    // Smaller pops are within what a K-complex may do.
    if (to > held.length || (event.kind === 'pop' && Math.abs(event.amplitude) < 90)) continue;
    caught[event.kind][1]!++;
    if (held.slice(from, to).some((names) => names.size > 0)) caught[event.kind][0]!++;
  }
  assert.ok(caught.movement[1]! >= 8 && caught.pop[1]! >= 3, JSON.stringify(caught));
  assert.equal(caught.movement[0], caught.movement[1]);
  assert.equal(caught.pop[0], caught.pop[1]);
  const clean = held.filter((_, place) => spoilt[place] === 0 && place >= 40);
  const wrongly = clean.filter((names) => names.size > 0).length / clean.length;
  assert.ok(wrongly < 0.01, `${wrongly} of clean time`);
});

/** First channel of a recording in microvolts, and its rate. */
function recorded(path: string, seconds: number): { x: Float64Array; rate: number } {
  const file = openSignalFile(path);
  const { rate, channels } = file.stream;
  const block = createSampleBlock(channels.length, 256);
  const x = new Float64Array(seconds * rate);
  for (let at = 0; at < x.length && file.read(block) > 0;) {
    for (let i = 0; i < block.frames && at < x.length; i++)
      x[at++] = block.counts[i * channels.length]! * channels[0]!.scale;
  }
  file.close();
  return { x, rate };
}

for (const excerpt of [2, 4, 5, 6]) {
  const folder = sharedData('eeg', 'dreams_spindles');
  const skip = folder === undefined && 'the DREAMS excerpts are not here';
  test(`DREAMS ${excerpt}: clipped samples hold, sleep with large slow waves hardly ever does`, { skip }, () => {
    const { x, rate } = recorded(join(folder!, `excerpt${excerpt}.txt.gz`), 1800);
    const held = judge(x, rate);
    const stages = readFileSync(join(folder!, `Hypnogram_excerpt${excerpt}.txt`), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const asleep = held.filter((_, place) => place >= 40 && [0, 1, 2].includes(Number(stages[Math.floor(place / 50)])));
    const share = asleep.filter((names) => names.size > 0).length / asleep.length;
    assert.ok(share < 0.04, `${share} of S2 to S4`);
    // The converter of that recorder ends at ±328 µV.
    const clipped = [...x.keys()].filter((sample) => Math.abs(x[sample]!) >= 327);
    assert.equal(clipped.length, { 2: 8, 4: 237, 5: 42, 6: 0 }[excerpt]);
    for (const sample of clipped) assert.ok(held[Math.floor((10 * sample) / rate)]!.size > 0, `sample ${sample}`);
  });
}

test('a Cyton without a good ground is all hum', { skip: cyton === undefined && 'the recording is not here' }, () => {
  const { x, rate } = recorded(cyton!, 80);
  const held = judge(x, rate).slice(40);
  assert.ok(held.filter((names) => names.has('mains')).length > 0.95 * held.length);
});
