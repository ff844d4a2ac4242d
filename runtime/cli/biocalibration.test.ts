import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSleeper, type Act } from '../../drivers/sleeper/generator.js';
import { bandRms, judgeBiocalibration, type Heard } from './biocalibration.js';

const rate = 250;
/** Six seconds; every electrode gets the same. */
function heard(value: (seconds: number) => number, names = ['C3', 'Fp1']): Heard {
  const values = Float64Array.from({ length: 6 * rate }, (_, i) => value(i / rate));
  return { rate, stretches: names.map((name) => ({ name, values, railed: 0 })) };
}
const sine =
  (hertz: number, amplitude: number) =>
  (seconds: number): number =>
    amplitude * Math.sin(2 * Math.PI * hertz * seconds);
const valuesOf = ({ stretches }: Heard): Float64Array => stretches[0]?.values ?? new Float64Array(0);

test('a sine within the band has its amplitude over √2, one outside of it nothing, an offset nothing', () => {
  assert.ok(Math.abs(bandRms(valuesOf(heard(sine(10, 30))), rate, 8, 12) - 30 / Math.SQRT2) < 0.05);
  assert.ok(bandRms(valuesOf(heard(sine(20, 30))), rate, 8, 12) < 0.05);
  assert.ok(bandRms(valuesOf(heard(() => 4e4)), rate, 8, 12) < 1e-6);
  assert.ok(Number.isNaN(bandRms(new Float64Array(100), rate, 8, 12)));
});

test('closed eyes are seen where alpha grows by a third', () => {
  const rest = heard(sine(10, 10));
  const seen = judgeBiocalibration('eyes', rest, heard(sine(10, 20)));
  assert.equal(seen.good, true, seen.text);
  assert.deepEqual(seen.measures, { C3: 2, Fp1: 2 });
  const not = judgeBiocalibration('eyes', rest, heard(sine(10, 12)));
  assert.equal(not.good, false);
  assert.match(not.text, /8\.5 µV RMS of 8 to 12 Hz, at rest 7\.1; expected 1\.3 times as much at least/);
});

test('the electrode that has most of it counts, not the one that has gained most by chance', () => {
  const both = (c3: number, fp1: number): Heard => {
    const [one] = heard(sine(10, c3), ['C3']).stretches;
    const [other] = heard(sine(10, fp1), ['Fp1']).stretches;
    return { rate, stretches: [one!, other!] };
  };
  const seen = judgeBiocalibration('eyes', both(20, 2), both(22, 4));
  assert.equal(seen.good, false);
  assert.match(seen.text, /^C3: /);
  assert.deepEqual(seen.measures, { C3: 1.1, Fp1: 2 });
});

test('blinks are seen by how fast they rise: a slow drift is none, however large', () => {
  const rest = heard(sine(10, 5));
  const blink = (seconds: number): number => 150 * Math.exp(-(((seconds % 1) - 0.5) ** 2) / (2 * 0.06 ** 2));
  assert.equal(judgeBiocalibration('blink', rest, heard(blink)).good, true);
  assert.equal(
    judgeBiocalibration(
      'blink',
      rest,
      heard((seconds) => 50 * seconds),
    ).good,
    false,
  );
  // Twice as much as at rest, and still too small for a blink.
  assert.equal(judgeBiocalibration('blink', heard(sine(10, 0.5)), heard(sine(3, 5))).good, false);
});

test('a clenched jaw is seen above 20 Hz, and hum of the mains is none', () => {
  const rest = heard(sine(30, 2));
  assert.equal(judgeBiocalibration('jaw', rest, heard(sine(33, 8))).good, true);
  assert.equal(
    judgeBiocalibration(
      'jaw',
      rest,
      heard((s) => sine(30, 2)(s) + sine(50, 40)(s)),
    ).good,
    false,
  );
});

test('where no electrode shows anything, nothing is seen', () => {
  const { good, text } = judgeBiocalibration('eyes', heard(sine(10, 10), ['C3']), heard(sine(10, 20), ['C4']));
  assert.deepEqual([good, text], [false, 'no electrode shows a signal']);
  assert.equal(
    judgeBiocalibration(
      'jaw',
      heard(() => 0),
      heard(() => 0),
    ).good,
    false,
  );
});

test('an emulated person who does what is asked is seen to, by the raw inputs of an amplifier; one who does not is not', () => {
  const names = ['C3', 'M2', 'E1', 'E2', 'EMG'];
  const counts = { eyes: [0, 0], blink: [0, 0], jaw: [0, 0] };
  for (let seed = 1; seed <= 20; seed++) {
    const sleeper = createSleeper({ seed, rate, channels: names, awake: true });
    const frame = new Float64Array(names.length);
    const during = (act: Act, seconds: number): Heard => {
      sleeper.does(act);
      const values = names.map(() => new Float64Array(seconds * rate));
      for (let n = -rate; n < seconds * rate; n++) {
        sleeper.read(frame);
        if (n >= 0) values.forEach((own, channel) => (own[n] = frame[channel]!));
      }
      return { rate, stretches: names.map((name, place) => ({ name, values: values[place]!, railed: 0 })) };
    };
    const rest = during('open', 10);
    for (const [what, act, seconds] of [
      ['eyes', 'closed', 10],
      ['blink', 'blink', 6],
      ['jaw', 'jaw', 6],
    ] as const) {
      if (judgeBiocalibration(what, rest, during(act, seconds)).good) counts[what][0]!++;
      if (judgeBiocalibration(what, rest, during('open', seconds)).good) counts[what][1]!++;
    }
  }
  const { eyes, blink, jaw } = counts;
  assert.deepEqual({ blink, jaw }, { blink: [20, 0], jaw: [20, 0] });
  assert.ok(eyes[0]! >= 19 && eyes[1]! <= 1, eyes.join(' seen, falsely '));
});
