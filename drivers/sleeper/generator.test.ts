import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createSleeper, type SleeperEvent, type SleeperOptions } from './generator.js';
import { electrodes } from './electrodes.js';
import { mean, percentile, powerDensity } from './spectrum.test.fixture.js';

/** Channels of the first `seconds`, and the events that began in them. */
function play(options: SleeperOptions, seconds: number): { signals: Float64Array[]; events: SleeperEvent[] } {
  const events: SleeperEvent[] = [];
  const sleeper = createSleeper({ ...options, onEvent: (event) => events.push(event) });
  const length = Math.round(seconds * options.rate);
  const signals = sleeper.channels.map(() => new Float64Array(length));
  const frame = new Float64Array(sleeper.channels.length);
  for (let n = 0; n < length; n++) {
    assert.ok(sleeper.read(frame));
    signals.forEach((signal, channel) => (signal[n] = frame[channel]!));
  }
  return { signals, events };
}

const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, n) => value - b[n]!);

test('the same seed gives the same samples, bit for bit, today and on other machines', () => {
  const digest = (options: SleeperOptions): string => {
    const hash = createHash('sha256');
    for (const signal of play(options, 60).signals) hash.update(signal);
    return hash.digest('hex').slice(0, 16);
  };
  assert.deepEqual(
    [digest({ seed: 1, rate: 250 }), digest({ seed: 1, rate: 250, night: true }), digest({ seed: 2 ** 40, rate: 200 })],
    ['32838a00fd05107b', '03418453840e5e93', '546c17fd10c1644d'],
  );
  assert.notEqual(digest({ seed: 1, rate: 250 }), digest({ seed: 2, rate: 250 }));
  assert.notEqual(digest({ seed: 0, rate: 200 }), digest({ seed: 2 ** 40, rate: 200 }));
});

test('uses no function that engines may round differently', () => {
  const folder = new URL('.', import.meta.url);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js') && !name.includes('.test.'))) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    assert.doesNotMatch(source, /Math\.(?!floor|round|max|min|ceil|abs|sqrt|PI|SQRT2)\w+|\w \*\* \w/, file);
  }
});

test('the events do not depend on the rate or the electrodes, nor the spectrum on the rate', () => {
  const rates = [100, 256, 1000];
  const nights = rates.map((rate) => play({ seed: 5, rate, channels: ['C3', 'M2'], highpass: 0.3 }, 240));
  const other = play({ seed: 5, rate: 250, channels: ['Fz', 'EMG'] }, 240);
  assert.ok(nights[0]!.events.length > 60);
  for (const { events } of [...nights, other]) assert.deepEqual(events, nights[0]!.events);

  const density = (place: number, hertz: number): number => {
    const rate = rates[place]!;
    const [c3, m2] = nights[place]!.signals;
    const signal = difference(c3!, m2!);
    const length = [256, 1024, 4096][place]!;
    const bins: number[] = [];
    for (let start = 0; start + length <= signal.length; start += length) {
      // One octave band around the frequency.
      const spectrum = powerDensity(signal, start, length, rate);
      const [low, high] = [Math.round((0.7 * hertz * length) / rate), Math.round((1.4 * hertz * length) / rate)];
      bins.push(mean([...spectrum.subarray(low, high)]));
    }
    return percentile(bins, 50);
  };
  for (const hertz of [2, 5, 10, 20]) {
    const [low, middle, high] = [density(0, hertz), density(1, hertz), density(2, hertz)];
    for (const value of [low, high]) {
      assert.ok(Math.abs(Math.log(value / middle)) < Math.log(1.35), `${hertz} Hz: ${[low, middle, high].join(' ')}`);
    }
  }
});

test('the demo begins in N2, with clear spindles every few seconds and no artefact for two minutes', () => {
  for (const seed of [1, 2, 3, 4]) {
    const { events } = play({ seed, rate: 250 }, 600);
    const stages = events.filter((event) => event.kind === 'stage');
    assert.ok(stages.length === 20 && stages.every(({ stage }) => stage === 'N2'));
    const spindles = events.filter((event) => event.kind === 'spindle');
    assert.ok(spindles.filter(({ onset }) => onset > 10 && onset < 58).length >= 6);
    spindles.slice(1).forEach(({ onset }, place) => assert.ok(onset - spindles[place]!.onset <= 6.5));
    for (const { amplitude, duration } of spindles) {
      assert.ok(amplitude >= 40 && amplitude <= 60 && duration >= 0.8 && duration <= 1.6);
    }
    assert.ok(!events.some(({ kind, onset }) => onset < 120 && ['movement', 'pop', 'blink'].includes(kind)));
  }
});

test('the causal rule R1 finds the demo spindles and little else', () => {
  const rate = 250;
  const { signals, events } = play({ seed: 1, rate, channels: ['C3', 'M2'] }, 300);
  const onsets = ruleR1(difference(signals[0]!, signals[1]!));
  const spindles = events.filter((event) => event.kind === 'spindle');
  const inside = (onset: number, event: { onset: number; duration: number }): boolean =>
    onset > event.onset - 0.2 && onset < event.onset + event.duration;
  const found = spindles.filter((event) => onsets.some((onset) => inside(onset, event))).length;
  const right = onsets.filter((onset) => spindles.some((event) => inside(onset, event))).length;
  assert.ok(found / spindles.length > 0.9, `${found} of ${spindles.length} found`);
  assert.ok(right / onsets.length > 0.9, `${right} of ${onsets.length} right`);
  assert.ok(onsets.filter((onset) => onset > 10 && onset < 60).length >= 5);
});

/** Onsets in seconds by `eeg-data.md` §1b (without its continuation rule); SciPy's butter(2, [11, 16]) at 250 Hz. */
function ruleR1(signal: Float64Array): number[] {
  const sections = [
    [0.0036216815149286434, 0.007243363029857287, 0.0036216815149286434, -1.7677320849205387, 0.9045886368420724],
    [1, -2, 1, -1.8441602957000822, 0.9254832717981418],
  ].map((coefficients) => ({ coefficients, state: [0, 0] }));
  const squares = new Float64Array(signal.length);
  const ring: number[] = [];
  const onsets: number[] = [];
  let [sum, median, start, done] = [0, 0, -1, false];
  signal.forEach((input, n) => {
    let y = input;
    for (const { coefficients, state } of sections) {
      const [b0, b1, b2, a1, a2] = coefficients as [number, number, number, number, number];
      const output = b0 * y + state[0]!;
      state[0] = b1 * y - a1 * output + state[1]!;
      state[1] = b2 * y - a2 * output;
      y = output;
    }
    squares[n] = y * y;
    sum += y * y - (squares[n - 25] ?? 0);
    const rms = Math.sqrt(Math.max(0, sum) / 25);
    if (n % 25 === 0) {
      ring.push(rms);
      if (ring.length > 1200) ring.shift();
      median = Math.max(0.5, percentile(ring, 50));
    }
    if (n < 750) return;
    if (start < 0 && rms >= 2.5 * median) [start, done] = [n, false];
    if (start >= 0 && rms < 2 * median) start = -1;
    if (start >= 0 && !done && n === start + 99) {
      done = true;
      onsets.push(start / 250 - 0.14);
    }
  });
  return onsets;
}

test('a derivation takes out what all electrodes have in common; hum and offsets are in the raw channels', () => {
  const rate = 256;
  const { signals } = play({ seed: 1, rate, channels: ['C3', 'M2'] }, 64);
  const [c3, m2] = signals as [Float64Array, Float64Array];
  const at = (signal: Float64Array, hertz: number): number => {
    const length = 16 * 1024;
    const spectrum = powerDensity(signal, 0, length, rate);
    const bin = (hertz * length) / rate;
    return [...spectrum.subarray(bin - 20, bin + 20)].reduce((sum, density) => sum + (density * rate) / length, 0);
  };
  // An amplitude of 20 µV is a power of 200 µV².
  assert.ok(Math.abs(at(c3, 50) / 200 - 1) < 0.2, `${at(c3, 50)}`);
  assert.ok(at(difference(c3, m2), 50) < 0.05 * at(c3, 50));
  assert.ok(Math.abs(mean([...c3])) > 100);
  const sixty = play({ seed: 1, rate, channels: ['C3'], mains: { frequency: 60, amplitude: 50 } }, 64).signals[0]!;
  assert.ok(at(sixty, 60) > 1000 && at(sixty, 50) < 1);
  const coupled = play({ seed: 1, rate, channels: ['C3'], highpass: 0.3 }, 64).signals[0]!;
  assert.ok(Math.abs(mean([...coupled])) < 10);
});

test('alpha is largest at the back, blinks at the front', () => {
  const rate = 256;
  const { signals, events } = play({ seed: 6, rate, night: true, channels: ['C3', 'O1', 'Fp1'], highpass: 0.3 }, 240);
  const [c3, o1, fp1] = signals as [Float64Array, Float64Array, Float64Array];
  // Power at 8 to 12 Hz with closed eyes, which is most of the time: the upper end of 4 s pieces.
  const alpha = (signal: Float64Array): number =>
    percentile(
      Array.from({ length: 60 }, (_, k) => mean([...powerDensity(signal, 1024 * k, 1024, rate).subarray(32, 48)])),
      80,
    );
  assert.ok(alpha(o1) > 3 * alpha(c3), `${alpha(o1)} ${alpha(c3)}`);
  const blinks = events.filter(({ kind }) => kind === 'blink');
  assert.ok(blinks.length > 0);
  const rises = (signal: Float64Array): number =>
    mean(blinks.map(({ onset }) => signal[Math.round((onset + 0.28) * rate)]! - signal[Math.round(onset * rate)]!));
  assert.ok(rises(fp1) > 80 && rises(fp1) > 3 * rises(c3), `${rises(fp1)} ${rises(c3)}`);
});

test('refuses what it cannot make, and names the fix', () => {
  assert.throws(
    () => createSleeper({ seed: 1.5, rate: 250 }),
    /seed: 1.5 is not a whole number from 0\. Use one such as 1\./,
  );
  assert.throws(() => createSleeper({ seed: 1, rate: 20 }), /rate: 20 Hz is outside 64 to 16000\. Use 250\./);
  assert.throws(
    () => createSleeper({ seed: 1, rate: 250, channels: ['C3', 'A1'] }),
    /channels: "A1" is unknown\. Use of C3, /,
  );
  assert.equal(Object.keys(electrodes).length, 16);
});

test('an hour of eight channels takes seconds', () => {
  const sleeper = createSleeper({ seed: 1, rate: 250 });
  const frame = new Float64Array(8);
  const start = process.cpuUsage();
  for (let n = 0; n < 250 * 3600; n++) sleeper.read(frame);
  const { user, system } = process.cpuUsage(start);
  assert.ok(user + system < 7.2e6, `${(3600e6 / (user + system)).toFixed(0)} times real time, not 500`);
});
