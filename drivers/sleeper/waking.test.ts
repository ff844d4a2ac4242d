import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSleeper, type Act, type SleeperEvent } from './generator.js';
import { mean, powerDensity } from './spectrum.test.fixture.js';

const rate = 256;
const channels = ['O1', 'Fp1', 'EMG'] as const;

/** Half a minute of one act after another, each without its first two seconds. */
function play(seed: number, acts: readonly Act[], more: { night?: true } = {}) {
  const events: SleeperEvent[] = [];
  const sleeper = createSleeper({
    ...{ seed, rate, channels, awake: true, highpass: 0.3, ...more },
    onEvent: (event) => events.push(event),
  });
  const frame = new Float64Array(channels.length);
  const heard = acts.map((act) => {
    sleeper.does(act);
    const signals = channels.map(() => new Float64Array(28 * rate));
    for (let n = -2 * rate; n < 28 * rate; n++) {
      assert.ok(sleeper.read(frame));
      if (n >= 0) signals.forEach((signal, channel) => (signal[n] = frame[channel]!));
    }
    return signals as [o1: Float64Array, fp1: Float64Array, emg: Float64Array];
  });
  return { heard, events };
}

/** Mean density from one frequency to another, over stretches of four seconds. */
function density(signal: Float64Array, from: number, to: number): number {
  return mean(
    [0, 1, 2, 3, 4, 5, 6].map((k) =>
      mean([...powerDensity(signal, 4 * k * rate, 4 * rate, rate).subarray(4 * from, 4 * to)]),
    ),
  );
}

test('closed eyes: alpha of 20 to 50 µV from peak to peak at the back of the head, which open eyes take away', () => {
  for (const seed of [1, 2, 3]) {
    const { heard } = play(seed, ['open', 'closed', 'open']);
    const peakToPeak = heard.map(([o1]) => 2 * Math.SQRT2 * Math.sqrt(4 * density(o1, 8, 12)));
    const [before, closed, after] = peakToPeak as [number, number, number];
    assert.ok(closed > 20 && closed < 50, `${closed}`);
    assert.ok(before < 0.6 * closed && after < 0.6 * closed, peakToPeak.join());
    const [o1] = heard[1]!;
    assert.ok(density(o1, 8, 12) > 4 * density(o1, 13, 20), 'it is a rhythm');
  }
});

test('blinks: 100 to 200 µV at the forehead, a quarter of a second wide, again and again until told otherwise', () => {
  const { heard, events } = play(1, ['open', 'blink', 'open']);
  const blinks = events.filter((event) => event.kind === 'blink');
  assert.ok(blinks.length > 20 && blinks.length < 40, `${blinks.length}`);
  assert.ok(blinks.every(({ onset }) => onset >= 30 && onset < 60));
  const [, fp1] = heard[1]!;
  const shape = Array.from({ length: Math.round(0.8 * rate) }, (_, i) =>
    mean(
      blinks
        .map(({ onset }) => Math.round((onset - 32) * rate) + i - Math.round(0.1 * rate))
        .filter((at) => at >= 0 && at < fp1.length)
        .map((at) => fp1[at]!),
    ),
  );
  const [least, most] = [Math.min(...shape), Math.max(...shape)];
  assert.ok(most - least > 100 && most - least < 200, `${most - least} µV`);
  const wide = shape.filter((value) => value > (least + most) / 2).length / rate;
  assert.ok(wide > 0.2 && wide < 0.4, `${wide} s`);
});

test('a clenched jaw: the chin is ten times as loud, from 20 to 100 Hz alike', () => {
  const [rest, jaw] = play(1, ['open', 'jaw']).heard.map(([, , emg]) => emg) as [Float64Array, Float64Array];
  // Not at the mains.
  for (const [from, to] of [
    [20, 45],
    [55, 95],
    [105, 120],
  ] as const) {
    const ratio = Math.sqrt(density(jaw, from, to) / density(rest, from, to));
    assert.ok(ratio > 5 && ratio < 15, `${from} to ${to} Hz: ${ratio}`);
  }
  const flat = density(jaw, 25, 45) / density(jaw, 75, 95);
  assert.ok(flat > 0.5 && flat < 2, `${flat}`);
});

test('who is told to sleep sleeps from the next epoch on, does nothing that is asked, and is awake until then', () => {
  const { events } = play(1, ['open', 'sleep', 'blink', 'jaw']);
  const stages = events.flatMap((event) => (event.kind === 'stage' ? [event.stage] : []));
  assert.deepEqual(stages, ['W', 'N2', 'N2', 'N2']);
  assert.ok(events.some(({ kind, onset }) => kind === 'spindle' && onset > 30));
  assert.ok(!events.some(({ kind, onset }) => kind === 'blink' || (kind === 'spindle' && onset < 30)));
  const night = play(4, ['open', ...Array.from({ length: 40 }, (): Act => 'sleep')], { night: true }).events;
  const later = night.flatMap((event) => (event.kind === 'stage' ? [event.stage] : []));
  assert.equal(later[0], 'W');
  assert.ok(later.includes('N1') || later.includes('N2'), later.join());
});
