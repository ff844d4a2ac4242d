import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSleeper, type SleeperEvent, type SleeperOptions, type SleepStage } from './generator.js';
import { Random } from './random.js';
import { mean, percentile, powerDensity, standardDeviation } from './spectrum.test.fixture.js';
import { drawSubject } from './subject.js';

/** C3 − M2, or C3 alone, to the end of `stages`, with the truth. */
function play(options: SleeperOptions): { signal: Float64Array; events: SleeperEvent[] } {
  const events: SleeperEvent[] = [];
  const sleeper = createSleeper({ highpass: 0.3, ...options, onEvent: (event) => events.push(event) });
  const values: number[] = [];
  const frame = new Float64Array(sleeper.channels.length);
  while (sleeper.read(frame)) values.push(frame[0]! - (frame[1] ?? 0));
  return { signal: Float64Array.from(values), events };
}

const epochs = (stage: SleepStage, count: number): SleepStage[] => Array.from({ length: count }, () => stage);
const kinds = (events: SleeperEvent[], kind: SleeperEvent['kind']): SleeperEvent[] =>
  events.filter((event) => event.kind === kind);

test('plays the stages that it is given, and ends with them', () => {
  const stages: SleepStage[] = ['W', 'N1', 'N2', 'N3', 'R'];
  const { signal, events } = play({ seed: 1, rate: 100, channels: ['C3', 'M2'], stages });
  assert.equal(signal.length, 5 * 30 * 100);
  assert.deepEqual(
    kinds(events, 'stage').map((event) => event.kind === 'stage' && event.stage),
    stages,
  );
  assert.throws(() => createSleeper({ seed: 1, rate: 100, stages, night: true }), /stages: a night draws its own/);
});

test('has as many spindles a minute of N2 as asked for', () => {
  const rateOf = (options: Partial<SleeperOptions>, minutes: number): number => {
    const events: SleeperEvent[] = [];
    const onEvent = (event: SleeperEvent) => events.push(event);
    const sleeper = createSleeper({ seed: 1, rate: 64, channels: ['C3'], ...options, onEvent });
    const frame = new Float64Array(1);
    for (let n = 0; n < minutes * 60 * 64; n++) sleeper.read(frame);
    return kinds(events, 'spindle').length / minutes;
  };
  const stages = epochs('N2', 480);
  for (const spindleRate of [0.5, 7]) {
    const rate = rateOf({ stages, spindleRate }, 240);
    assert.ok(Math.abs(rate / spindleRate - 1) < 0.3, `${rate}, not ${spindleRate}`);
  }
  assert.equal(rateOf({ stages, spindleRate: 0 }, 20), 0);
  const demo = rateOf({ spindleRate: 0.5 }, 40);
  assert.ok(demo > 0.4 && demo < 0.6, `${demo}`);
  assert.throws(() => createSleeper({ seed: 1, rate: 100, spindleRate: 50 }), /spindleRate: 50 a minute is outside/);
});

test('individuals differ as sleepers do', () => {
  const subjects = Array.from({ length: 400 }, (_, seed) => drawSubject(new Random(seed, 5)));
  const spread = (values: number[]): [number, number] => [mean(values), standardDeviation(values)];
  const [frequency, frequencySd] = spread(subjects.map(({ spindleFrequency }) => spindleFrequency));
  assert.ok(Math.abs(frequency - 13.3) < 0.1 && Math.abs(frequencySd - 0.5) < 0.07, `${frequency} ${frequencySd}`);
  const [gain, gainSd] = spread(subjects.map((subject) => Math.log(subject.gain)));
  assert.ok(Math.abs(gain) < 0.05 && Math.abs(gainSd - 0.25) < 0.04, `${gain} ${gainSd}`);
  const rates = subjects.map(({ spindleRate }) => spindleRate);
  assert.ok(Math.min(...rates) >= 0.5 && Math.min(...rates) < 1.2 && Math.max(...rates) > 7);

  // In the signal: power between 4 and 8 Hz differs by a factor of about two (SD), and swells within one stage.
  const powers = Array.from({ length: 16 }, (_, seed) => {
    const { signal } = play({ seed, rate: 64, channels: ['C3'], stages: epochs('N2', 4), individual: true });
    const pieces = Array.from({ length: 29 }, (_, piece) => powerDensity(signal, piece * 256, 256, 64));
    return Math.log(percentile(pieces.map((spectrum) => mean([...spectrum.subarray(16, 32)])), 50)); // prettier-ignore
  });
  const sd = standardDeviation(powers);
  assert.ok(sd > 0.35 && sd < 1, `${sd}`);
});

test('one sleeper sleeps in several nights: the person is the same, and each night another one', () => {
  const options = { rate: 64, channels: ['C3'], stages: epochs('N2', 2) };
  const person = drawSubject(new Random(3, 5));
  const drawn = play({ ...options, seed: 3, individual: true }).signal;
  assert.deepEqual(play({ ...options, seed: 3, individual: person }).signal, drawn);
  const other = play({ ...options, seed: 4, individual: person });
  assert.notDeepEqual(other.signal, drawn);
  const frequencies = other.events.flatMap((event) => (event.kind === 'spindle' ? [event.frequency] : []));
  assert.ok(frequencies.length > 0 && Math.abs(mean(frequencies) - person.spindleFrequency) < 3 * person.spindleSpread);
});

test('individuals and lookalikes have the same events at every rate, and spindles that nobody added lookalikes to', () => {
  const options = { seed: 3, channels: ['C3'], stages: epochs('N2', 20), individual: true, lookalikes: true };
  const slow = play({ ...options, rate: 100 });
  assert.deepEqual(play({ ...options, rate: 250 }).events, slow.events);
  const plain = play({ ...options, rate: 100, lookalikes: false });
  assert.deepEqual(kinds(slow.events, 'spindle'), kinds(plain.events, 'spindle'));
  for (const kind of ['alpha-burst', 'beta-burst', 'faint-sigma', 'noise-burst', 'arousal'] as const) {
    assert.ok(kinds(slow.events, kind).length > 0, kind);
    assert.equal(kinds(plain.events, kind).length, 0, kind);
  }
  assert.ok(kinds(slow.events, 'k-complex').length > kinds(plain.events, 'k-complex').length);
  const onsets = slow.events.filter(({ kind }) => kind !== 'stage').map(({ onset }) => onset);
  assert.ok(onsets.every((onset, place) => place === 0 || onset >= onsets[place - 1]!));
});

test('lookalikes are in the signal with the frequency and size of the truth', () => {
  const options = { seed: 2, rate: 100, channels: ['C3', 'M2'], stages: epochs('W', 60) };
  const { signal, events } = play({ ...options, lookalikes: true });
  const { signal: without } = play(options);
  const added = signal.map((value, n) => value - without[n]!);
  const alone = events.filter(
    (event) =>
      ['alpha-burst', 'beta-burst', 'faint-sigma'].includes(event.kind) &&
      event.duration > 0.6 &&
      events.every(
        (other) =>
          other === event ||
          other.kind === 'stage' ||
          other.onset > event.onset + event.duration ||
          other.onset + other.duration < event.onset,
      ),
  );
  assert.ok(alone.length > 20);
  for (const event of alone) {
    if (!('frequency' in event)) continue;
    const piece = added.subarray(Math.ceil(event.onset * 100), Math.floor((event.onset + event.duration) * 100));
    const size = Math.max(...piece) - Math.min(...piece);
    assert.ok(Math.abs(size / event.amplitude - 1) < 0.15, `${event.kind} ${size} ${event.amplitude}`);
    const crossings = piece.filter((value, n) => n > 0 && value > 0 !== piece[n - 1]! > 0).length;
    const frequency = crossings / 2 / event.duration;
    assert.ok(Math.abs(frequency - event.frequency) < 1.5, `${event.kind} ${frequency} ${event.frequency}`);
  }
});

test('a low-pass of 20 Hz gives the spectrum of the hospital recorder', () => {
  const stages = epochs('N2', 40);
  const { signal } = play({ seed: 1, rate: 200, channels: ['C3', 'M2'], stages, lowpass: 20 });
  const spectra = Array.from({ length: 290 }, (_, piece) => powerDensity(signal, piece * 800, 1024, 200));
  // N2 of four patients, Welch medians: eeg-data.md §4.
  for (const [hertz, reference] of [
    [13, 1.45],
    [20, 0.18],
    [30, 0.043],
  ] as const) {
    const bin = Math.round((hertz * 1024) / 200);
    const density = percentile(spectra.map((spectrum) => mean([...spectrum.subarray(bin - 2, bin + 3)])), 50); // prettier-ignore
    assert.ok(density > reference / 2 && density < reference * 2, `${hertz} Hz: ${density}, not ${reference}`);
  }
  // Offsets of millivolts pass without a jolt at the start.
  const raw = play({ seed: 1, rate: 200, channels: ['C3'], stages: ['N2'], lowpass: 20, highpass: 0 }).signal;
  assert.ok(Math.abs(mean([...raw])) > 500);
  assert.ok(Math.max(...raw) - Math.min(...raw) < 500);
});
